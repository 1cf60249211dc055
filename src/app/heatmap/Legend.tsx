import { useEffect, useRef } from 'react';
import { paintLegend } from '../../analysis/heatmap.ts';
import { type MapLabel, mapLabel } from '../../words/labels.ts';
import { useScreen } from '../state/session.ts';
import type { ShownMap, ShownRun } from '../state/shown-run.ts';
import type { HeatmapView } from './heatmap-view.ts';
import './heatmap.css';

const WIDTH_PX = 230;

/** What the colors mean, in real units, painted as the heatmap paints them. */
export function Legend({ heatmap, run }: { heatmap: HeatmapView; run: ShownRun }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { colors, threshold, opacity } = useScreen((screen) => screen.heatmap);
  const { map, scale } = heatmap;
  useEffect(() => {
    const { rgba, width, height } = paintLegend(scale, { colors, threshold, opacity }, WIDTH_PX);
    canvas.current?.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
  }, [scale, colors, threshold, opacity]);
  const words = mapWords(run, map);
  return (
    <div
      className={map.isSigned ? 'float legend is-signed' : 'float legend'}
      data-testid="heatmap-legend"
      data-mode={map.kind}
    >
      <span className="legend-name">
        {words.name}
        {run.isPartial && ' so far'}
      </span>
      {map.isSigned && (
        <div className="legend-ends small">
          <span>← {words.low}</span>
          <span>{words.high} →</span>
        </div>
      )}
      <canvas ref={canvas} className="legend-ramp" width={WIDTH_PX} height={1} aria-hidden />
      <div className="legend-ticks">
        {scale.ticks.map(({ at, label }) => (
          <span
            key={label}
            className={at <= 0 ? 'is-first' : at >= 1 ? 'is-last' : ''}
            style={{ left: `${at * 100}%` }}
          >
            {label}
          </span>
        ))}
      </div>
      <span className="legend-unit muted small" title={words.exactUnit}>
        {words.unit}
      </span>
    </div>
  );
}

/** A map of a run in words; of a run under way nobody knows the classes yet. */
export function mapWords({ outcome }: Pick<ShownRun, 'outcome'>, { kind, class: positive }: ShownMap): MapLabel {
  return outcome.kind === 'binary'
    ? mapLabel(kind, outcome.positive, outcome.negative)
    : mapLabel(kind, positive ?? 'the class', 'the others');
}
