import { expect, it } from 'vitest';
import { figuresWords, goldenWords } from './model-labels.ts';

const METRICS = { auroc: 0.9514, ci95: [0.8721, 1] as const, accuracy: 0.925, n: 1040, dataset: 'a set' };

it('gives figures with their interval, and never one without width', () => {
  expect(figuresWords(METRICS)).toBe('AUROC 0.951 (95 % interval 0.872–1.000), accuracy 0.93, on 1,040 images: a set.');
  const perfect = { ...METRICS, auroc: 1, ci95: [1, 1] as const };
  expect(figuresWords(perfect)).toContain('AUROC 1.000 (all pairs in order, interval not stated)');
  expect(figuresWords({ ...perfect, ci95: [0.899, 1] })).toContain('95 % interval 0.899–1.000');
  expect(figuresWords({ ...METRICS, ci95: [0.9514, 0.9514] })).toContain('(interval not stated)');
  expect(figuresWords(null)).toBe('Not measured.');
});

it('speaks of reference results', () => {
  for (const golden of ['brought', 'made-here'] as const) {
    const words = goldenWords({ golden, from: 'a.pth', date: '2026-01-01' });
    expect(words).toMatch(/reference result/);
    expect(words).not.toMatch(/golden/);
  }
});
