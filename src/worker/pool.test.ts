import { afterEach, describe, expect, it } from 'vitest';
import { AppError, isAbort, isAppError } from '../errors.ts';
import type { SlideInfo } from '../slide/slide.ts';
import { createSlidePool, type PoolLimits, poolSize, type SlideWorker } from './pool.ts';
import type { SlideCalls } from './protocol.ts';
import { type Handlers, type Port, serve } from './rpc.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('should have failed'),
    (error: unknown) => error,
  );

/** Workers over MessageChannels: "tiles" name the worker that read them, and take `tileMs` each, one at a time. */
function setUp(size: number, { tileMs = 5, limits }: { tileMs?: number; limits?: PoolLimits } = {}) {
  const log: string[] = [];
  const workers: { kill(reason: string): void; isTerminated: boolean }[] = [];
  const spawn = (): SlideWorker => {
    const { port1, port2 } = new MessageChannel();
    const name = `w${workers.length}`;
    const worker = {
      isTerminated: false,
      kill: (reason: string) => port2.dispatchEvent(Object.assign(new Event('error'), { message: reason })),
    };
    workers.push(worker);
    const open = new Set<string>();
    const handlers: Handlers<SlideCalls> = {
      async open({ file, name: fileName, series }) {
        const id = file instanceof Blob ? await file.text() : file.url;
        if (id === 'broken') throw new AppError({ code: 'slide/unrecognized', name: fileName });
        if (id === 'endless') await new Promise(() => {});
        log.push(`${name} open ${id}${series === undefined ? '' : ` image ${series}`}`);
        open.add(id);
        return { id, name: fileName, ...(id.startsWith('whole') && { isOnePiece: true }) } as SlideInfo;
      },
      async tile({ slideId, level, col, row }, { signal }) {
        if (!open.has(slideId)) throw new AppError({ code: 'internal', reason: 'not open' });
        log.push(`${name} start ${level}/${col},${row}`);
        if (level === 99) await new Promise(() => {});
        await pause(tileMs);
        signal.throwIfAborted();
        return `${name} ${level}/${col},${row}` as unknown as ImageBitmap;
      },
      region: () => ({ width: 1 }) as ImageBitmap,
      associated: () => ({ width: 2 }) as ImageBitmap,
      thumbnail: ({ slideId }) => (slideId.includes('thumbnail') ? ({ width: 4 } as ImageBitmap) : undefined),
      reduced: () => ({ width: 3 }) as ImageBitmap,
      batch: () => expect.unreachable('not asked for here'),
      close({ slideId }) {
        log.push(`${name} close ${slideId}`);
        open.delete(slideId);
      },
      attach: () => {},
    };
    serve<SlideCalls>(port1 as Port, handlers, { concurrency: 1 });
    return Object.assign(port2, {
      terminate() {
        worker.isTerminated = true;
        port1.close();
      },
    }) as SlideWorker;
  };
  const pool = createSlidePool(spawn, size, limits);
  pools.push(pool);
  return { pool, log, workers };
}

const pools: ReturnType<typeof createSlidePool>[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.dispose();
});
const file = (id: string) => new Blob([id]);

describe('size', () => {
  it('leaves half of the cores free, and is never more than four', () => {
    expect([1, 2, 4, 8, 32].map(poolSize)).toEqual([1, 1, 2, 4, 4]);
  });
});

