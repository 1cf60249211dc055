import { describe, expect, it } from 'vitest';
import type { Scope } from '../analysis/prediction.ts';
import { evaluateCohort, matchSlides, toCohortCsv } from './cohort.ts';
import type { LabelledSlide } from './labels.ts';
import { logLoss, sigmoid } from './metrics.ts';
import type { CohortRecord, RunHeader, SlideRecord } from './records.ts';

const run: RunHeader = {
  type: 'run',
  formatVersion: 1,
  modelId: 'm@1',
  modelHash: 'ab',
  mpp: null,
  bag: null,
  masks: false,
};
const classes = { positive: 'malignant', negative: 'benign' };

function slide(id: string, label: 0 | 1, more: Partial<LabelledSlide> = {}): LabelledSlide {
  return { id, label, split: undefined, group: undefined, stratum: undefined, ...more };
}

function record(id: string, logit: number, scope?: Scope): SlideRecord {
  return {
    type: 'slide',
    id,
    slideId: id,
    positiveClass: 'malignant',
    logit,
    probability: sigmoid(logit),
    tiles: 9,
    candidates: 20,
    mpp: 1.24,
    backend: 'wasm',
    notes: [{ code: 'few-tiles', params: { tiles: 9 } }],
    maps: null,
    elapsedMs: 5,
    ...(scope && { scope }),
  };
}

it('finds files by path, and by name without extension as PANDA has it', () => {
  const slides = [slide('a/one.svs', 0), slide('two', 1), slide('three', 1), slide('none', 0)];
  const match = matchSlides(slides, ['a/one.svs', 'train/two.tiff', 'x/three.tiff', 'y/three.png', 'extra.svs']);
  expect(match.found.map((one) => [one.slide.id, one.file])).toEqual([
    ['a/one.svs', 'a/one.svs'],
    ['two', 'train/two.tiff'],
  ]);
  expect(match.missing.map((one) => [one.id, one.message])).toEqual([
    ['three', 'Several files have this name: x/three.tiff, y/three.png.'],
    ['none', 'There is no file of this name.'],
  ]);
  expect(match.unlabelled).toEqual(['x/three.tiff', 'y/three.png', 'extra.svs']);
});

it('finds a file at the top by its bare name once', () => {
  expect(matchSlides([slide('one', 0)], ['one.tiff']).found).toHaveLength(1);
});

it('scores the slides that have a result; failures and those that wait are named and counted', () => {
  const slides = [slide('a', 0), slide('b', 1), slide('c', 1), slide('d', 0), slide('e', 1)];
  const failure: CohortRecord = { type: 'failure', id: 'd', code: 'bag/no-tissue', message: 'No tissue.' };
  const records = [record('b', 2), record('a', -2), record('c', -1), failure, record('not in the table', 9)];
  const report = evaluateCohort(slides, records, { run, classes, decision: { threshold: 0.5, temperature: 1 } });
  expect(report.counts).toEqual({ labelled: 5, evaluated: 3, positives: 2, negatives: 1, failed: 1, pending: 1 });
  expect(report.rows.map((row) => row.id)).toEqual(['a', 'b', 'c']);
  expect(report.auroc.value).toBe(1);
  expect(report.atThreshold?.confusion).toEqual({
    truePositive: 1,
    falsePositive: 0,
    trueNegative: 1,
    falseNegative: 1,
  });
  expect(report.failures).toMatchObject([{ id: 'd', label: 0, code: 'bag/no-tissue' }]);
  expect(report.pending.map((one) => one.id)).toEqual(['e']);
  const lines = toCohortCsv(report).trimEnd().split('\n');
  expect(lines).toHaveLength(6);
  const note = 'Only 9 tiles of tissue: the result rests on very few tiles.';
  expect(lines[0]?.endsWith(',error,scope,scope_reasons')).toBe(true);
  // A record of a version that knew no scope.
  expect(lines[1]).toBe(`a,benign,,,,done,${sigmoid(-2)},-2,benign,9,${note},,unmeasured,appearance`);
  expect(lines[4]).toBe('d,benign,,,,failed,,,,,,bag/no-tissue: No tissue.,,');
  expect(lines[5]).toBe('e,malignant,,,,pending,,,,,,,,');
});

it('judges one split, with the temperature of another, and calls the same slides positive', () => {
  const logits = [-8, -3, 5, -6, 4, 9, 7, -2];
  const labels: (0 | 1)[] = [0, 1, 0, 0, 1, 1, 1, 0];
  const table = [...logits, ...logits].map((_, i) =>
    slide(`s${i}`, labels[i % 8] ?? 0, {
      split: i < 8 ? 'validation' : 'test',
      stratum: i % 2 ? 'radboud' : 'karolinska',
    }),
  );
  const records = table.map((one, i) => record(one.id, (logits[i % 8] ?? 0) + (i < 8 ? 0 : 0.25)));
  const decision = { threshold: 0.7, temperature: 1 };
  const plain = evaluateCohort(table, records, { run, classes, decision, split: 'test' });
  const fitted = evaluateCohort(table, records, { run, classes, decision, split: 'test', fitSplit: 'validation' });
  expect(plain.rows).toHaveLength(8);
  expect(plain.fitted).toBeUndefined();
  expect(fitted.fitted?.slides).toBe(8);
  expect(fitted.decision.temperature).toBeGreaterThan(1.5);
  expect(fitted.rows.map((row) => row.called)).toEqual(plain.rows.map((row) => row.called));
  expect(fitted.auroc).toEqual(plain.auroc);
  expect(fitted.fitted?.before).toEqual(plain.calibration);
  expect(fitted.calibration.logLoss).toBeLessThan(plain.calibration.logLoss ?? 0);
  expect(fitted.calibration.logLoss).toBe(
    logLoss(
      fitted.rows.map((row) => row.label),
      fitted.rows.map((row) => sigmoid(row.logit / fitted.decision.temperature)),
    ),
  );
  expect(fitted.strata.map((one) => [one.name, one.slides])).toEqual([
    ['karolinska', 4],
    ['radboud', 4],
  ]);
  // Without a split named, the slides fitted on are not judged.
  expect(evaluateCohort(table, records, { run, classes, decision, fitSplit: 'validation' }).rows).toHaveLength(8);
  expect(() => evaluateCohort(table, records, { run, classes, decision, fitSplit: 'none' })).toThrow(
    'No slide of split none',
  );
});

