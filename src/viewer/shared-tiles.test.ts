import { expect, it } from 'vitest';
import { isAbort } from '../errors.ts';
import { createSharedTiles } from './shared-tiles.ts';

/** Bitmaps that know whose copy they are; those that are not closed are in `alive`. */
function setUp(options: { mostBytes?: number; isKept?: boolean } = {}) {
  const alive = new Set<string>();
  let reads = 0;
  let copies = 0;
  const bitmap = (name: string): ImageBitmap => {
    alive.add(name);
    return { name, width: 10, height: 10, close: () => alive.delete(name) } as unknown as ImageBitmap;
  };
  const nameOf = (one: ImageBitmap) => (one as unknown as { name: string }).name;
  const copy = async (one: ImageBitmap) => {
    if (!alive.has(nameOf(one))) throw new Error('a closed bitmap cannot be copied');
    return bitmap(`copy ${++copies} of ${nameOf(one)}`);
  };
  const tiles = createSharedTiles({ mostBytes: 1e6, isKept: false, ...options }, copy);
  const aborted: string[] = [];
  const take = (key: string, signal = new AbortController().signal) =>
    tiles.take(
      key,
      async (ofRead) => {
        reads++;
        ofRead.addEventListener('abort', () => aborted.push(key));
        await new Promise((resolve) => setTimeout(resolve));
        return bitmap(`${key}#${reads}`);
      },
      signal,
    );
  return { tiles, take, alive, aborted, nameOf, reads: () => reads };
}

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('should fail'),
    (error) => error,
  );

it('reads once for two who ask at once, or one after the other, and keeps nothing afterwards', async () => {
  const { take, alive, nameOf, reads } = setUp();
  const [one, other] = await Promise.all([take('a'), take('a')]);
  const later = [await take('b'), await take('b')];
  expect(reads()).toBe(2);
  expect(new Set([one, other, ...later].map(nameOf)).size).toBe(4);
  for (const bitmap of [one, other, ...later]) bitmap.close();
  expect([...alive]).toEqual([]);
});

it('keeps what is dear to read for everyone who asks again', async () => {
  const { take, tiles, alive, reads } = setUp({ isKept: true });
  for (let k = 0; k < 4; k++) (await take('a')).close();
  expect(reads()).toBe(1);
  tiles.clear();
  expect([...alive]).toEqual([]);
});

it('bounds what waits for the other one: the oldest goes', async () => {
  const { take, alive, reads } = setUp({ mostBytes: 900 });
  for (const key of ['a', 'b', 'c']) (await take(key)).close();
  expect([...alive]).toEqual(['b#2', 'c#3']);
  await take('a');
  expect(reads()).toBe(4);
});

it('goes on reading while one of two still waits, and ends when none does', async () => {
  const { take, aborted } = setUp();
  const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
  const [one, other] = [caught(take('a', first.signal)), take('a', second.signal)];
  first.abort();
  expect(isAbort(await one)).toBe(true);
  expect((await other).width).toBe(10);
  const alone = caught(take('b', third.signal));
  await new Promise((resolve) => setTimeout(resolve));
  third.abort();
  expect(isAbort(await alone)).toBe(true);
  expect(aborted).toEqual(['b']);
});

it('asks again after a failure', async () => {
  const { tiles, take, reads } = setUp();
  const signal = new AbortController().signal;
  const failed = await caught(tiles.take('a', () => Promise.reject(new RangeError('damaged')), signal));
  expect(failed).toBeInstanceOf(RangeError);
  await take('a');
  expect(reads()).toBe(1);
});

it('closes what comes after it was cleared', async () => {
  const { take, tiles, alive } = setUp();
  const waiting = [caught(take('a')), caught(take('a'))];
  await Promise.resolve();
  tiles.clear();
  for (const error of await Promise.all(waiting)) expect(isAbort(error)).toBe(true);
  expect([...alive]).toEqual([]);
});
