import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hasWeightsInside, isNamedLikeModel } from './is-model.ts';

const named = (...paths: string[]) => isNamedLikeModel(paths.map((path) => ({ path })));

it('knows a model by the names of its files', () => {
  expect(named('runs/best.PTH')).toBe(true);
  expect(named('head.safetensors', 'golden/input.bin', 'golden/expected.json')).toBe(true);
  expect(named('encoder/model.json', 'encoder/group1-shard1of1.bin', 'head.pt')).toBe(true);
  expect(named('mobilenet/model.json', 'mobilenet/group1-shard1of2', 'mobilenet/group1-shard2of2')).toBe(true);
  expect(named('mine/manifest.json', 'mine/weights.safetensors', 'mine/README.md', 'mine/.DS_Store')).toBe(true);
});

it('leaves slides alone, also beside a stray model', () => {
  expect(named()).toBe(false);
  expect(named('a.svs')).toBe(false);
  expect(named('Slide.mrxs', 'Slide/Slidedat.ini', 'Slide/Data0000.dat')).toBe(false);
  expect(named('DICOM/IM0001', 'DICOM/notes.json')).toBe(false);
  expect(named('a.svs', 'model.pth')).toBe(false);
  expect(named('data.bin', 'labels.csv')).toBe(false);
});

it('looks into a file of any name', async () => {
  const inside = (bytes: Uint8Array<ArrayBuffer> | string) => hasWeightsInside(new Blob([bytes]));
  const torch = 'src/testing/goldens/torch';
  expect(await inside(new Uint8Array(readFileSync(`${torch}/compact.pth`)))).toBe(true);
  expect(await inside(new Uint8Array(readFileSync('models/compact-glas/weights.safetensors')))).toBe(true);
  expect(await inside('PK\x03\x04 some other archive, of documents')).toBe(false);
  expect(await inside('II*\x00')).toBe(false);
  expect(await inside('')).toBe(false);
  expect(await inside('{"json": "but no weights, and long enough"}')).toBe(false);
});
