import { expect, it } from 'vitest';
import { missingIn } from './browser-needs.ts';

it('names what an old browser lacks, and nothing in a new one', () => {
  const all = { WebAssembly, Worker: 1, OffscreenCanvas: 1, createImageBitmap: 1 };
  expect(missingIn(all)).toEqual([]);
  const { OffscreenCanvas: _, ...old } = all;
  expect(missingIn(old)).toEqual(['OffscreenCanvas']);
  expect(missingIn({})).toHaveLength(4);
});
