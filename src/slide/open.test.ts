import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { patchTiff } from '../testing/patch-tiff.ts';
import { bytesSource, type Paint, syntheticSlideBytes } from '../testing/synthetic-slide.ts';
import { openSlide, singleFile } from './open.ts';
import { readRegion } from './region.ts';
import type { ByteSource } from './slide.ts';
import { tiffBytes } from './tiff/write.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** JavaScript heap and buffers in use, after a collection, bytes. */
function heldBytes(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const paint: Paint = (x, y) => [x & 255, y & 255, (x ^ y) & 255];
const small = () => syntheticSlideBytes({ width: 200, height: 100, tile: 64, mpp: 0.25, paint });

/** Counts and can hold back reads of pixel data. */
function watched(source: ByteSource): ByteSource & { readonly reads: number[]; hold: Promise<void> | undefined } {
  const reads: number[] = [];
  return {
    name: source.name,
    sizeBytes: source.sizeBytes,
    reads,
    hold: undefined,
    async read(offset, length, signal) {
      reads.push(offset);
      await this.hold;
      return source.read(offset, length, signal);
    },
  };
}

const open = async (bytes: Uint8Array, name?: string) => openSlide(singleFile(bytesSource(bytes, name)));

describe('openSlide', () => {
  it('goes by content and not by name, and the id by content too', async () => {
    const bytes = await small();
    const [one, other] = [await open(bytes, 'slide.svs'), await open(bytes, 'notes.txt')];
    expect(one.info).toEqual({ ...other.info, name: 'slide.svs' });
    expect(one.info).toMatchObject({
      format: 'generic-tiff',
      formatLabel: 'Tiled TIFF, Deflate',
      width: 200,
      height: 100,
      bounds: { x: 0, y: 0, width: 200, height: 100 },
      mpp: { x: 0.25, y: 0.25, origin: 'tiff-tag' },
    });
    const changed = bytes.slice();
    changed[20] = (changed[20] ?? 0) ^ 1;
    expect((await open(changed)).info.id).not.toBe(one.info.id);
  });

  it('opens a small classic TIFF in a file of more than 4 GiB, where links would be those of NDPI', async () => {
    const bytes = await small();
    const whole = bytesSource(bytes);
    const padded: ByteSource = {
      name: 'padded.tif',
      sizeBytes: 20 * 2 ** 30,
      async read(offset, length, signal) {
        const out = new Uint8Array(length);
        const inside = Math.min(length, bytes.length - offset);
        if (inside > 0) out.set(await whole.read(offset, inside, signal));
        return out;
      },
    };
    const slide = await openSlide(singleFile(padded));
    expect(slide.info).toMatchObject({ format: 'generic-tiff', width: 200, height: 100 });
    expect((await slide.readTile(0, 0, 0)).data).toEqual((await (await open(bytes)).readTile(0, 0, 0)).data);
  });

  it('says nothing of the pixel size when the file says a screen’s', async () => {
    for (const mpp of [25400 / 72, 0.01, 40])
      expect((await open(await syntheticSlideBytes({ width: 64, height: 64, mpp, paint }))).info.mpp).toBeUndefined();
    expect((await open(await syntheticSlideBytes({ width: 64, height: 64, paint }))).info.mpp).toBeUndefined();
  });

  it('reads the metadata of Aperio, with a decimal comma, verbatim in the properties', async () => {
    const description = 'Aperio Image Library\r\n64x64 (64x64) JPEG/RGB|AppMag = 40|MPP = 0,2520|ScanScope ID = X';
    const bytes = await syntheticSlideBytes({ width: 64, height: 64, tile: 64, paint, image: { description } });
    const { info } = await open(bytes);
    expect(info).toMatchObject({
      format: 'aperio',
      formatLabel: 'Aperio SVS, Deflate',
      objectivePower: 40,
      mpp: { x: 0.252, y: 0.252, origin: 'vendor' },
    });
    expect(info.properties).toMatchObject({ 'aperio.MPP': '0,2520', 'aperio.ScanScope ID': 'X' });
  });

  it('tells label, macro and thumbnail of Aperio apart', async () => {
    const picture = (value: number) => () => ({ width: 40, height: 30, data: new Uint8Array(3600).fill(value) });
    const strip = { width: 40, height: 30, layout: { kind: 'strips', rows: 30 }, compression: 'lzw' } as const;
    const base = {
      width: 64,
      height: 64,
      layout: { kind: 'tiles', width: 64, height: 64 },
      compression: 'none',
    } as const;
    const bytes = await tiffBytes({
      images: [
        { ...base, description: 'Aperio Image Library\r\n64x64|MPP = 0.5', read: () => undefined },
        { ...strip, read: picture(1), description: 'Aperio Image Library\r\n64x64 -> 40x30 - |MPP = 0.5' },
        { ...strip, read: picture(2), description: 'Aperio Image Library\r\nlabel 40x30', subfileType: 1 },
        { ...strip, read: picture(3), subfileType: 9 },
      ],
    });
    const slide = await open(bytes);
    expect([...slide.info.associated].sort()).toEqual(['label', 'macro', 'thumbnail']);
    for (const [name, value] of [
      ['thumbnail', 1],
      ['label', 2],
      ['macro', 3],
    ] as const)
      expect([...new Set((await slide.readAssociated(name)).data)]).toEqual([value]);
    await expect(slide.readAssociated('nonsense')).rejects.toMatchObject({ info: { code: 'usage' } });
  });

  it('orders levels by size and leaves out what is no level', async () => {
    const level = (width: number, height: number) =>
      ({
        width,
        height,
        layout: { kind: 'tiles', width: 64, height: 64 },
        compression: 'none',
        read: () => undefined,
      }) as const;
    const bytes = await tiffBytes({
      images: [level(50, 25), level(400, 200), level(400, 200), level(90, 90), level(200, 100)],
    });
    const slide = await open(bytes);
    expect(slide.info.levels.map(({ width, downsample }) => [width, downsample])).toEqual([
      [400, 1],
      [200, 2],
      [50, 8],
    ]);
    // Tiles the file leaves out are background.
    expect([...new Set((await slide.readTile(0, 0, 0)).data)]).toEqual([255]);
  });

  it('rejects with AbortError when aborted', async () => {
    const source = bytesSource(await small());
    await expect(openSlide(singleFile(source), AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('passes on that the file went away', async () => {
    const bytes = await small();
    const source = bytesSource(bytes);
    const gone: ByteSource = { ...source, sizeBytes: bytes.length + 50_000 };
    await expect(openSlide(singleFile(gone))).rejects.toMatchObject({ info: { code: 'slide/read-failed' } });
  });
});

describe('readTile', () => {
  it('clips tiles at the right and bottom edge and knows no others', async () => {
    const slide = await open(await small());
    const tile = await slide.readTile(0, 3, 1);
    expect([tile.width, tile.height, tile.data.length]).toEqual([200 - 192, 100 - 64, 8 * 36 * 3]);
    expect([...tile.data.subarray(0, 3)]).toEqual([...paint(192, 64)]);
    for (const [level, col, row] of [
      [0, 4, 0],
      [0, 0, 2],
      [0, -1, 0],
      [1, 0, 0],
      [0, 0.5, 0],
    ] as const)
      await expect(slide.readTile(level, col, row)).rejects.toMatchObject({ info: { code: 'slide/tile-failed', col } });
  });

  it('decodes a tile once while it is kept, also when asked for twice at once', async () => {
    const source = watched(bytesSource(await small()));
    const slide = await openSlide(singleFile(source));
    await slide.readTile(0, 0, 0);
    const before = source.reads.length;
    const [a, b] = await Promise.all([slide.readTile(0, 1, 0), slide.readTile(0, 1, 0)]);
    expect(a).toBe(b);
    expect(await slide.readTile(0, 1, 0)).toBe(a);
    expect(source.reads.length).toBe(before + 1);
  });

  it('stops for the caller that aborts and goes on for the other', async () => {
    const source = watched(bytesSource(await small()));
    const slide = await openSlide(singleFile(source));
    await slide.readTile(0, 0, 0);
    let release = () => {};
    source.hold = new Promise((resolve) => {
      release = resolve;
    });
    const controller = new AbortController();
    const aborted = slide.readTile(0, 1, 1, controller.signal);
    const wanted = slide.readTile(0, 1, 1);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    release();
    expect((await wanted).width).toBe(64);
  });

  it('reads again after everyone aborted', async () => {
    const source = watched(bytesSource(await small()));
    const slide = await openSlide(singleFile(source));
    await slide.readTile(0, 0, 0);
    const controller = new AbortController();
    const aborted = slide.readTile(0, 2, 0, controller.signal);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect((await slide.readTile(0, 2, 0)).width).toBe(64);
  });

  it('fails for one bad tile and reads all others', async () => {
    const patch = patchTiff(await small());
    patch.setElement(324, 5, 2 ** 31);
    const slide = await open(patch.bytes);
    for (let row = 0; row < 2; row++)
      for (let col = 0; col < 4; col++)
        if (row === 1 && col === 1)
          await expect(slide.readTile(0, col, row)).rejects.toMatchObject({
            info: { code: 'slide/tile-failed', level: 0, col, row },
          });
        else
          expect([...(await slide.readTile(0, col, row)).data.subarray(0, 3)]).toEqual([...paint(col * 64, row * 64)]);
    await expect(readRegion(slide, { level: 0, x: 0, y: 0, width: 200, height: 100 })).rejects.toMatchObject({
      info: { code: 'slide/tile-failed' },
    });
  });
});

describe('a slide of 200,000 x 200,000 px', () => {
  it('opens by few reads and small ones, though it has 610,000 tiles', async () => {
    const tile = 256;
    const size = 200_000;
    const data = new Uint8Array(tile * tile * 3).fill(120);
    const levels = [1, 4, 16, 64].map((downsample) => Math.floor(size / downsample));
    const bytes = await tiffBytes({
      big: true,
      images: levels.map((side) => ({
        width: side,
        height: side,
        layout: { kind: 'tiles', width: tile, height: tile },
        compression: 'deflate',
        subfileType: side === size ? 0 : 1,
        // One tile is written; all others are made to point at it below.
        read: (col, row) => (col === 0 && row === 0 ? { width: tile, height: tile, data } : undefined),
      })),
    });
    const patch = patchTiff(bytes);
    const across = Math.ceil(size / tile);
    const [offsets, counts] = [324, 325].map((tag) => Number(patch.view.getBigUint64(patch.entry(tag) + 12, true)));
    for (let i = 1; i < across * across; i++) {
      patch.bytes.copyWithin((offsets ?? 0) + i * 8, offsets ?? 0, (offsets ?? 0) + 8);
      patch.bytes.copyWithin((counts ?? 0) + i * 4, counts ?? 0, (counts ?? 0) + 4);
    }
    expect(across * across).toBeGreaterThan(610_000);
    const source = bytesSource(patch.bytes);
    let [reads, bytesRead] = [0, 0];
    const counted: ByteSource = {
      ...source,
      read: (offset, length, signal) => {
        reads++;
        bytesRead += length;
        return source.read(offset, length, signal);
      },
    };
    const slide = await openSlide(singleFile(counted));
    const opened = { reads, bytesRead };
    for (let i = 0; i < 20; i++) {
      const pixels = await slide.readTile(0, (i * 7919) % across, (i * 104729) % across);
      expect(pixels.data[0]).toBe(120);
    }
    expect(slide.info.levels.map(({ width }) => width)).toEqual(levels);
    // What opening costs, without a clock: few reads, and of the 7.3 MB of places next to nothing.
    expect(opened.reads).toBeLessThan(100);
    expect(opened.bytesRead).toBeLessThan(2 ** 20);
    // The index cannot be larger than what was read of it: 20 tiles in far places and their chunks of the two lists.
    expect(bytesRead).toBeLessThan(10 * 2 ** 20);
    await slide.close();

    // Garbage of other tests comes and goes while one opening is watched; what is truly kept shows in every one of them.
    const kept: number[] = [];
    for (let i = 0; i < 5; i++) {
      const before = heldBytes();
      const again = await openSlide(singleFile(source));
      for (let k = 0; k < 20; k++) await again.readTile(0, (k * 7919) % across, (k * 104729) % across);
      kept.push(heldBytes() - before);
      await again.close();
    }
    expect(Math.min(...kept)).toBeLessThan(10 * 2 ** 20 + 20 * data.length);
  });
});
