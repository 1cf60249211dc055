import { expect, it } from 'vitest';
import { mapLabel } from '../../words/labels.ts';
import type { ShownMap } from '../state/shown-run.ts';
import { fieldGroups } from './fields.ts';
import { fieldsNote } from './fields-note.ts';

const note = (kind: 'attention' | 'contribution', values: readonly number[], called: string | null) => {
  const map: ShownMap = {
    ...{ id: kind, kind, unit: 'score', isSigned: kind === 'contribution', values: Float64Array.from(values) },
    range: [Math.min(...values), Math.max(...values)],
  };
  const outcome = { positive: 'malignant', negative: 'benign', probability: 0.02, threshold: 0.5, called };
  const words = mapLabel(kind, 'malignant', 'benign');
  return fieldsNote({ outcome: { kind: 'binary', ...outcome } }, map, words, fieldGroups(map));
};

it('says of a benign call that nothing speaks against it, and that attention is no evidence', () => {
  expect(note('contribution', [-3, 0.2], 'benign')).toMatch(/^Called benign: no field raises .* malignant by 0\.01/);
  expect(note('contribution', [-3, 2], 'benign')).toBeUndefined();
  expect(note('attention', [0.2, 5], 'benign')).toMatch(/^Called benign: .* no sign of malignant/);
  expect(note('attention', [0.2, 5], 'malignant')).toBeUndefined();
});

it('names the side that is missing', () => {
  expect(note('contribution', [-3, -1], null)).toBe('No field towards malignant.');
  expect(note('contribution', [3, 1], 'malignant')).toBe('No field towards benign.');
});

it('says where no field stands out', () => {
  expect(note('attention', [1.1, 0.9], 'malignant')).toMatch(/spread evenly/);
  expect(note('contribution', [0, 0], 'benign')).toBe('No field stands out on this map.');
});
