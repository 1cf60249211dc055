import { expect, it } from 'vitest';
import type { MadeWith } from '../state/made-with.ts';
import { prediction } from '../testing/fake-services.ts';
import {
  changedSentence,
  deviceWords,
  leftOutRows,
  resultHeading,
  tileCountWords,
  unusedWords,
} from './result-words.ts';

const GRID = { protocol: 'tissue-grid', tilePx: 128, mpp: 1, minTissue: 0.5, maxTiles: 9, seed: 1 } as const;
const MADE: MadeWith = {
  ...{ modelKey: 'm@1', modelName: 'Gland MIL 1.2.0', license: 'MIT', bagChoice: 'model', bag: GRID },
  ...{ mpp: 0.499, series: undefined },
};
const { bag } = prediction('a', { contributions: [1, 2] }).attention;
const REJECTED = { background: 8, pen: 1, black: 0, blur: 3, unreadable: 0, cap: 1200 };

it('heads a result by what it is: whole, so far, or of other settings', () => {
  const current = { isPartial: false, isStale: false, madeWith: MADE };
  expect(resultHeading(undefined)).toBe('Result');
  expect(resultHeading(current)).toBe('Result');
  expect(resultHeading({ ...current, isPartial: true })).toBe('Result so far');
  expect(resultHeading({ ...current, isStale: true })).toBe('Result of Gland MIL 1.2.0, all tissue, 0.499 µm/px');
});

it('names what has changed since', () => {
  expect(changedSentence(['pixel-size'])).toBe('The pixel size has changed since.');
  expect(changedSentence(['model', 'tiles', 'pixel-size'])).toBe(
    'The model, the choice of tiles and the pixel size have changed since.',
  );
});

it('counts tiles, and gives each reason a name of its own', () => {
  const some = { ...bag, candidates: 1214, rejected: REJECTED };
  expect(tileCountWords(some)).toBe('2 of 1,214 tiles, 8 without tissue');
  expect(tileCountWords(bag)).toBe('2 of 2 tiles');
  expect(tileCountWords({ ...some, protocol: 'darkest' })).toBe('The 2 darkest of 1,214 tiles');
  expect(leftOutRows(some)).toEqual([
    ['No tissue', '8 tiles'],
    ['Pen marks', '1 tile'],
    ['Out of focus', '3 tiles'],
    ['Beyond the number asked for', '1,200 tiles'],
  ]);
});

it('keeps the words of engineers for the details', () => {
  expect(deviceWords({ ...prediction('a').backend, name: 'webgpu', device: 'Apple M2', software: false })).toBe(
    'WebGPU on Apple M2',
  );
  expect(deviceWords({ ...prediction('a').backend, name: 'wasm', device: '' })).toBe('wasm');
  expect(unusedWords({ reasons: [] })).toBeUndefined();
  expect(unusedWords({ reasons: ['webgpu: none', 'wasm: none'] })).toBe('webgpu: none; wasm: none');
});
