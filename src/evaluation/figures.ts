/** The figures of a report as a table for a spreadsheet or a paper: one line a figure, to the last digit. */
import Papa from 'papaparse';
import type { CohortReport } from './cohort.ts';
import type { CohortFigures } from './cohort-figures.ts';
import type { Interval, OperatingPoint, Share } from './metrics.ts';

/** figure, value, the 95 % interval, and how it was found; no value where the slides do not define the figure. */
type Line = readonly [string, number | undefined, Interval | undefined, string];

/** figures.csv: `figure,value,low,high,note`. The names are those of the page. */
export function toFiguresCsv(report: CohortReport): string {
  const { counts, scopes, decision, classes, insideScope } = report;
  const { positive, negative } = classes;
  const lines: readonly Line[] = [
    ['Labelled slides', counts.labelled, undefined, ''],
    ['Evaluated slides', counts.evaluated, undefined, ''],
    [`Evaluated slides, ${positive}`, counts.positives, undefined, ''],
    [`Evaluated slides, ${negative}`, counts.negatives, undefined, ''],
    ['Failed slides', counts.failed, undefined, 'in no figure'],
    ['Slides without a result yet', counts.pending, undefined, 'in no figure'],
    ['Slides inside the scope of the model', scopes.inside, undefined, ''],
    ['Slides outside the scope of the model', scopes.outside, undefined, 'no class is called'],
    ['Slides whose scope nobody measured', scopes.unmeasured, undefined, ''],
    ['Threshold', decision.threshold ?? undefined, undefined, decision.threshold === null ? 'none is stated' : ''],
    ['Temperature', decision.temperature, undefined, report.fitted ? `fitted on split ${report.fitted.split}` : ''],
    ...figureLines(report, positive),
    [`Evaluated slides, ${positive}${INSIDE}`, insideScope.counts.positives, undefined, ''],
    [`Evaluated slides, ${negative}${INSIDE}`, insideScope.counts.negatives, undefined, ''],
    ...figureLines(insideScope, positive).map(([name, ...rest]): Line => [`${name}${INSIDE}`, ...rest]),
  ];
  const data = lines.map(([name, value, interval, note]) => [
    name,
    value ?? '',
    interval?.low ?? '',
    interval?.high ?? '',
    note,
  ]);
  const fields = ['figure', 'value', 'low', 'high', 'note'];
  return `${Papa.unparse({ fields, data }, { newline: '\n', escapeFormulae: /^[=@\t\r]/ })}\n`;
}

/** Ends the names of figures of the slides inside the scope alone. */
const INSIDE = ', inside the scope';

function figureLines(figures: CohortFigures, positive: string): readonly Line[] {
  const { auroc, calibration, maps } = figures;
  return [
    ['AUROC', auroc.value, auroc.interval, auroc.interval?.method ?? ''],
    [
      'AUROC, bootstrap interval',
      auroc.value,
      auroc.bootstrap?.ci95,
      auroc.bootstrap
        ? `bootstrap within each class, ${auroc.bootstrap.draws} draws, seed ${auroc.bootstrap.seed}`
        : '',
    ],
    ['Average precision', figures.averagePrecision, undefined, 'area under precision and recall, as steps'],
    ...pointLines(figures.atThreshold),
    ...targetLines(figures.atSensitivity95, '95 %'),
    ...targetLines(figures.atSensitivity99, '99 %'),
    ['Brier score', calibration.brier, undefined, ''],
    ['Log loss', calibration.logLoss, undefined, 'natural logarithm'],
    ['Expected calibration error', calibration.ece, undefined, '10 bins of equal width'],
    ...figures.reliability.flatMap(({ low, high, count, meanProbability, positiveShare }): Line[] => {
      const bin = `${low.toFixed(1)} to ${high.toFixed(1)}`;
      return [
        [`Reliability ${bin}, slides`, count, undefined, ''],
        [`Reliability ${bin}, mean probability`, meanProbability, undefined, ''],
        [`Reliability ${bin}, share ${positive}`, positiveShare, undefined, ''],
      ];
    }),
    ...(maps?.maps ?? []).map(
      ({ name, mean, standardError }): Line => [
        `Lesion AUROC of ${name}`,
        mean,
        undefined,
        `mean over ${maps?.slides} slides${standardError === undefined ? '' : `, standard error ${standardError}`}`,
      ],
    ),
  ];
}

function pointLines(point: OperatingPoint | undefined): readonly Line[] {
  if (point === undefined) return [];
  const { truePositive, falsePositive, trueNegative, falseNegative } = point.confusion;
  const where = 'at the threshold';
  return [
    shareLine(`Accuracy ${where}`, point.accuracy),
    [`Balanced accuracy ${where}`, point.balancedAccuracy, undefined, ''],
    shareLine(`Sensitivity ${where}`, point.sensitivity),
    shareLine(`Specificity ${where}`, point.specificity),
    shareLine(`Positive predictive value ${where}`, point.positivePredictive),
    shareLine(`Negative predictive value ${where}`, point.negativePredictive),
    [`F1 ${where}`, point.f1, undefined, ''],
    [`True positives ${where}`, truePositive, undefined, ''],
    [`False positives ${where}`, falsePositive, undefined, ''],
    [`True negatives ${where}`, trueNegative, undefined, ''],
    [`False negatives ${where}`, falseNegative, undefined, ''],
  ];
}

function targetLines(point: OperatingPoint | undefined, target: string): readonly Line[] {
  if (point === undefined) return [];
  const where = `at ${target} sensitivity`;
  return [
    shareLine(`Specificity ${where}`, point.specificity),
    shareLine(`Sensitivity reached ${where}`, point.sensitivity),
    [`Threshold ${where}`, point.threshold, undefined, 'chosen on these slides'],
  ];
}

function shareLine(name: string, share: Share | undefined): Line {
  return [name, share?.value, share, 'Wilson'];
}
