/** The plots of a cohort report as SVG text: no script, no font, no file beside them. Colours come from the page's CSS. */
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { CohortReport, CohortRow } from './cohort.ts';
import type { CohortFigures } from './cohort-figures.ts';
import type { OperatingPoint } from './metrics.ts';

const SIZE = { width: 360, height: 320, left: 52, right: 12, top: 12, bottom: 44 } as const;
const PLOT_BOTTOM = SIZE.height - SIZE.bottom;

/** Text that is safe inside HTML and SVG. */
export function escapeMarkup(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** ROC curve with the operating points; a sentence where a class is absent. */
export function rocPlot(report: CohortFigures): string {
  if (report.roc.length === 0) return nothing('There is no ROC curve: it needs slides of both classes.');
  const x = scaleLinear([0, 1], [SIZE.left, SIZE.width - SIZE.right]);
  const y = scaleLinear([0, 1], [PLOT_BOTTOM, SIZE.top]);
  const curve = line<(typeof report.roc)[number]>(
    (point) => x(point.falsePositiveRate),
    (point) => y(point.truePositiveRate),
  )(report.roc);
  const mark = (point: OperatingPoint | undefined, label: string, className: string) => {
    if (point?.sensitivity === undefined || point.specificity === undefined) return '';
    const title = `${label}: sensitivity ${share(point.sensitivity.value)}, specificity ${share(point.specificity.value)}`;
    const [cx, cy] = [round(x(1 - point.specificity.value)), round(y(point.sensitivity.value))];
    return `<circle class="${className}" cx="${cx}" cy="${cy}" r="5"><title>${escapeMarkup(title)}</title></circle>`;
  };
  return frame('ROC curve', 'False positive rate (1 − specificity)', 'True positive rate (sensitivity)', [
    `<path class="chance" d="M${x(0)},${y(0)}L${x(1)},${y(1)}"/>`,
    `<path class="curve" d="${curve ?? ''}"/>`,
    mark(report.atSensitivity99, '99 % sensitivity', 'point open'),
    mark(report.atSensitivity95, '95 % sensitivity', 'point open'),
    mark(report.atThreshold, 'At the threshold', 'point'),
  ]);
}

/** Share of positives found against probability said, a dot a bin, its area as the count. */
export function reliabilityPlot(report: CohortFigures): string {
  const filled = report.reliability.filter((bin) => bin.count > 0);
  if (filled.length === 0) return nothing('There is no reliability curve: no slide has a result.');
  const x = scaleLinear([0, 1], [SIZE.left, SIZE.width - SIZE.right]);
  const y = scaleLinear([0, 1], [PLOT_BOTTOM, SIZE.top]);
  const most = Math.max(...filled.map((bin) => bin.count));
  const points = filled.map((bin) => ({ ...bin, cx: x(bin.meanProbability ?? 0), cy: y(bin.positiveShare ?? 0) }));
  const path = line<(typeof points)[number]>(
    (point) => point.cx,
    (point) => point.cy,
  )(points);
  return frame('Reliability', 'Mean probability said', 'Share of positives found', [
    `<path class="chance" d="M${x(0)},${y(0)}L${x(1)},${y(1)}"/>`,
    `<path class="curve thin" d="${path ?? ''}"/>`,
    ...points.map((point) => {
      const radius = round(3 + 9 * Math.sqrt(point.count / most));
      const title = `${point.count} slides, said ${share(point.meanProbability ?? 0)}, found ${share(point.positiveShare ?? 0)}`;
      return `<circle class="bin" cx="${round(point.cx)}" cy="${round(point.cy)}" r="${radius}"><title>${title}</title></circle>`;
    }),
  ]);
}

/** How many slides of each class got which probability; positives up, negatives down, the threshold as a line. */
export function distributionPlot(report: CohortReport): string {
  if (report.rows.length === 0) return nothing('There is no distribution: no slide has a result.');
  const BINS = 20;
  const counts = (label: 0 | 1) => {
    const bins = Array.from({ length: BINS }, () => 0);
    for (const row of report.rows.filter((one: CohortRow) => one.label === label)) {
      const bin = Math.min(BINS - 1, Math.floor(row.probability * BINS));
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    return bins;
  };
  const up = counts(1);
  const down = counts(0);
  const most = Math.max(...up, ...down);
  const x = scaleLinear([0, 1], [SIZE.left, SIZE.width - SIZE.right]);
  const y = scaleLinear([-most, most], [PLOT_BOTTOM, SIZE.top]);
  const width = round(x(1 / BINS) - x(0) - 1);
  const bar = (count: number, bin: number, isUp: boolean) => {
    if (count === 0) return '';
    const top = isUp ? y(count) : y(0);
    const height = Math.abs(y(count) - y(0));
    const word = isUp ? report.classes.positive : report.classes.negative;
    const title = `${count} ${word}, probability ${share(bin / BINS)} to ${share((bin + 1) / BINS)}`;
    return `<rect class="${isUp ? 'up' : 'down'}" x="${round(x(bin / BINS))}" y="${round(top)}" width="${width}" height="${round(height)}"><title>${escapeMarkup(title)}</title></rect>`;
  };
  const { threshold } = report.decision;
  const at = threshold === null ? undefined : round(x(threshold));
  const label = `Slides: ${report.classes.positive} up, ${report.classes.negative} down`;
  return frame(
    'Probabilities by class',
    `Probability of ${report.classes.positive}`,
    label,
    [
      ...up.map((count, bin) => bar(count, bin, true)),
      ...down.map((count, bin) => bar(count, bin, false)),
      `<path class="axis" d="M${x(0)},${y(0)}H${x(1)}"/>`,
      at === undefined ? '' : `<path class="threshold" d="M${at},${SIZE.top}V${PLOT_BOTTOM}"/>`,
    ],
    y
      .ticks(6)
      .filter(Number.isInteger)
      .map((value) => ({ at: y(value), text: String(Math.abs(value)) })),
  );
}

interface Tick {
  readonly at: number;
  readonly text: string;
}

/** Axes 0..1 below and, unless ticks are given, at the left. */
function frame(
  name: string,
  below: string,
  left: string,
  content: readonly string[],
  leftTicks?: readonly Tick[],
): string {
  const x = scaleLinear([0, 1], [SIZE.left, SIZE.width - SIZE.right]);
  const y = scaleLinear([0, 1], [PLOT_BOTTOM, SIZE.top]);
  const unit = [0, 0.2, 0.4, 0.6, 0.8, 1];
  const rows = leftTicks ?? unit.map((value) => ({ at: y(value), text: String(value) }));
  const middle = (SIZE.left + SIZE.width - SIZE.right) / 2;
  return [
    `<svg role="img" aria-label="${escapeMarkup(name)}" viewBox="0 0 ${SIZE.width} ${SIZE.height}" width="${SIZE.width}" height="${SIZE.height}">`,
    ...rows.map((tick) => `<path class="grid" d="M${SIZE.left},${round(tick.at)}H${SIZE.width - SIZE.right}"/>`),
    ...rows.map((tick) => `<text x="${SIZE.left - 6}" y="${round(tick.at + 4)}" text-anchor="end">${tick.text}</text>`),
    ...unit.map((v) => `<text x="${round(x(v))}" y="${PLOT_BOTTOM + 18}" text-anchor="middle">${v}</text>`),
    `<path class="axis" d="M${SIZE.left},${SIZE.top}V${PLOT_BOTTOM}H${SIZE.width - SIZE.right}"/>`,
    `<text x="${middle}" y="${SIZE.height - 6}" text-anchor="middle">${escapeMarkup(below)}</text>`,
    `<text transform="translate(13,${(SIZE.top + PLOT_BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escapeMarkup(left)}</text>`,
    ...content,
    '</svg>',
  ].join('');
}

function nothing(sentence: string): string {
  return `<p class="none">${escapeMarkup(sentence)}</p>`;
}

function share(value: number): string {
  return value.toFixed(3);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
