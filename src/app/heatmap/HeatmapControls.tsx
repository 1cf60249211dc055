import { useMemo } from 'react';
import { Button, Switch } from 'react-aria-components';
import { valueOnScale } from '../../analysis/heatmap.ts';
import type { BagPrediction } from '../../analysis/prediction.ts';
import { times } from '../../words/numbers.ts';
import { Segments } from '../shell/Segments.tsx';
import { Slider } from '../shell/Slider.tsx';
import type { HeatmapMode } from '../state/screen.ts';
import { useScreen, useSession } from '../state/session.ts';
import { flatAttention, modesOf } from './heatmap-view.ts';
import type { ShownHeatmap } from './use-heatmap.ts';

const MODES: readonly (readonly [HeatmapMode, string])[] = [
  ['attention', 'Attention'],
  ['contribution', 'Contribution'],
  ['probability', 'Tile alone'],
];

function explained(mode: HeatmapMode, classes: readonly string[], positive: string): string {
  switch (mode) {
    case 'attention':
      return 'How much each tile weighed, in times an equal share.';
    case 'contribution':
      return `What each tile added to the result: towards ${[positive, ...classes.filter((one) => one !== positive)].join(' or towards ')}.`;
    case 'probability':
      return `The probability of ${positive} if this tile were the whole slide.`;
  }
}

/** What the heatmap shows, and how strongly. */
export function HeatmapControls({ heatmap, result }: { heatmap: ShownHeatmap; result: BagPrediction | undefined }) {
  const { actions } = useSession();
  const { isOn, colours, opacity, threshold } = useScreen((screen) => screen.heatmap);
  const modes = modesOf(heatmap.attention);
  const shown = heatmap.mode;
  const flat = useMemo(() => flatAttention(heatmap.attention), [heatmap.attention]);
  return (
    <section aria-labelledby="heatmap-heading">
      <div className="between">
        <h2 id="heatmap-heading">Heatmap</h2>
        <Switch
          className="switch small"
          isSelected={isOn}
          aria-label="Heatmap"
          onChange={(next) => actions.setHeatmap({ isOn: next })}
        >
          <kbd aria-hidden>H</kbd>
          <span className="switch-track" aria-hidden />
        </Switch>
      </div>
      {modes.length > 1 && (
        <Segments
          label="Shows"
          isLabelHidden
          value={shown}
          options={MODES.filter(([one]) => modes.includes(one))}
          onChange={(next) => actions.setHeatmap({ mode: next })}
        />
      )}
      <p className="muted small">{explained(shown, result?.classes ?? [], result?.positiveClass ?? '')}</p>
      {shown === 'attention' && flat !== undefined && modes.includes('contribution') && (
        <p className="small" data-testid="flat-attention">
          No tile weighs more than {times(flat)} its share, so this map is pale.{' '}
          <Button className="link" onPress={() => actions.setHeatmap({ mode: 'contribution' })}>
            Show contributions instead
          </Button>
        </p>
      )}
      <Slider
        label="Opacity"
        value={opacity}
        words={`${Math.round(opacity * 100)} %`}
        onChange={(next) => actions.setHeatmap({ opacity: next })}
      />
      <Slider
        label="Hide below"
        value={threshold}
        words={threshold === 0 ? 'none' : thresholdWords(heatmap, threshold)}
        onChange={(next) => actions.setHeatmap({ threshold: next })}
      />
      {shown !== 'contribution' && (
        <Segments
          label="Colours"
          isLabelHidden
          value={colours}
          options={[
            ['viridis', 'Viridis'],
            ['magma', 'Magma'],
            ['cividis', 'Cividis'],
          ]}
          onChange={(next) => actions.setHeatmap({ colours: next })}
        />
      )}
    </section>
  );
}

/** The threshold in the unit of the legend; of a signed map its strength on both sides. */
function thresholdWords({ mode, scale }: ShownHeatmap, threshold: number): string {
  switch (mode) {
    case 'attention':
      return times(valueOnScale(scale, threshold));
    case 'contribution':
      return `±${Number(valueOnScale(scale, (1 + threshold) / 2).toPrecision(2))}`;
    case 'probability':
      return valueOnScale(scale, threshold).toFixed(2);
  }
}