it('keeps the model to its word where nothing is fitted', () => {
  const odd = { ...record('a', 2), probability: 0.61 } as CohortRecord;
  const report = evaluateCohort([slide('a', 1)], [odd], { run, classes, decision: { threshold: 0.5, temperature: 3 } });
  expect(report.rows[0]?.probability).toBe(0.61);
  expect(report.auroc.value).toBeUndefined();
  expect(report.auroc.bootstrap).toBeUndefined();
});

it('gives a spreadsheet no formula', () => {
  const report = evaluateCohort([slide('=1+1', 1)], [record('=1+1', 2)], {
    run,
    classes,
    decision: { threshold: 0.5, temperature: 1 },
  });
  expect(toCohortCsv(report)).toContain("'=1+1");
});

describe('slides outside the scope of the model', () => {
  const INSIDE: Scope = { state: 'inside', reasons: [] };
  const OUTSIDE: Scope = { state: 'outside', reasons: ['pixel-size', 'appearance'] };
  const slides = [0, 0, 1, 1, 1, 0].map((label, i) => slide(`s${i}`, label === 1 ? 1 : 0, { stratum: 'lab' }));
  const logits = [-2, -1, 1, 3, -4, 5];
  const scopes = [INSIDE, INSIDE, INSIDE, INSIDE, OUTSIDE, undefined];
  const records = logits.map((logit, i) => record(`s${i}`, logit, scopes[i]));
  const options = { run, classes, decision: { threshold: 0.5, temperature: 1 } };
  const report = evaluateCohort(slides, records, options);

  it('are counted apart, and in the figures over all slides as ever', () => {
    expect(report.scopes).toEqual({ inside: 4, outside: 1, unmeasured: 1 });
    const without = evaluateCohort(
      slides,
      logits.map((logit, i) => record(`s${i}`, logit)),
      options,
    );
    for (const name of ['auroc', 'atThreshold', 'calibration', 'reliability', 'roc', 'strata', 'counts'] as const)
      expect(report[name]).toEqual(without[name]);
    // The threshold is applied to the raw probability: s4 is a malignant slide that would be missed.
    expect(report.atThreshold?.confusion.falseNegative).toBe(1);
  });

  it('have no part in the figures inside the scope', () => {
    const four = evaluateCohort(slides.slice(0, 4), records.slice(0, 4), options);
    const { counts, ...figures } = report.insideScope;
    expect(counts).toEqual({ evaluated: 4, positives: 2, negatives: 2 });
    expect(figures).toEqual(
      Object.fromEntries(Object.keys(figures).map((key) => [key, four[key as keyof typeof four]])),
    );
    expect(figures.auroc.value).toBe(1);
    expect(figures.strata).toMatchObject([{ name: 'lab', slides: 4, accuracy: 1 }]);
  });

  it('are called nothing, in rows and table; unmeasured ones are, since the model states a threshold', () => {
    expect(report.rows.map(({ called, calledClass }) => [called, calledClass])).toEqual([
      [0, 'benign'],
      [0, 'benign'],
      [1, 'malignant'],
      [1, 'malignant'],
      [0, null],
      [1, 'malignant'],
    ]);
    expect(report.rows[4]?.scope).toEqual(OUTSIDE);
    const [, ...lines] = toCohortCsv(report).trimEnd().split('\n');
    expect(lines[4]).toMatch(/^s4,malignant,,,lab,done,0\.\d+,-4,,9,.*,outside,pixel-size appearance$/);
  });

  it('leave nothing to judge where all are', () => {
    const none = evaluateCohort(
      slides,
      logits.map((logit, i) => record(`s${i}`, logit, OUTSIDE)),
      options,
    );
    expect(none.insideScope.counts.evaluated).toBe(0);
    expect(none.insideScope.auroc.value).toBeUndefined();
    expect(none.auroc.value).toBeDefined();
  });
});

it('judges a model that states no threshold without calling a class', () => {
  const slides = [slide('a', 0), slide('b', 1)];
  const decision = { threshold: null, temperature: 2 };
  const report = evaluateCohort(slides, [record('a', -1), record('b', 1)], { run, classes, decision });
  expect(report).toMatchObject({ auroc: { value: 1 }, decision });
  expect(report.atThreshold).toBeUndefined();
  expect(report.rows.map(({ called, calledClass }) => [called, calledClass])).toEqual([
    [null, null],
    [null, null],
  ]);
});
