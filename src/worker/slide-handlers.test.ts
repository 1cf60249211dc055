import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Slide } from '../slide/slide.ts';
import { memorySlide } from '../testing/memory-slide.ts';
import type { TileBag } from '../tiling/bag.ts';
import type { SlideCalls } from './protocol.ts';
import { connect, type Port } from './rpc.ts';
import { serveSlides } from './slide-handlers.ts';

const LOOK = { colors: 'stored' } as const;
const GIVEN = { file: new Blob(['x']), name: 'a.svs', companions: [], series: undefined };

const ports: MessagePort[] = [];
beforeEach(() => {
  // Browsers have them; what is drawn does not matter here.
  vi.stubGlobal('ImageData', class {});
  vi.stubGlobal('createImageBitmap', async () => new ArrayBuffer(1));
});
afterEach(() => {
  vi.unstubAllGlobals();
  for (const port of ports.splice(0)) port.close();
});

/** 64 tiles of 32 px in a row of 8; each tile of the bag is one of them. */
const bag: TileBag = {
  ...{ slideId: 'memory-256x256', protocol: 'tissue-grid', count: 64, spanPx: 32, tilePx: 32, mpp: 1, level: 0 },
  xy: Int32Array.from({ length: 128 }, (_, i) => (i % 2 === 0 ? (i / 2) % 8 : Math.floor((i - 1) / 16)) * 32),
  tissueFraction: new Float32Array(64).fill(1),
  candidates: 64,
  rejected: { background: 0, pen: 0, black: 0, blur: 0, unreadable: 0, cap: 0 },
  coverage: undefined,
};

/** A worker over real ports whose slides log each tile and read it only when it is let go. */
async function setUp() {
  const log: string[] = [];
  const held: { readonly name: string; readonly go: () => void }[] = [];
  const opened: string[] = ['screen', 'run'];
  const open = async (): Promise<Slide> => {
    const name = opened.shift() ?? 'later';
    const slide = memorySlide({ width: 256, height: 256, tilePx: 32, paint: () => [1, 2, 3] });
    return {
      ...slide,
      readTile: async (level, col, row, signal) => {
        log.push(`${name} ${col},${row}`);
        await new Promise<void>((resolve) => held.push({ name, go: resolve }));
        log.push(`${name} ${col},${row} done`);
        return slide.readTile(level, col, row, signal);
      },
    };
  };
  const [own, attached] = [new MessageChannel(), new MessageChannel()];
  ports.push(own.port1, own.port2, attached.port1, attached.port2);
  serveSlides(own.port1 as Port, open);
  const screen = connect<SlideCalls>(own.port2 as Port, { name: 'slide' });
  await screen.call('attach', { port: attached.port1 }, { transfer: [attached.port1] });
  const run = connect<SlideCalls>(attached.port2 as Port, { name: 'slide' });
  const { id } = await screen.call('open', GIVEN);
  await run.call('open', GIVEN);
  /** Once calls have gone to and fro so often that whatever could begin has begun. */
  const settle = async () => {
    for (let k = 0; k < 10; k++) for (const remote of [screen, run]) await remote.call('close', { slideId: 'none' });
  };
  return { log, held, screen, run, id, settle };
}

/** Lets all held tiles go, and those they make way for, until `isOver`. */
async function letGo(held: { readonly go: () => void }[], isOver: () => boolean) {
  for (let round = 0; round < 200 && !isOver(); round++) {
    for (const one of held.splice(0)) one.go();
    await new Promise((resolve) => setTimeout(resolve));
  }
}

it('reads no tile for a run while a person waits for one, and goes on afterwards', async () => {
  const { log, held, screen, run, id, settle } = await setUp();
  let isRead = false;
  const batch = run.call('batch', { slideId: id, bag, first: 0, count: 64 }).then((one) => {
    isRead = true;
    return one;
  });
  await settle();
  const begun = log.length;
  expect(begun).toBeGreaterThan(0);
  expect(begun, 'a tile of the screen waits for no more than these').toBeLessThanOrEqual(4);

  const tile = (col: number) => screen.call('tile', { slideId: id, level: 0, col, row: 0, look: LOOK });
  let shown = 0;
  const tiles = [0, 1, 2].map((col) => tile(col).then(() => shown++));
  await settle();
  // The run's own tiles are done; the screen's are still being read.
  const ofRun = held.filter(({ name }) => name === 'run');
  const ofScreen = held.filter(({ name }) => name === 'screen');
  expect(ofScreen.length).toBe(3);
  held.length = 0;
  for (const one of ofRun) one.go();
  await settle();
  ofScreen[0]?.go();
  await settle();
  const between = log.slice(begun).filter((line) => line.startsWith('run') && !line.endsWith('done'));
  expect(between, 'begun for the run while a person waits').toEqual([]);
  expect(shown).toBe(1);

  for (const one of ofScreen.slice(1)) one.go();
  await Promise.all(tiles);
  await letGo(held, () => isRead);
  expect((await batch).count).toBe(64);
});

it('goes on with the run when a person no longer waits', async () => {
  const { log, held, screen, run, id, settle } = await setUp();
  const controller = new AbortController();
  const input = { slideId: id, level: 0, col: 0, row: 0, look: LOOK };
  const tile = screen.call('tile', input, { signal: controller.signal }).catch(() => 'aborted');
  await settle();
  let isRead = false;
  void run.call('batch', { slideId: id, bag, first: 0, count: 8 }).then(() => {
    isRead = true;
  });
  await settle();
  expect(log).toEqual(['screen 0,0']);
  controller.abort();
  expect(await tile).toBe('aborted');
  await letGo(held, () => isRead);
  expect(isRead).toBe(true);
});

it('gives up a batch that waits when the run is cancelled', async () => {
  const { log, screen, run, id, settle } = await setUp();
  screen.call('tile', { slideId: id, level: 0, col: 0, row: 0, look: LOOK }).catch(() => undefined);
  await settle();
  const controller = new AbortController();
  const batch = run.call('batch', { slideId: id, bag, first: 0, count: 8 }, { signal: controller.signal });
  await settle();
  controller.abort();
  await expect(batch).rejects.toThrow(/abort/i);
  await run.idle();
  expect(log).toEqual(['screen 0,0']);
});
