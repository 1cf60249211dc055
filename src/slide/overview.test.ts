import { describe, expect, it } from 'vitest';
import { memorySlide } from '../testing/memory-slide.ts';
import { itWithShared, sharedSource } from '../testing/shared-data.ts';
import { openSlide, singleFile } from './open.ts';
import { hasAspectOf, levelPieces, overviewSources, readThumbnail } from './overview.ts';
import { readRegion } from './region.ts';
import type { Level, Pixels, Slide, SlideInfo } from './slide.ts';

const level = (index: number, width: number, height: number, tile = 256): Level => ({
  ...{ index, width, height, downsample: 2 ** index, tileWidth: tile, tileHeight: tile },
});
const info = (levels: readonly Level[], rest: Partial<SlideInfo> = {}): SlideInfo => ({
  ...memorySlide({ width: 8, height: 8, paint: () => [0, 0, 0] }).info,
  width: levels[0]?.width ?? 0,
  height: levels[0]?.height ?? 0,
  levels,
  ...rest,
});
const thumbnail = { associated: ['thumbnail', 'label', 'macro'] };

describe('overviewSources', () => {
  it('takes the smallest level that still looks like the slide, before any thumbnail', () => {
    const levels = [
      level(0, 8192, 8192),
      level(1, 2048, 2048),
      level(2, 1024, 1024),
      level(3, 512, 512),
      level(4, 256, 256),
    ];
    expect(overviewSources(info(levels, thumbnail))).toEqual([{ kind: 'level', level: 3 }]);
  });
  it('takes a shorter one of one tile where the next has many times its pixels', () => {
    const far = [level(0, 6144, 4096, 512), level(1, 1536, 1024, 512), level(2, 384, 256, 512)];
    expect(overviewSources(info(far))).toEqual([{ kind: 'level', level: 2 }]);
    const near = [level(0, 6144, 4096, 512), level(1, 768, 512, 512), level(2, 384, 256, 512)];
    expect(overviewSources(info(near))).toEqual([{ kind: 'level', level: 1 }]);
    const tiny = [level(0, 6144, 4096, 512), level(1, 1536, 1024, 512), level(2, 96, 64, 512)];
    expect(overviewSources(info(tiny))).toEqual([{ kind: 'level', level: 1 }]);
  });
  it('tries the thumbnail where a level is slow or too small to see, and then the level', () => {
    const slow = [level(0, 8000, 6000), level(1, 2000, 1500, 128)];
    expect(overviewSources(info(slow, thumbnail))).toEqual([{ kind: 'thumbnail' }, { kind: 'level', level: 1 }]);
    const tiny = [level(0, 8000, 6000), level(1, 120, 90)];
    expect(overviewSources(info(tiny, thumbnail))).toEqual([{ kind: 'thumbnail' }, { kind: 'level', level: 1 }]);
  });
  it('knows no other source: a large level, a label and a macro image are none', () => {
    const large = [level(0, 2220, 2967, 240)];
    expect(overviewSources(info(large, thumbnail))).toEqual([{ kind: 'thumbnail' }]);
    expect(overviewSources(info(large, { associated: ['label', 'macro'] }))).toEqual([]);
    expect(overviewSources(info([level(0, 40_000, 100)]))).toEqual([]);
  });
  it('takes the thumbnail for no picture of channels', () => {
    const channel = { name: '', color: [0, 0, 255], window: { low: 0, high: 1 }, range: { low: 0, high: 1 } } as const;
    const channels = [{ ...channel, isShown: true }];
    expect(overviewSources(info([level(0, 9000, 9000)], { ...thumbnail, channels }))).toEqual([]);
  });
});

it('cuts a level into pieces of whole tiles that lie exactly beside each other', async () => {
  const slide = memorySlide({
    ...{ width: 4443, height: 3567, downsamples: [1, 2.0007], tilePx: 256 },
    paint: (x, y) => [x % 251, y % 241, (x + y) % 239],
  });
  const [, shape] = slide.info.levels;
  if (shape === undefined) throw new Error('two levels');
  const pieces = levelPieces(slide.info, 1);
  expect(pieces.length).toBe(6);
  let area = 0;
  for (const { left, top, region } of pieces) {
    expect([left % 256, top % 256]).toEqual([0, 0]);
    area += region.width * region.height;
    // Its first px is the px of the level at its place.
    const pixels = await readRegion(slide, { ...region, width: 1, height: 1 });
    const tile = await slide.readTile(1, left / 256, top / 256);
    expect([...pixels.data]).toEqual([...tile.data.subarray(0, 3)]);
  }
  expect(area).toBe(shape.width * shape.height);
});

it('compares proportions as closely as whole pixels allow', () => {
  expect(hasAspectOf({ width: 574, height: 768 }, { width: 2220, height: 2967 })).toBe(true);
  expect(hasAspectOf({ width: 1024, height: 768 }, { width: 2220, height: 2967 })).toBe(false);
  expect(hasAspectOf({ width: 1020, height: 1000 }, { width: 50_000, height: 50_000 })).toBe(false);
  expect(hasAspectOf({ width: 100, height: 33 }, { width: 9000, height: 3000 })).toBe(true);
});

