import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError, isAbort, isAppError } from '../errors.ts';
import type { Call } from './protocol.ts';
import { connect, type Handlers, type Port, serve } from './rpc.ts';

interface TestCalls {
  add: Call<{ a: number; b: number }, number>;
  fail: Call<{ how: 'app' | 'plain' | 'string' | 'ring' }, void>;
  wait: Call<{ name: string; ms: number }, string>;
  count: Call<{ to: number }, number, { at: number }>;
  bytes: Call<{ length: number }, Uint8Array>;
}

const open: MessagePort[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

function pair(options: { concurrency?: number; first?: readonly (keyof TestCalls)[] } = {}) {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  const log: string[] = [];
  let isDetached: boolean | undefined;
  const handlers: Handlers<TestCalls> = {
    add: ({ a, b }) => {
      log.push('add');
      return a + b;
    },
    fail: ({ how }) => {
      const root = new RangeError('offset 99 is past the end');
      if (how === 'app') throw new AppError({ code: 'slide/corrupt', where: 'directory 3' }, { cause: root });
      if (how === 'plain') throw root;
      if (how === 'ring') {
        root.cause = root;
        throw root;
      }
      throw 'just words';
    },
    wait: ({ name, ms }, { signal }) =>
      new Promise((resolve, reject) => {
        log.push(`start ${name}`);
        const timer = setTimeout(() => resolve(name), ms);
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          log.push(`aborted ${name}`);
          reject(signal.reason);
        });
      }),
    count: ({ to }, { progress }) => {
      for (let at = 1; at <= to; at++) progress({ at });
      return to;
    },
    bytes: ({ length }, { transfer }) => {
      const out = new Uint8Array(length).fill(7);
      transfer(out.buffer);
      setTimeout(() => {
        isDetached = out.byteLength === 0;
      });
      return out;
    },
  };
  serve<TestCalls>(port1 as Port, handlers, options);
  const crashes: AppError[] = [];
  const remote = connect<TestCalls>(port2 as Port, { name: 'test', onCrash: (error) => crashes.push(error) });
  return { remote, log, crashes, port1, port2, wasDetached: () => isDetached };
}

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('should have failed'),
    (error: unknown) => error,
  );
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('answers', () => {
  it('carries input and output, many calls at once', async () => {
    const { remote } = pair();
    const sums = await Promise.all([1, 2, 3].map((a) => remote.call('add', { a, b: 10 })));
    expect(sums).toEqual([11, 12, 13]);
    expect(remote.pending()).toBe(0);
  });

  it('reports progress in order, before the answer', async () => {
    const seen: number[] = [];
    const { remote } = pair();
    const total = await remote.call('count', { to: 4 }, { onProgress: ({ at }) => seen.push(at) });
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(total).toBe(4);
  });

  it('moves what the handler names, without a copy', async () => {
    const { remote, wasDetached } = pair();
    const bytes = await remote.call('bytes', { length: 1000 });
    expect(bytes.length).toBe(1000);
    expect(bytes[999]).toBe(7);
    await pause(5);
    expect(wasDetached()).toBe(true);
  });

  it('moves what the caller names', async () => {
    const { remote } = pair();
    const buffer = new ArrayBuffer(64);
    await remote.call('add', { a: 1, b: 2 }, { transfer: [buffer] });
    expect(buffer.byteLength).toBe(0);
  });
});

describe('errors', () => {
  it('rebuilds an AppError with its info, stack and cause', async () => {
    const { remote } = pair();
    const error = await caught(remote.call('fail', { how: 'app' }));
    if (!isAppError(error, 'slide/corrupt')) return expect.unreachable('not an AppError');
    expect(error.info).toEqual({ code: 'slide/corrupt', where: 'directory 3' });
    expect(error.message).toBe('The file is damaged: directory 3.');
    expect(error.stack).toContain('rpc.test.ts');
    expect(error.cause).toBeInstanceOf(Error);
    expect((error.cause as Error).name).toBe('RangeError');
    expect((error.cause as Error).message).toBe('offset 99 is past the end');
  });

  it('calls what nobody foresaw internal, and keeps its words', async () => {
    const { remote } = pair();
    for (const [how, reason] of [
      ['plain', 'offset 99 is past the end'],
      ['string', 'just words'],
    ] as const) {
      const error = await caught(remote.call('fail', { how }));
      if (!isAppError(error, 'internal')) return expect.unreachable('not internal');
      expect(error.info.reason).toBe(reason);
    }
  });

  it('ends a ring of causes', async () => {
    const { remote } = pair();
    let depth = 0;
    let at: unknown = await caught(remote.call('fail', { how: 'ring' }));
    while (at instanceof Error) {
      depth++;
      at = at.cause;
    }
    expect(depth).toBeGreaterThan(2);
    expect(depth).toBeLessThan(12);
  });

  it('refuses a call of a name it does not serve', async () => {
    const { remote } = pair();
    const error = await caught(remote.call('toString' as 'add', { a: 1, b: 1 }));
    expect(isAppError(error, 'internal')).toBe(true);
  });

  it('says so when the input cannot be sent', async () => {
    const { remote } = pair();
    const error = await caught(remote.call('add', { a: (() => 1) as unknown as number, b: 1 }));
    expect(isAppError(error, 'internal')).toBe(true);
    expect(await remote.call('add', { a: 1, b: 1 })).toBe(2);
  });
});