describe('open', () => {
  it('gives what the worker says, and its error unchanged', async () => {
    const { pool } = setUp(1);
    expect((await pool.open(file('s1'), 'a.svs')).id).toBe('s1');
    const error = await caught(pool.open(file('broken'), 'b.svs'));
    if (!isAppError(error, 'slide/unrecognized')) return expect.unreachable('another error');
    expect(error.info.name).toBe('b.svs');
  });

  it('opens the same image of a file in each worker', async () => {
    const { pool, log } = setUp(2);
    await pool.open(file('s1'), 'a.ome.tif', undefined, [], 3);
    await Promise.all(Array.from({ length: 8 }, (_, col) => pool.readTile('s1', 0, col, 0)));
    expect(log.filter((line) => line.includes('open'))).toEqual(['w0 open s1 image 3', 'w1 open s1 image 3']);
  });

  it('counts: a slide opened twice survives one close', async () => {
    const { pool, log } = setUp(1);
    await pool.open(file('s1'), 'a.svs');
    await pool.open(file('s1'), 'a.svs');
    pool.close('s1');
    expect(await pool.readTile('s1', 0, 0, 0)).toBe('w0 0/0,0');
    pool.close('s1');
    await pause(10);
    expect(log.filter((line) => line.includes('close'))).toEqual(['w0 close s1']);
    expect(isAppError(await caught(pool.readTile('s1', 0, 0, 0)), 'internal')).toBe(true);
  });
});

describe('reading', () => {
  it('spreads tiles over workers that each open the slide once', async () => {
    const { pool, log, workers } = setUp(3);
    await pool.open(file('s1'), 'a.svs');
    await Promise.all(Array.from({ length: 24 }, (_, col) => pool.readTile('s1', 0, col, 0)));
    expect(workers.length).toBe(3);
    expect(log.filter((line) => line.includes('open')).sort()).toEqual(['w0 open s1', 'w1 open s1', 'w2 open s1']);
    for (const name of ['w0', 'w1', 'w2'])
      expect(log.filter((line) => line.startsWith(`${name} start`)).length).toBeGreaterThan(2);
  });

  it('reads the tile wanted last first', async () => {
    const { pool, log } = setUp(1);
    await pool.open(file('s1'), 'a.svs');
    await Promise.all(Array.from({ length: 8 }, (_, col) => pool.readTile('s1', 0, col, 0)));
    const order = log.filter((line) => line.includes('start')).map((line) => Number(line.at(-3)));
    // Two were handed over before the others came.
    expect(order.slice(2)).toEqual([7, 6, 5, 4, 3, 2]);
  });

  it('never starts a tile that is no longer wanted', async () => {
    const { pool, log } = setUp(1);
    await pool.open(file('s1'), 'a.svs');
    const controller = new AbortController();
    const kept = pool.readTile('s1', 0, 0, 0);
    const dropped = Array.from({ length: 6 }, (_, i) => caught(pool.readTile('s1', 1, i, 0, controller.signal)));
    controller.abort();
    for (const error of await Promise.all(dropped)) expect(isAbort(error)).toBe(true);
    expect(await kept).toBe('w0 0/0,0');
    await pause(20);
    expect(log.filter((line) => line.includes('start 1/'))).toEqual([]);
  });

  it('drops what waits for a slide that is closed', async () => {
    const { pool } = setUp(1);
    await pool.open(file('s1'), 'a.svs');
    const tiles = Array.from({ length: 5 }, (_, col) => caught(pool.readTile('s1', 0, col, 0)));
    pool.close('s1');
    const errors = await Promise.all(tiles.slice(2));
    expect(errors.every(isAbort)).toBe(true);
    void tiles;
  });
});

describe('a worker that dies', () => {
  it('is replaced, the slide opened again, and its tiles read once more', async () => {
    const { pool, log, workers } = setUp(1, { tileMs: 15 });
    const lost: number[] = [];
    pool.onWorkerLost((id) => lost.push(id));
    await pool.open(file('s1'), 'a.svs');
    const tiles = Array.from({ length: 4 }, (_, col) => pool.readTile('s1', 0, col, 0));
    await pause(5);
    workers[0]?.kill('out of memory');
    expect(await Promise.all(tiles)).toEqual(['w1 0/0,0', 'w1 0/1,0', 'w1 0/2,0', 'w1 0/3,0']);
    expect(workers[0]?.isTerminated).toBe(true);
    expect(log).toContain('w1 open s1');
    expect(lost).toEqual([1]);
  });

  it('that dies again over the same tile fails that tile with worker/crashed', async () => {
    const { pool, workers } = setUp(1, { tileMs: 30 });
    await pool.open(file('s1'), 'a.svs');
    const tile = caught(pool.readTile('s1', 0, 0, 0));
    await pause(5);
    workers[0]?.kill('first');
    await pause(15);
    workers[1]?.kill('second');
    const error = await tile;
    if (!isAppError(error, 'worker/crashed')) return expect.unreachable('another error');
    expect(error.info.reason).toBe('second');
    expect(await pool.readTile('s1', 0, 1, 0)).toBe('w2 0/1,0');
  });

  it('while opening says so, and the next file opens', async () => {
    const { pool, workers } = setUp(1);
    const opening = caught(pool.open(file('endless'), 'a.svs'));
    await pause(5);
    workers[0]?.kill('boom');
    expect(isAppError(await opening, 'worker/crashed')).toBe(true);
    expect((await pool.open(file('s2'), 'b.svs')).id).toBe('s2');
  });
});

