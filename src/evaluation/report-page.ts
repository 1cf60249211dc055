/** The report of a cohort as one HTML file that needs nothing else: no script, no request, light and dark, printable. */
import { noteText } from '../words/notes.ts';
import type { CohortReport, CohortRow } from './cohort.ts';
import type { CohortFigures } from './cohort-figures.ts';
import type { Interval, OperatingPoint, Share } from './metrics.ts';
import { distributionPlot, escapeMarkup, reliabilityPlot, rocPlot } from './plots.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #18181b; --soft: #52525b; --line: #d4d4d8; --paper: #ffffff; --panel: #f4f4f5; --mark: #31688e; --other: #a16207; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f4f4f5; --soft: #a1a1aa; --line: #3f3f46; --paper: #18181b; --panel: #27272a; --mark: #7db7d9; --other: #e0b252; }
}
body { font: 14px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; color: var(--ink); background: var(--paper); margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
p.lead, caption, td.soft, p.none { color: var(--soft); }
table { border-collapse: collapse; } caption { text-align: left; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; }
.plots { display: flex; flex-wrap: wrap; gap: 1rem; } .plots figure { margin: 0; background: var(--panel); padding: .75rem; border-radius: 6px; max-width: 360px; }
.wide { overflow-x: auto; }
svg { max-width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
.axis { fill: none; stroke: var(--soft); } .grid { stroke: var(--line); stroke-width: .5; }
.chance { fill: none; stroke: var(--soft); stroke-dasharray: 4 4; } .curve { fill: none; stroke: var(--mark); stroke-width: 2; } .thin { stroke-width: 1; }
.point, .bin { fill: var(--mark); stroke: var(--paper); } .open { fill: var(--paper); stroke: var(--mark); stroke-width: 2; } .bin { fill-opacity: .75; }
.up { fill: var(--mark); } .down { fill: var(--other); } .threshold { stroke: var(--ink); stroke-dasharray: 2 3; }
.warning { border-left: 4px solid var(--other); padding: .25rem .75rem; background: var(--panel); }
@media print { .plots figure { break-inside: avoid; } }
`;

/** The whole page. All text from files and labels is escaped. */
export function toReportPage(report: CohortReport): string {
  const { counts, decision, classes } = report;
  const title = `Evaluation of ${report.run.modelId}`;
  const split = report.split === undefined ? '' : `, split ${report.split}`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeMarkup(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escapeMarkup(title)}</h1>`,
    '<p class="warning"><strong>Research use only. Not for diagnosis.</strong></p>',
    `<p class="lead">${escapeMarkup(
      `${counts.evaluated} of ${counts.labelled} labelled slides${split}: ${counts.positives} ${classes.positive}, ${counts.negatives} ${classes.negative}. ` +
        `${counts.failed} failed, ${counts.pending} not run yet. ${callWords(report)}; temperature ${digits(decision.temperature, 4)}.`,
    )}</p>`,
    `<p class="lead">${escapeMarkup(scopeWords(report))}</p>`,
    counts.pending > 0
      ? '<p class="warning">This run was not finished: the figures are those of a part of the slides.</p>'
      : '',
    '<h2>Figures</h2>',
    figures(report),
    insideFigures(report),
    fitted(report),
    '<h2>Plots</h2><div class="plots">',
    plot(rocPlot(report), 'Dot: at the threshold. Rings: at 95 % and 99 % sensitivity. Dashed: chance.'),
    plot(reliabilityPlot(report), 'Ten bins of equal width; the area of a dot follows its count. Dashed: perfect.'),
    plot(distributionPlot(report), 'Dashed: the threshold.'),
    '</div>',
    confusion(report),
    strata(report),
    maps(report),
    failures(report),
    `<h2>Slides</h2>${slides(report)}`,
    '</body></html>\n',
  ].join('\n');
}

function callWords({ classes, decision }: CohortReport): string {
  return decision.threshold === null
    ? 'The model states no threshold, so no class is called'
    : `Called ${classes.positive} from probability ${digits(decision.threshold, 4)}`;
}

