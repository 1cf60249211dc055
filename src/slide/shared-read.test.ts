import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { unlessAborted } from './http-request.ts';
import { shareRead } from './shared-read.ts';
import { turns } from './turns.ts';

function newSignal() {
  const controller = new AbortController();
  return { controller, listening: () => getEventListeners(controller.signal, 'abort').length };
}

it('gives everybody the one result, or the one failure, and then nobody listens for an abort any more', async () => {
  for (const fails of [false, true]) {
    const { controller, listening } = newSignal();
    let begun = 0;
    let end = () => {};
    const shared = shareRead(async () => {
      begun++;
      await new Promise<void>((resolve) => (end = resolve));
      if (fails) throw new Error('broken');
      return 'pixels';
    });
    const all = Promise.allSettled(Array.from({ length: 20 }, () => shared.join(controller.signal, () => {})));
    await Promise.resolve();
    expect(listening()).toBe(20);
    end();
    const ends = await all;
    expect(new Set(ends.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.message)))).toEqual(
      new Set([fails ? 'broken' : 'pixels']),
    );
    expect([begun, listening()]).toEqual([1, 0]);
  }
});

it('ends the read when the last of those who wait gives up, and not before', async () => {
  const ended: string[] = [];
  const shared = shareRead(
    (signal) =>
      new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => {
          ended.push('read');
          reject(signal.reason);
        }),
      ),
  );
  const [one, other] = [newSignal(), newSignal()];
  const all = Promise.allSettled(
    [one, other].map(({ controller }) => shared.join(controller.signal, () => ended.push('abandoned'))),
  );
  await Promise.resolve();
  one.controller.abort();
  expect(ended).toEqual([]);
  other.controller.abort();
  expect(ended).toEqual(['abandoned', 'read']);
  expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect([one.listening(), other.listening()]).toEqual([0, 0]);
});

it('waiting for a turn and for a promise, too, listens no longer than it lasts', async () => {
  const { controller, listening } = newSignal();
  const take = turns(1);
  const all = Array.from({ length: 12 }, (_, i) => take(async () => i, controller.signal));
  const waits = Array.from({ length: 12 }, (_, i) => unlessAborted(Promise.resolve(i), controller.signal));
  expect(listening()).toBe(11 + 12);
  await Promise.all([...all, ...waits]);
  // The listener is taken off in a step of its own, after the result is there.
  await new Promise((resolve) => setTimeout(resolve));
  expect(listening()).toBe(0);
});