describe('abort', () => {
  it('rejects at once, and stops the handler', async () => {
    const { remote, log } = pair();
    const controller = new AbortController();
    const call = caught(remote.call('wait', { name: 'long', ms: 60_000 }, { signal: controller.signal }));
    await vi.waitFor(() => expect(log).toEqual(['start long']));
    controller.abort();
    expect(isAbort(await call)).toBe(true);
    // The other end has not answered: the rejection did not wait for it.
    expect(remote.pending()).toBe(1);
    await remote.idle();
    expect(remote.pending()).toBe(0);
    expect(log).toEqual(['start long', 'aborted long']);
  });

  it('overtakes queued work: what was cancelled in the queue never starts', async () => {
    const { remote, log } = pair({ concurrency: 1 });
    const controller = new AbortController();
    const first = remote.call('wait', { name: 'a', ms: 30 });
    const dropped = caught(remote.call('wait', { name: 'b', ms: 30 }, { signal: controller.signal }));
    const last = remote.call('wait', { name: 'c', ms: 1 });
    controller.abort();
    expect(isAbort(await dropped)).toBe(true);
    await Promise.all([first, last]);
    expect(log).toEqual(['start a', 'start c']);
  });

  it('does not ask at all when the signal is already aborted', async () => {
    const { remote, log } = pair();
    const error = await caught(remote.call('add', { a: 1, b: 1 }, { signal: AbortSignal.abort() }));
    expect(isAbort(error)).toBe(true);
    await pause(10);
    expect(log).toEqual([]);
  });

  it('leaves an answered call alone', async () => {
    const { remote } = pair();
    const controller = new AbortController();
    expect(await remote.call('add', { a: 1, b: 1 }, { signal: controller.signal })).toBe(2);
    controller.abort();
    expect(await remote.call('add', { a: 2, b: 1 })).toBe(3);
  });
});

describe('order', () => {
  it('runs the urgent names first, no more than the limit at a time', async () => {
    const { remote, log } = pair({ concurrency: 1, first: ['add'] });
    const calls = [
      remote.call('wait', { name: 'a', ms: 5 }),
      remote.call('wait', { name: 'b', ms: 5 }),
      remote.call('add', { a: 1, b: 1 }),
    ];
    await Promise.all(calls);
    expect(log.indexOf('add')).toBeLessThan(log.indexOf('start b'));
  });
});

describe('a lost other end', () => {
  it('rejects every call under way and every later one with worker/crashed, and tells once', async () => {
    const { remote, crashes, port2 } = pair();
    const calls = ['a', 'b'].map((name) => caught(remote.call('wait', { name, ms: 60_000 })));
    await pause(5);
    port2.dispatchEvent(Object.assign(new Event('error'), { message: 'out of memory' }));
    for (const error of await Promise.all(calls)) {
      if (!isAppError(error, 'worker/crashed')) return expect.unreachable('not worker/crashed');
      expect(error.info).toEqual({ code: 'worker/crashed', worker: 'test', reason: 'out of memory' });
    }
    port2.dispatchEvent(new Event('messageerror'));
    expect(crashes.length).toBe(1);
    expect(isAppError(await caught(remote.call('add', { a: 1, b: 1 })), 'worker/crashed')).toBe(true);
    await remote.idle();
  });

  it('notices a closed connection', async () => {
    const { remote, port1 } = pair();
    const call = caught(remote.call('wait', { name: 'a', ms: 60_000 }));
    await pause(5);
    port1.close();
    expect(isAppError(await call, 'worker/crashed')).toBe(true);
  });
});
