import { Switch } from 'react-aria-components';
import { Segments } from './Segments.tsx';
import { Slider } from './Slider.tsx';
import { useScreen, useSession } from './session.ts';
import type { HeatmapMode } from './store.ts';

const MODES: readonly (readonly [HeatmapMode, string])[] = [
  ['attention', 'Attention'],
  ['contribution', 'Contribution'],
  ['probability', 'Tile alone'],
];

const EXPLAINED: Readonly<Record<HeatmapMode, string>> = {
  attention: 'How much each tile weighed, in times an equal share.',
  contribution: 'What each tile added to the result: towards malignant or towards benign.',
  probability: 'The probability if this tile were the whole slide.',
};

/** What the heatmap shows, and how strongly. */
export function HeatmapControls({ modes }: { modes: readonly HeatmapMode[] }) {
  const { actions } = useSession();
  const { isOn, mode, colours, opacity, threshold } = useScreen((screen) => screen.heatmap);
  const shown = modes.includes(mode) ? mode : 'attention';
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
      <p className="muted small">{EXPLAINED[shown]}</p>
      <Slider
        label="Opacity"
        value={opacity}
        words={`${Math.round(opacity * 100)} %`}
        onChange={(next) => actions.setHeatmap({ opacity: next })}
      />
      <Slider
        label="Threshold"
        value={threshold}
        words={`${Math.round(threshold * 100)} %`}
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