/** Slides that the model has no say on are counted apart. */
function scopeWords({ scopes, counts, decision }: CohortReport): string {
  const all = decision.threshold === null ? '' : ', where the threshold is applied to their raw output as well';
  const outside =
    scopes.outside === 0
      ? 'None is outside'
      : `${scopes.outside} ${scopes.outside === 1 ? 'is' : 'are'} outside: no class is called there, and ${scopes.outside === 1 ? 'it is' : 'they are'} in the figures over all slides only${all}`;
  return (
    `Of the ${counts.evaluated} evaluated slides ${scopes.inside} ${scopes.inside === 1 ? 'is' : 'are'} inside what the model was made for. ${outside}. ` +
    (scopes.unmeasured === 0
      ? ''
      : `Of ${scopes.unmeasured} nobody measured whether the model may read ${scopes.unmeasured === 1 ? 'it' : 'them'}.`)
  );
}

/** The same table over the slides inside the scope, where those are not all. */
function insideFigures({ counts, insideScope }: CohortReport): string {
  const { evaluated } = insideScope.counts;
  if (evaluated === counts.evaluated) return '';
  const head = `<h2>Figures inside the scope (${evaluated} of ${counts.evaluated} slides)</h2>`;
  return evaluated === 0
    ? `${head}<p class="none">No slide is inside the scope of the model.</p>`
    : head + figures(insideScope);
}

function figures(report: CohortFigures): string {
  const { auroc, calibration } = report;
  const rows: [string, string, string][] = [
    ['AUROC', digits(auroc.value), intervals(report)],
    ['Average precision', digits(report.averagePrecision), 'area under precision and recall, as steps'],
    ...pointRows(report.atThreshold, 'at the threshold'),
    ...atRows(report.atSensitivity95, '95 %'),
    ...atRows(report.atSensitivity99, '99 %'),
    ['Brier score', digits(calibration.brier), 'mean squared error of the probability; 0 is best'],
    ['Log loss', digits(calibration.logLoss), 'natural logarithm; 0 is best'],
    ['Expected calibration error', digits(calibration.ece), '10 bins of equal width'],
  ];
  return table(
    ['Figure', 'Value', ''],
    rows.map(
      ([name, value, note]) =>
        `<tr><th scope="row">${name}</th><td class="number">${value}</td><td class="soft">${note}</td></tr>`,
    ),
  );
}

function intervals({ auroc }: CohortFigures): string {
  const parts = [
    auroc.interval && `95 % interval ${interval(auroc.interval)} (${auroc.interval.method})`,
    auroc.bootstrap &&
      `${interval(auroc.bootstrap.ci95)} (bootstrap within each class, ${auroc.bootstrap.draws} draws, seed ${auroc.bootstrap.seed})`,
  ];
  return parts.filter(Boolean).join('; ') || 'needs slides of both classes';
}

function pointRows(point: OperatingPoint | undefined, where: string): [string, string, string][] {
  if (point === undefined) return [];
  return [
    [`Accuracy ${where}`, digits(point.accuracy?.value), wilson(point.accuracy)],
    [`Balanced accuracy ${where}`, digits(point.balancedAccuracy), ''],
    [`Sensitivity ${where}`, digits(point.sensitivity?.value), wilson(point.sensitivity)],
    [`Specificity ${where}`, digits(point.specificity?.value), wilson(point.specificity)],
    [`Positive predictive value ${where}`, digits(point.positivePredictive?.value), wilson(point.positivePredictive)],
    [`Negative predictive value ${where}`, digits(point.negativePredictive?.value), wilson(point.negativePredictive)],
    [`F1 ${where}`, digits(point.f1), ''],
  ];
}

function atRows(point: OperatingPoint | undefined, target: string): [string, string, string][] {
  if (point === undefined) return [];
  const note = `${wilson(point.specificity)}; threshold ${digits(point.threshold, 4)}, sensitivity ${digits(point.sensitivity?.value)}; the threshold was chosen on these slides`;
  return [[`Specificity at ${target} sensitivity`, digits(point.specificity?.value), note]];
}

function fitted({ fitted, calibration }: CohortReport): string {
  if (fitted === undefined) return '';
  const row = (name: string, one: typeof calibration) =>
    `<tr><th scope="row">${name}</th>${[one.temperature, one.logLoss, one.brier, one.ece].map((value) => `<td class="number">${digits(value, 4)}</td>`).join('')}</tr>`;
  return [
    `<h2>Temperature</h2><p>Fitted on the ${fitted.slides} slides of split ${escapeMarkup(fitted.split)}; the threshold moved with it, so that the same slides are called.</p>`,
    table(
      ['', 'Temperature', 'Log loss', 'Brier', 'ECE'],
      [row("the model's own", fitted.before), row('fitted', calibration)],
    ),
  ].join('');
}