describe('a worker that hangs', () => {
  it('is ended after the limit', async () => {
    const { pool, workers } = setUp(1, { limits: { answerMs: 40, cancelMs: 10 } });
    await pool.open(file('s1'), 'a.svs');
    const error = await caught(pool.readTile('s1', 99, 0, 0));
    expect(isAppError(error, 'worker/crashed')).toBe(true);
    expect(workers[0]?.isTerminated).toBe(true);
    expect(await pool.readTile('s1', 0, 0, 0)).toContain('0/0,0');
  });

  it('is ended soon when the hanging call was cancelled, so that the next file opens', async () => {
    const { pool, workers } = setUp(1, { limits: { answerMs: 60_000, cancelMs: 20 } });
    const controller = new AbortController();
    const opening = caught(pool.open(file('endless'), 'a.svs', controller.signal));
    await pause(5);
    controller.abort();
    expect(isAbort(await opening)).toBe(true);
    await pause(60);
    expect(workers[0]?.isTerminated).toBe(true);
    expect((await pool.open(file('s2'), 'b.svs')).id).toBe('s2');
  });

  it('is ended while the next file already waits behind the hanging one, which then opens', async () => {
    const { pool, workers } = setUp(1, { limits: { answerMs: 60_000, cancelMs: 20 } });
    const controller = new AbortController();
    const opening = caught(pool.open(file('endless'), 'a.svs', controller.signal));
    await pause(5);
    controller.abort();
    expect(isAbort(await opening)).toBe(true);
    expect((await pool.open(file('s2'), 'b.svs')).id).toBe('s2');
    expect(workers.length).toBe(2);
    expect(await pool.readTile('s2', 0, 0, 0)).toContain('0/0,0');
  });
});

describe('a slide in one piece', () => {
  const read = (pool: ReturnType<typeof createSlidePool>, slideId: string, count: number) =>
    Promise.all(
      Array.from({ length: count }, async (_, col) => {
        const bitmap = (await pool.readTile(slideId, 0, col, 0)) as unknown as string;
        return bitmap.split(' ')[0];
      }),
    );

  it('is opened and read by one worker, while others read other slides', async () => {
    const { pool, log } = setUp(3);
    const [whole, tiled] = [await pool.open(file('whole-1'), 'a.png'), await pool.open(file('s1'), 'b.svs')];
    const [ofWhole, ofTiled] = await Promise.all([read(pool, whole.id, 12), read(pool, tiled.id, 12)]);
    expect(new Set(ofWhole)).toEqual(new Set(['w0']));
    expect(new Set(ofTiled).size).toBeGreaterThan(1);
    expect(log.filter((line) => line.endsWith('open whole-1'))).toEqual(['w0 open whole-1']);
  });

  it('moves to one other worker when its own dies', async () => {
    const { pool, log, workers } = setUp(3);
    const { id } = await pool.open(file('whole-2'), 'a.png');
    await read(pool, id, 2);
    workers[0]?.kill('out of memory');
    expect(new Set(await read(pool, id, 12)).size).toBe(1);
    expect(log.filter((line) => line.endsWith('open whole-2'))).toHaveLength(2);
  });
});
