import { expect, it } from 'vitest';
import { blockCache } from './block-cache.ts';
import type { Pixels } from './slide.ts';

const block = (size: number): Pixels => ({ width: size, height: 1, data: new Uint8Array(size * 3) });

it('reads once for all who want a block now, and keeps it', async () => {
  const blocks = blockCache<Pixels>(1000);
  let reads = 0;
  const decode = async () => {
    reads++;
    return block(10);
  };
  const [a, b] = await Promise.all([blocks.read('a', decode), blocks.read('a', decode)]);
  expect(a).toBe(b);
  expect(await blocks.read('a', decode)).toBe(a);
  expect(reads).toBe(1);
  await blocks.read('b', decode);
  expect(reads).toBe(2);
  blocks.clear();
  await blocks.read('a', decode);
  expect(reads).toBe(3);
});

it('asks again after an error and for what the file leaves out, and keeps nothing larger than its limit', async () => {
  const blocks = blockCache<Pixels | undefined>(100);
  const fail = () => Promise.reject(new Error('broken'));
  await expect(blocks.read('a', fail)).rejects.toThrow('broken');
  const results = [undefined, block(40), block(20)];
  const reads = { count: 0 };
  const decode = async () => results[reads.count++];
  expect(await blocks.read('a', decode)).toBeUndefined();
  expect(await blocks.read('a', decode)).toBe(results[1]);
  expect(await blocks.read('a', decode)).toBe(results[2]);
  expect(await blocks.read('a', decode)).toBe(results[2]);
  expect(reads.count).toBe(3);
});
