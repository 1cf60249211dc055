import { expect, it } from 'vitest';
import { turns } from './turns.ts';

const tick = () => new Promise((resolve) => setTimeout(resolve, 0));

it('gives so many turns at a time, in order, also after failures', async () => {
  const take = turns(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = [0, 1, 2, 3, 4].map((i) =>
    take(async () => {
      begun.push(i);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (i === 1) throw new Error('one');
      return i;
    }),
  );
  const settled = Promise.allSettled(all);
  await tick();
  expect(begun).toEqual([0, 1]);
  ends[1]?.();
  await tick();
  expect(begun).toEqual([0, 1, 2]);
  for (let i = 0; i < 5; i++) {
    await tick();
    for (const end of ends) end();
  }
  expect((await settled).map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))).toEqual([
    0,
    'failed',
    2,
    3,
    4,
  ]);
  expect(await take(async () => 'next')).toBe('next');
});

it('never begins what nobody waits for any more', async () => {
  const take = turns(1);
  const controller = new AbortController();
  let end = () => {};
  const first = take(() => new Promise<void>((resolve) => (end = resolve)));
  const begun: string[] = [];
  const given = take(async () => void begun.push('given up'), controller.signal);
  const last = take(async () => void begun.push('last'));
  controller.abort();
  await expect(given).rejects.toThrow('aborted');
  end();
  await Promise.all([first, last]);
  expect(begun).toEqual(['last']);
  await expect(take(async () => {}, controller.signal)).rejects.toThrow('aborted');
});
