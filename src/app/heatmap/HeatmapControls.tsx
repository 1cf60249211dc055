import { useMemo } from 'react';
import { Button, Switch } from 'react-aria-components';
import { valueOnScale } from '../../analysis/heatmap.ts';
import { times } from '../../words/numbers.ts';
import { Segments } from '../shell/Segments.tsx';
import { Slider } from '../shell/Slider.tsx';
import { useScreen, useSession } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import { flatAttention, type HeatmapView } from './heatmap-view.ts';
import { mapWords } from './Legend.tsx';
import { valueWords } from './Readout.tsx';

/** What the heatmap shows, and how strongly. */
export function HeatmapControls({ heatmap, run }: { heatmap: HeatmapView; run: ShownRun }) {
  const { actions } = useSession();
  const { isOn, colors, opacity, threshold } = useScreen((screen) => screen.heatmap);
  const { map } = heatmap;
  const flat = useMemo(() => flatAttention(map), [map]);
  const contribution = run.maps.find(({ kind }) => kind === 'contribution');
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
      {run.maps.length > 1 && (
        <Segments
          label="Shows"
          isLabelHidden
          value={map.id}
          options={run.maps.map((one) => [one.id, mapWords(run, one).name] as const)}
          onChange={(mapId) => actions.setHeatmap({ mapId })}
        />
      )}
      <p className="muted small">{mapWords(run, map).meaning}</p>
      {flat !== undefined && contribution !== undefined && (
        <p className="small" data-testid="flat-attention">
          No tile weighs more than {times(flat)} an equal share, so the map shows little contrast.{' '}
          <Button className="link" onPress={() => actions.setHeatmap({ mapId: contribution.id })}>
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
      {!map.isSigned && (
        <Segments
          label="Colors"
          isLabelHidden
          value={colors}
          options={[
            ['greens', 'Green'],
            ['oranges', 'Orange'],
            ['grays', 'Gray'],
          ]}
          onChange={(next) => actions.setHeatmap({ colors: next })}
        />
      )}
    </section>
  );
}

/** The threshold in the unit of the legend; of a signed map its strength on both sides. */
function thresholdWords({ map, scale }: HeatmapView, threshold: number): string {
  if (map.isSigned) return `±${Number(valueOnScale(scale, (1 + threshold) / 2).toPrecision(2))}`;
  return valueWords(map, valueOnScale(scale, threshold));
}