/** Blobs of tissue on glass, none like another, as a raster of one value for each 4 x 4 px. */
const GLASS = 255;
const shades = new Uint8Array(1500 * 1000).fill(GLASS);
for (let k = 0; k < 60; k++) {
  const [x, y, r] = [((k * 7919) % 6000) / 4, ((k * 104_729) % 4000) / 4, (90 + ((k * 31) % 200)) / 4];
  for (let j = Math.max(0, Math.floor(y - r)); j < Math.min(1000, y + r); j++)
    for (let i = Math.max(0, Math.floor(x - r)); i < Math.min(1500, x + r); i++)
      if (Math.hypot(i - x, j - y) < r) shades[j * 1500 + i] = (k * 17) % 60;
}
const paint = (x: number, y: number): [number, number, number] => {
  const isInside = x >= 0 && y >= 0 && x < 6000 && y < 4000;
  const shade = isInside ? (shades[Math.floor(y / 4) * 1500 + Math.floor(x / 4)] ?? GLASS) : GLASS;
  return shade === GLASS ? [243, 242, 244] : [190 - shade, 90 + shade, 150];
};

/** As a scanner makes one of a part of the slide, each px the mean of four. */
function shrunk(width: number, height: number, part: { x: number; y: number; width: number; height: number }): Pixels {
  const data = new Uint8Array(width * height * 3);
  const at = (i: number, j: number) => paint(part.x + (i * part.width) / width, part.y + (j * part.height) / height);
  for (let j = 0; j < height; j++)
    for (let i = 0; i < width; i++) {
      const four = [at(i + 0.25, j + 0.25), at(i + 0.75, j + 0.25), at(i + 0.25, j + 0.75), at(i + 0.75, j + 0.75)];
      for (let c = 0; c < 3; c++) data[(j * width + i) * 3 + c] = four.reduce((sum, rgb) => sum + (rgb[c] ?? 0), 0) / 4;
    }
  return { width, height, data };
}

const whole = { x: 0, y: 0, width: 6000, height: 4000 };
const withThumbnail = (picture: Pixels, broken?: ReadonlySet<string>): Slide => ({
  ...memorySlide({ width: 6000, height: 4000, tilePx: 256, paint, ...(broken && { broken }) }),
  readAssociated: async () => picture,
});

describe('readThumbnail', () => {
  it('gives a thumbnail of the whole slide, of any size', async () => {
    for (const width of [1024, 600, 120]) {
      const picture = shrunk(width, Math.round((width * 2) / 3), whole);
      expect(await readThumbnail(withThumbnail(picture))).toBe(picture);
    }
  });
  it.each([
    ['other proportions', shrunk(600, 450, whole)],
    ['the middle of the slide', shrunk(600, 400, { x: 300, y: 200, width: 5400, height: 3600 })],
    ['a neighbouring part', shrunk(600, 400, { x: 500, y: 0, width: 6000, height: 4000 })],
    ['the slide mirrored', shrunk(600, 400, { x: 6000, y: 0, width: -6000, height: 4000 })],
    ['the slide upside down', shrunk(600, 400, { x: 6000, y: 4000, width: -6000, height: -4000 })],
    ['nothing', { width: 600, height: 400, data: new Uint8Array(720_000).fill(243) }],
    ['too few pixels', shrunk(48, 32, whole)],
  ])('refuses one of %s', async (_, picture) => {
    expect(await readThumbnail(withThumbnail(picture))).toBeUndefined();
  });
  it('refuses one in the colors of another slide', async () => {
    const picture = shrunk(600, 400, whole);
    const data = picture.data.map((value, at) => (at % 3 === 1 ? 255 - value : value));
    expect(await readThumbnail(withThumbnail({ ...picture, data }))).toBeUndefined();
  });
  it('trusts none where no tile can be read to compare, and hands on that nobody waits', async () => {
    const all = new Set(Array.from({ length: 24 * 16 }, (_, k) => `0/${k % 24}/${Math.floor(k / 24)}`));
    const picture = shrunk(600, 400, whole);
    expect(await readThumbnail(withThumbnail(picture, all))).toBeUndefined();
    await expect(readThumbnail(withThumbnail(picture), AbortSignal.abort())).rejects.toThrow(/abort/i);
    const unreadable = { ...withThumbnail(picture), readAssociated: () => Promise.reject(new RangeError('damaged')) };
    expect(await readThumbnail(unreadable)).toBeUndefined();
  });
  it('compares an empty slide by its color alone', async () => {
    const glass = { ...memorySlide({ width: 3000, height: 2000, paint: () => [240, 241, 240] }) };
    const data = new Uint8Array(300 * 200 * 3).fill(243);
    const slide = (fill: number) => ({
      ...glass,
      readAssociated: async () => ({ width: 300, height: 200, data: data.slice().fill(fill) }),
    });
    expect(await readThumbnail(slide(243))).toBeDefined();
    expect(await readThumbnail(slide(200))).toBeUndefined();
  });
});

for (const file of ['slides/aperio/CMU-1-Small-Region.svs', 'slides/aperio/tcga-cr-7395-01a-01-ts1.svs'])
  itWithShared(
    file,
    `${file}: its thumbnail is of the whole slide, its label and macro image are never asked for`,
    async () => {
      const slide = await openSlide(singleFile(await sharedSource(file)));
      const asked: string[] = [];
      const watched: Slide = {
        ...slide,
        readAssociated: (name, signal) => {
          asked.push(name);
          return slide.readAssociated(name, signal);
        },
      };
      expect((await readThumbnail(watched))?.width).toBeGreaterThan(300);
      expect(asked).toEqual(['thumbnail']);
      await slide.close();
    },
  );
