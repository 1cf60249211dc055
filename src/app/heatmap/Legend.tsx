import { useEffect, useRef } from 'react';
import { type HeatmapScale, paintLegend } from '../../analysis/heatmap.ts';
import type { HeatmapMode, HeatmapSettings } from '../state/screen.ts';
import './heatmap.css';

export const LEGEND_TITLES: Readonly<Record<HeatmapMode, string>> = {
  attention: 'Attention',
  contribution: 'Contribution',
  probability: 'Tile alone',
};

/** What the numbers of a map are, for the positive class of the model. */
export function legendUnit(mode: HeatmapMode, positive: string): string {
  switch (mode) {
    case 'attention':
      return 'times uniform';
    case 'contribution':
      return `log-odds of ${positive}`;
    case 'probability':
      return `probability of ${positive}`;
  }
}

const WIDTH_PX = 230;

/** What the colours mean, in real units, painted as the heatmap paints them. */
export function Legend({
  mode,
  scale,
  settings,
  positive,
  isPartial,
}: {
  mode: HeatmapMode;
  scale: HeatmapScale;
  settings: HeatmapSettings;
  /** The positive class of the model. */
  positive: string;
  /** True while tiles are still missing. */
  isPartial: boolean;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { colours, threshold, opacity } = settings;
  useEffect(() => {
    const { rgba, width, height } = paintLegend(scale, { colours, threshold, opacity }, WIDTH_PX);
    canvas.current?.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
  }, [scale, colours, threshold, opacity]);
  return (
    <div className="float legend" data-testid="heatmap-legend" data-mode={mode}>
      <div className="legend-words">
        <span>
          {LEGEND_TITLES[mode]}
          {isPartial && ' so far'}
        </span>
        <span className="muted small">{legendUnit(mode, positive)}</span>
      </div>
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
    </div>
  );
}
