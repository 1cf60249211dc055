/** The figures of a report as a table for a spreadsheet or a paper: one line a figure, to the last digit. */
import Papa from 'papaparse';
import type { CohortReport } from './cohort.ts';
import type { Interval, OperatingPoint, Share } from './metrics.ts';

/** figure, value, the 95 % interval, and how it was found; no value where the slides do not define the figure. */
type Line = readonly [string, number | undefined, Interval | undefined, string];

/** figures.csv: `figure,value,low,high,note`. The names are those of the page. */
export function toFiguresCsv(report: CohortReport): string {
  const { auroc, calibration, counts, decision, classes } = report;
  const lines: readonly Line[] = [
    ['Labelled slides', counts.labelled, undefined, ''],
    ['Evaluated slides', counts.evaluated, undefined, ''],
    [`Evaluated slides, ${classes.positive}`, counts.positives, undefined, ''],
    [`Evaluated slides, ${classes.negative}`, counts.negatives, undefined, ''],
    ['Failed slides', counts.failed, undefined, 'in no figure'],
    ['Slides without a result yet', counts.pending, undefined, 'in no figure'],
    ['Threshold', decision.threshold, undefined, ''],
    ['Temperature', decision.temperature, undefined, report.fitted ? `fitted on split ${report.fitted.split}` : ''],
    ['AUROC', auroc.value, auroc.deLong?.ci95, 'DeLong'],
    [
      'AUROC, bootstrap interval',
      auroc.value,
      auroc.bootstrap?.ci95,
      auroc.bootstrap
        ? `bootstrap within each class, ${auroc.bootstrap.draws} draws, seed ${auroc.bootstrap.seed}`
        : '',
    ],
    ['Average precision', report.averagePrecision, undefined, 'area under precision and recall, as steps'],
    ...pointLines(report.atThreshold),
    ...targetLines(report.atSensitivity95, '95 %'),
    ...targetLines(report.atSensitivity99, '99 %'),
    ['Brier score', calibration.brier, undefined, ''],
    ['Log loss', calibration.logLoss, undefined, 'natural logarithm'],
    ['Expected calibration error', calibration.ece, undefined, '10 bins of equal width'],
    ...report.reliability.flatMap(({ low, high, count, meanProbability, positiveShare }): Line[] => {
      const bin = `${low.toFixed(1)} to ${high.toFixed(1)}`;
      return [
        [`Reliability ${bin}, slides`, count, undefined, ''],
        [`Reliability ${bin}, mean probability`, meanProbability, undefined, ''],
        [`Reliability ${bin}, share ${classes.positive}`, positiveShare, undefined, ''],
      ];
    }),
    ...(report.maps?.maps ?? []).map(
      ({ name, mean, standardError }): Line => [
        `Lesion AUROC of ${name}`,
        mean,
        undefined,
        `mean over ${report.maps?.slides} slides${standardError === undefined ? '' : `, standard error ${standardError}`}`,
      ],
    ),
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

function pointLines(point: OperatingPoint): readonly Line[] {
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