function confusion({ atThreshold, classes }: CohortReport): string {
  if (atThreshold === undefined) return '';
  const { truePositive, falsePositive, trueNegative, falseNegative } = atThreshold.confusion;
  const [positive, negative] = [escapeMarkup(classes.positive), escapeMarkup(classes.negative)];
  const row = (name: string, a: number, b: number) =>
    `<tr><th scope="row">${name}</th><td class="number">${a}</td><td class="number">${b}</td></tr>`;
  const cells = table(
    ['Label', `${positive} at the threshold`, `${negative} at the threshold`],
    [row(positive, truePositive, falseNegative), row(negative, falsePositive, trueNegative)],
  );
  return `<h2>Confusion at the threshold, all slides</h2>${cells}`;
}

function strata(report: CohortReport): string {
  if (report.strata.length === 0) return '';
  const rows = report.strata.map(
    (one) =>
      `<tr><th scope="row">${escapeMarkup(one.name)}</th>${[String(one.slides), String(one.positives), digits(one.auroc), digits(one.accuracy)].map((text) => `<td class="number">${text}</td>`).join('')}</tr>`,
  );
  const head = ['Stratum', 'Slides', escapeMarkup(report.classes.positive), 'AUROC', 'Accuracy'];
  return `<h2>By stratum</h2>${table(head, rows)}`;
}

function maps(report: CohortReport): string {
  if (report.maps === undefined) return '';
  const words = {
    attention: 'attention',
    contribution: 'signed contribution',
    tileProbability: 'single-tile probability',
  } as const;
  const rows = report.maps.maps.map(
    ({ name, mean, standardError }) =>
      `<tr><th scope="row">${words[name]}</th><td class="number">${digits(mean)}</td><td class="number">${digits(standardError)}</td></tr>`,
  );
  return [
    `<h2>Maps against lesion masks</h2><p>AUROC of each map among the tiles of a slide (at least half lesion, or not), over ${report.maps.slides} ${escapeMarkup(report.classes.positive)} slides. No training saw the masks.</p>`,
    table(['Map', 'Mean AUROC', 'Standard error'], rows),
  ].join('');
}

function failures(report: CohortReport): string {
  if (report.failures.length === 0) return '';
  const rows = report.failures.map(
    (one) =>
      `<tr><th scope="row">${escapeMarkup(one.id)}</th><td>${escapeMarkup(one.code)}</td><td>${escapeMarkup(one.message)}</td></tr>`,
  );
  return `<h2>Failed (${report.failures.length})</h2><p>These slides are in no figure.</p>${table(['Slide', 'Code', 'Why'], rows)}`;
}

function slides(report: CohortReport): string {
  const word = (value: 0 | 1) => escapeMarkup(value === 1 ? report.classes.positive : report.classes.negative);
  const rows = report.rows.map((row) =>
    [
      `<tr><th scope="row">${escapeMarkup(row.id)}</th><td>${word(row.label)}</td><td class="number">${digits(row.probability, 4)}</td>`,
      `<td>${calledWords(row)}</td><td>${row.scope.state}</td><td class="number">${row.tiles}</td>`,
      `<td class="soft">${escapeMarkup(row.notes.map(noteText).join(' '))}</td></tr>`,
    ].join(''),
  );
  return `<div class="wide">${table(['Slide', 'Label', 'Probability', 'Called', 'Scope', 'Tiles', 'Notes'], rows)}</div>`;
}

function calledWords({ calledClass, called, label }: CohortRow): string {
  if (calledClass === null) return '<span class="soft">none</span>';
  return `${escapeMarkup(calledClass)}${called === label ? '' : ' <strong>(wrong)</strong>'}`;
}

function table(head: readonly string[], rows: readonly string[]): string {
  const cells = head.map((text) => `<th scope="col">${text}</th>`).join('');
  return `<table><thead><tr>${cells}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function plot(svg: string, caption: string): string {
  return `<figure>${svg}<figcaption class="soft">${caption}</figcaption></figure>`;
}

function wilson(one: Share | undefined): string {
  return one === undefined ? '' : `95 % interval ${interval(one)} (Wilson)`;
}

/** To three digits, or to as many as tell its bounds apart. */
function interval({ low, high }: Interval): string {
  let count = 3;
  while (low < high && digits(low, count) === digits(high, count)) count++;
  return `${digits(low, count)} to ${digits(high, count)}`;
}

function digits(value: number | undefined, count = 3): string {
  return value === undefined ? 'not defined' : value.toFixed(count);
}
