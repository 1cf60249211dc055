import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesSource } from '../testing/synthetic-slide.ts';
import { pageCached } from './page-cache.ts';

const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) >> 3);

it('returns the bytes of the source, wherever pages begin and end', async () => {
  const source = pageCached(bytesSource(bytes));
  const range = fc.tuple(fc.nat(bytes.length - 1), fc.oneof(fc.nat(40), fc.nat(40_000)));
  await fc.assert(
    fc.asyncProperty(range, async ([offset, wanted]) => {
      const length = Math.min(wanted, bytes.length - offset);
      expect(await source.read(offset, length)).toEqual(bytes.subarray(offset, offset + length));
    }),
  );
});

it('fetches a page once and passes on what cannot be read', async () => {
  let reads = 0;
  const inner = bytesSource(bytes);
  const source = pageCached({
    ...inner,
    read: (...range) => {
      reads++;
      return inner.read(...range);
    },
  });
  for (let i = 0; i < 100; i++) await source.read(i * 50, 20);
  expect(reads).toBe(1);
  await expect(source.read(bytes.length - 5, 10)).rejects.toMatchObject({ info: { code: 'slide/read-failed' } });
});
