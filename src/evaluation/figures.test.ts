import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { evaluateCohort } from './cohort.ts';
import { toFiguresCsv } from './figures.ts';
import type { LabelledSlide } from './labels.ts';
import { sigmoid } from './metrics.ts';
import type { CohortRecord } from './records.ts';
import { toReportPage } from './report-page.ts';

const LOGITS = [-2, -1.5, -0.3, 0.2, 0.4, 1.1, 2.5, -0.9];
const LABELS = [0, 0, 1, 0, 1, 1, 1, 0] as const;

function report(logits: readonly number[] = LOGITS) {
  const slides = [...logits, 0].map(
    (_, i): LabelledSlide => ({
      id: `s${i}`,
      label: LABELS[i] ?? 1,
      split: undefined,
      group: undefined,
      stratum: undefined,
    }),
  );
  const records = logits.map(
    (logit, i): CohortRecord => ({
      type: 'slide',
      id: `s${i}`,
      slideId: `s${i}`,
      positiveClass: 'malignant',
      logit,
      probability: sigmoid(logit),
      tiles: 3,
      candidates: 4,
      mpp: null,
      backend: 'wasm',
      notes: [],
      maps: null,
      elapsedMs: 1,
      // The last one lies outside.
      scope: i === 7 ? { state: 'outside', reasons: ['appearance'] } : { state: 'inside', reasons: [] },
    }),
  );
  const failure: CohortRecord = { type: 'failure', id: 's8', code: 'bag/no-tissue', message: 'No tissue.' };
  return evaluateCohort(slides, [...records, failure], {
    run: { type: 'run', formatVersion: 1, modelId: 'm@1', modelHash: 'ab', mpp: null, bag: null, masks: false },
    classes: { positive: 'malignant', negative: 'benign' },
    decision: { threshold: 0.5, temperature: 1 },
  });
}

const parse = (csv: string) =>
  Papa.parse<Record<'figure' | 'value' | 'low' | 'high' | 'note', string>>(csv, { header: true, skipEmptyLines: true })
    .data;

it('holds the figures of the report to the last digit, with their intervals', () => {
  const one = report();
  const rows = new Map(parse(toFiguresCsv(one)).map((row) => [row.figure, row]));
  const value = (name: string) => Number(rows.get(name)?.value ?? Number.NaN);
  expect(value('Labelled slides')).toBe(9);
  expect(value('Failed slides')).toBe(1);
  expect(value('AUROC')).toBe(one.auroc.value);
  expect(Number(rows.get('AUROC')?.low)).toBe(one.auroc.deLong?.ci95.low);
  expect(rows.get('AUROC')?.note).toBe('DeLong');
  expect(Number(rows.get('AUROC, bootstrap interval')?.high)).toBe(one.auroc.bootstrap?.ci95.high);
  // By hand: of 4 malignant one is called benign, of 4 benign one malignant.
  expect(value('Accuracy at the threshold')).toBe(0.75);
  expect(value('Balanced accuracy at the threshold')).toBe(0.75);
  expect(value('Sensitivity at the threshold')).toBe(0.75);
  expect(value('False negatives at the threshold')).toBe(1);
  // All malignant slides are found from the lowest of them on, which three of the four benign ones do not reach.
  expect(value('Specificity at 95 % sensitivity')).toBe(0.75);
  expect(value('Threshold at 99 % sensitivity')).toBe(sigmoid(-0.3));
  expect(value('Brier score')).toBe(one.calibration.brier);
  expect(value('Expected calibration error')).toBe(one.calibration.ece);
  const bins = [...rows.keys()].filter((name) => /^Reliability .* slides$/.test(name));
  expect(bins.map((name) => value(name)).reduce((sum, count) => sum + count, 0)).toBe(8);
});

it('holds the same figures of the slides inside the scope, by their own names', () => {
  const one = report();
  const rows = new Map(parse(toFiguresCsv(one)).map((row) => [row.figure, row]));
  const value = (name: string) => Number(rows.get(name)?.value ?? Number.NaN);
  expect(value('Slides inside the scope of the model')).toBe(7);
  expect(value('Slides outside the scope of the model')).toBe(1);
  expect(value('Slides whose scope nobody measured')).toBe(0);
  expect(value('AUROC, inside the scope')).toBe(one.insideScope.auroc.value);
  expect(value('Evaluated slides, benign, inside the scope')).toBe(3);
  // By hand: of 4 malignant one is missed, of the 3 benign that are left one is called malignant.
  expect(value('Accuracy at the threshold, inside the scope')).toBe(5 / 7);
  const names = parse(toFiguresCsv(one)).map((row) => row.figure);
  expect(new Set(names).size).toBe(names.length);
});

it('has every figure of the page', () => {
  const one = report();
  const names = new Set(parse(toFiguresCsv(one)).map((row) => row.figure));
  const [, table = ''] = toReportPage(one).split('<h2>Figures</h2>');
  const shown = [...(table.split('</table>')[0] ?? '').matchAll(/<th scope="row">([^<]*)/g)].map(([, name]) => name);
  expect(shown.length).toBeGreaterThan(10);
  for (const name of shown) expect(names).toContain(name);
});

it('says how sure a perfect AUROC is, and by which method', () => {
  const one = report(LABELS.map((label) => 6 * label - 3));
  expect(one.auroc).toMatchObject({ value: 1, deLong: undefined, bootstrap: undefined });
  const rows = new Map(parse(toFiguresCsv(one)).map((row) => [row.figure, row]));
  expect(rows.get('AUROC')).toMatchObject({ value: '1', high: '1', note: 'Newcombe 2006, method 5' });
  expect(rows.get('AUROC')?.low).toMatch(/^0\.5\d+$/);
  const [row = ''] = toReportPage(one).match(/<th scope="row">AUROC<.*?<\/tr>/s) ?? [];
  expect(row).toMatch(/95 % interval 0\.5\d\d to 1\.000 \(Newcombe 2006, method 5\)/);
  expect(row).not.toContain('bootstrap');
});

it('leaves empty what the slides do not define', () => {
  const one = evaluateCohort([], [], {
    run: { type: 'run', formatVersion: 1, modelId: 'm@1', modelHash: 'ab', mpp: null, bag: null, masks: false },
    classes: { positive: 'malignant', negative: 'benign' },
    decision: { threshold: 0.5, temperature: 1 },
  });
  const csv = toFiguresCsv(one);
  expect(csv).toContain('\nAUROC,,,,\n');
  expect(csv).not.toMatch(/NaN|undefined/);
});
