import { describe, expect, it } from 'vitest';
import { blobSource } from './blob-source.ts';

describe('blobSource', () => {
  const source = blobSource(new Blob([Uint8Array.of(1, 2, 3, 4, 5)]), 'five.bin');

  it('reads the range asked for', async () => {
    expect(source).toMatchObject({ name: 'five.bin', sizeBytes: 5 });
    expect([...(await source.read(1, 3))]).toEqual([2, 3, 4]);
    expect([...(await source.read(5, 0))]).toEqual([]);
  });

  it('never fills up what is not there', async () => {
    for (const [offset, length] of [
      [3, 4],
      [5, 1],
      [1000, 1],
      [-1, 1],
      [0, -1],
      [Number.NaN, 1],
      [1.5, 1],
      [1, 1.5],
      [0, Number.POSITIVE_INFINITY],
    ] as const)
      await expect(source.read(offset, length)).rejects.toMatchObject({
        info: { code: 'slide/read-failed', name: 'five.bin' },
      });
  });

  it('words the ways in which a dropped file goes away', async () => {
    const going = (name: string) =>
      Object.assign(new Blob([new Uint8Array(9)]), {
        slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('', name)) }) as unknown as Blob,
      });
    for (const [name, reason] of [
      ['NotFoundError', /no longer there/],
      ['NotReadableError', /changed/],
    ] as const)
      await expect(blobSource(going(name), 'x').read(0, 1)).rejects.toMatchObject({
        info: { code: 'slide/read-failed', reason: expect.stringMatching(reason) },
      });
  });

  it('stops when aborted', async () => {
    await expect(source.read(0, 1, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});
