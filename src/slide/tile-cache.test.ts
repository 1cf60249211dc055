import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tileCache } from './tile-cache.ts';

const pixels = (bytes: number) => ({ width: 1, height: 1, data: new Uint8Array(bytes) });

it('drops what was used longest ago', () => {
  const cache = tileCache(30);
  for (const key of ['a', 'b', 'c']) cache.set(key, pixels(10));
  cache.get('a');
  cache.set('d', pixels(10));
  expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true, true]);
});

it('never holds more bytes than its limit, and counts them right', () => {
  const step = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.integer({ min: 0, max: 60 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const cache = tileCache(100);
      for (const [key, size] of steps) cache.set(key, pixels(size));
      const held = ['a', 'b', 'c', 'd', 'e'].reduce((sum, key) => sum + (cache.get(key)?.data.length ?? 0), 0);
      expect(cache.bytes).toBe(held);
      expect(held).toBeLessThanOrEqual(100);
    }),
  );
});

it('does not keep what is larger than itself', () => {
  const cache = tileCache(10);
  cache.set('a', pixels(11));
  expect([cache.get('a'), cache.bytes]).toEqual([undefined, 0]);
});
