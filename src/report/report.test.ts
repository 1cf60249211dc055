import { expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import { linearModel } from '../testing/linear-model.ts';
import { memorySlide } from '../testing/memory-slide.ts';
import { fromPlain, toCsv, toPlain } from './report.ts';

const SPEC = { protocol: 'tissue-grid', tilePx: 32, mpp: 1, minTissue: 0.5, maxTiles: 20, seed: 1 } as const;

const prediction = await analyze(
  memorySlide({
    width: 256,
    height: 160,
    mpp: 1,
    paint: (x, y) => ((Math.floor(x / 5) + Math.floor(y / 3)) % 3 === 0 ? [90, 40, 130] : [215 - x / 4, 140, 190]),
  }),
  linearModel({ bag: SPEC, score: [9, 0, 0] }),
);

it('comes back from JSON with every bit', () => {
  const json = JSON.parse(JSON.stringify(toPlain(prediction)));
  expect(Array.isArray(json.attention.bag.xy)).toBe(true);
  expect(json.attention.scores.length).toBe(20);
  expect(json.attention.bag.coverage.columns).toBe(8);
  expect(fromPlain(json)).toEqual(prediction);
});

it('comes back from JSON without the numbers a model does not give', () => {
  const { attention } = prediction;
  const less = {
    ...prediction,
    attention: { ...attention, contributions: undefined, bag: { ...attention.bag, mpp: undefined } },
  };
  expect(fromPlain(JSON.parse(JSON.stringify(toPlain(less))))).toEqual(less);
});

it.each([
  ['nothing', () => ({})],
  [
    'a missing array',
    (json: ReturnType<typeof toPlain>) => ({ ...json, attention: { ...json.attention, scores: [1] } }),
  ],
  [
    'a coverage that is not its grid',
    (json: ReturnType<typeof toPlain>) => ({
      ...json,
      attention: {
        ...json.attention,
        bag: { ...json.attention.bag, coverage: { ...json.attention.bag.coverage, columns: 3 } },
      },
    }),
  ],
  ['text for numbers', (json: ReturnType<typeof toPlain>) => ({ ...json, logits: ['0', '1'] })],
] as const)('refuses %s', (_, change) => {
  expect(() => fromPlain(change(toPlain(prediction)) as never)).toThrow(/exported prediction/);
});

it('writes one CSV row a tile under the result and its notes', () => {
  const lines = toCsv(prediction).trimEnd().split('\n');
  const comments = lines.filter((line) => line.startsWith('# '));
  expect(comments.some((line) => line.startsWith('# note bag-capped: '))).toBe(true);
  expect(comments.at(-1)).toBe('# research use only, not for diagnosis');
  const [header = '', ...rows] = lines.slice(comments.length);
  expect(rows.length).toBe(20);
  const columns = header.split(',');
  const table = rows.map((row) => Object.fromEntries(row.split(',').map((cell, i) => [columns[i], Number(cell)])));
  expect(table.reduce((sum, row) => sum + (row.weight ?? 0), 0)).toBeCloseTo(1, 5);
  expect(table[7]?.x).toBe(prediction.attention.bag.xy[14]);
  expect(Math.fround(table[7]?.score ?? 0)).toBe(prediction.attention.scores[7]);
  expect(table.map((row) => row.rank).sort((a = 0, b = 0) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
});
