import { expect, it } from 'vitest';
import { COVERAGE_NAMES } from '../tiling/coverage.ts';
import { coverageLabel } from './coverage.ts';
import { fieldSentence, mapValue, sideLabel, tileSentence } from './fields.ts';
import { mapLabel } from './labels.ts';

const KINDS = ['attention', 'contribution', 'probability', 'score'] as const;

it('names both sides of a signed map, and the high end of any other', () => {
  const contribution = mapLabel('contribution', 'malignant', 'benign');
  expect(sideLabel('towards', contribution)).toBe('Towards malignant');
  expect(sideLabel('against', contribution)).toBe('Towards benign');
  expect(sideLabel('highest', mapLabel('attention', 'malignant', 'benign'))).toBe('Highest attention');
});

it('writes values as they are read, and never a zero for what is none', () => {
  expect(mapValue('contribution', true, 0.424)).toBe('+0.42');
  expect(mapValue('contribution', true, -1.3)).toBe('−1.30');
  expect(mapValue('attention', false, 3.14)).toBe('3.1×');
  expect(mapValue('attention', false, 0.004)).toBe('<0.01×');
  expect(mapValue('probability', false, 0.834)).toBe('0.83');
  expect(mapValue('probability', false, 0.0001)).toBe('<0.01');
  expect(mapValue('score', false, 12345.6)).toBe('12300');
  for (const kind of KINDS) expect(mapValue(kind, false, Number.NaN)).toBe('–');
});

it('speaks of a field with its place, its side and its value', () => {
  expect(fieldSentence(3, 12, 'Towards malignant', '+0.42')).toBe('Field 3 of 12, towards malignant, +0.42');
  expect(tileSentence(45, 1670, 'Attention', '0.31×')).toBe('Tile 45 of 1,670 by attention, 0.31×');
});

it('says what a map shows without the words of statisticians; those stand apart', () => {
  for (const kind of KINDS) {
    const { name, meaning, unit, low, high, exactUnit } = mapLabel(kind, 'malignant', 'benign');
    for (const words of [name, meaning, unit, low, high])
      expect(words, kind).not.toMatch(/log-?odds|logit|uniform|softmax|weight/i);
    expect(exactUnit).not.toBe('');
  }
  expect(mapLabel('contribution', 'malignant', 'benign').exactUnit).toBe('log-odds of malignant');
});

it('has words for all that becomes of a tile, each its own', () => {
  expect(new Set(COVERAGE_NAMES.map(coverageLabel)).size).toBe(COVERAGE_NAMES.length);
});
