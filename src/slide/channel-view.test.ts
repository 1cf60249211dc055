import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { itWithShared, sharedSource } from '../testing/shared-data.ts';
import { bytesSource } from '../testing/synthetic-slide.ts';
import { dicomBytes } from '../testing/written/dicom.ts';
import { fluorescenceBytes, type WrittenChannel, type WrittenImage } from '../testing/written/fluorescence.ts';
import { type ChannelLight, composedAs, defaultView } from './channel-view.ts';
import { openSlide, singleFile } from './open.ts';
import { readRegion } from './region.ts';
import type { ByteSource, Slide } from './slide.ts';

const goldens = new URL('../testing/goldens/', import.meta.url);
const golden = (name: string) => bytesSource(readFileSync(new URL(name, goldens)), name);

const whole = async (slide: Slide, level: number) => {
  const { width = 0, height = 0 } = slide.info.levels[level] ?? {};
  const { data } = await readRegion(slide, { level, x: 0, y: 0, width, height });
  return Buffer.from(data);
};

const channelsOf = ({ info }: Slide) => {
  if (!info.channels) throw new Error('the slide has channels');
  return info.channels;
};

/** The default view gives what models get, and no other view changes that: on every level, byte for byte. */
async function checkDefault(source: ByteSource) {
  const slide = await openSlide(singleFile(source));
  const untouched = await openSlide(singleFile(source));
  const channels = channelsOf(slide);
  const view = defaultView(channels);
  const inverted = view.map((one) => ({ ...one, color: [255, 0, 255] as const, window: { low: 1, high: 2 } }));
  for (const { index } of slide.info.levels) {
    const given = await whole(untouched, index);
    expect((await whole(composedAs(slide, view), index)).equals(given)).toBe(true);
    expect((await whole(composedAs(slide, inverted), index)).equals(given)).toBe(false);
    expect((await whole(slide, index)).equals(given)).toBe(true);
  }
  await Promise.all([slide.close(), untouched.close()]);
}

describe('the default view is what models get', () => {
  for (const name of [
    'ome/channels-uint16-pyramid.ome.tif',
    'ome/interleaved-two-int16.ome.tif',
    'ome/planar-four-uint8.ome.tif',
    'ome/stack-tzc-float.ome.tif',
    'czi/gray16-two-channels-z.czi',
  ])
    it(name, () => checkDefault(golden(name)));
  const real = 'slides/ome-tiff/multi-channel-z-series.ome.tif';
  itWithShared(real, 'multi-channel-z-series.ome.tif', async () => checkDefault(await sharedSource(real)));

  it('a grey DICOM slide', () => {
    const frames = [0, 1].map((frame) => Uint8Array.from({ length: 64 * 64 }, (_, i) => (i * 3 + frame * 50) & 255));
    return checkDefault(
      bytesSource(
        dicomBytes({
          ...{ transferSyntax: '1.2.840.10008.1.2.1', encapsulated: false, offsets: 'basic' },
          ...{ total: [100, 64], tile: [64, 64], frames, samples: 1, photometric: 'MONOCHROME2' },
          ...{ positions: undefined, concatenationOffset: undefined, instance: 1, mm: 0.0005 },
        }),
        'grey.dcm',
      ),
    );
  });

  it('colour has no channels', async () => {
    for (const name of ['ome/rgb-pyramid.ome.tif', 'czi/bgr24-scenes-raw.czi']) {
      const slide = await openSlide(singleFile(golden(name)));
      expect([slide.info.channels, slide.readView]).toEqual([undefined, undefined]);
      await slide.close();
    }
  });
});

const ramp: WrittenChannel = { name: 'ramp', color: [0, 0, 255], paint: (x) => x & 255 };
const steps: WrittenChannel = {
  name: 'steps',
  color: [0, 255, 0],
  paint: (x, y) => ((x >> 3) * 5 + (y >> 2) * 3) & 255,
};
const [WIDTH, HEIGHT] = [300, 260];
const image = (name: string, channels: readonly WrittenChannel[], width = WIDTH, height = HEIGHT): WrittenImage => ({
  ...{ name, width, height, channels },
});

async function opened(images: readonly WrittenImage[], series?: number) {
  return openSlide(singleFile(bytesSource(await fluorescenceBytes(images), 'written.ome.tif')), undefined, series);
}

/** Shade 0..255 of a sample, in whole numbers, halves up; an odd span has no halves. */
function shade(sample: number, { low, high }: ChannelLight['window']): number {
  const span = high - low;
  return Math.max(0, Math.min(255, Math.floor((510 * (sample - low) + span) / (2 * span))));
}

it('another view is the sum of its lights', async () => {
  const slide = await opened([image('two', [ramp, steps])]);
  const view: ChannelLight[] = [
    { channel: 1, color: [255, 128, 0], window: { low: 4000, high: 30_001 } },
    { channel: 0, color: [10, 200, 90], window: { low: 12_345, high: 54_322 } },
  ];
  const data = await whole(composedAs(slide, view), 0);
  const expected = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      for (let part = 0; part < 3; part++) {
        let sum = 0;
        for (const { channel, color, window } of view) {
          const value = shade(257 * ((channel === 0 ? ramp : steps).paint(x, y) ?? 0), window);
          sum += Math.round((value * (color[part] ?? 0)) / 255);
        }
        expected[(y * WIDTH + x) * 3 + part] = Math.min(255, sum);
      }
  expect(data.equals(expected)).toBe(true);
  expect((await whole(composedAs(slide, []), 0)).every((value) => value === 0)).toBe(true);
  await slide.close();
});

it('nine channels: seven are shown at first, the others can be instead', async () => {
  const channels = Array.from({ length: 9 }, (_, i) => ({ ...ramp, name: `c${i}`, paint: () => 20 * i + 10 }));
  const slide = await opened([image('nine', channels)]);
  const all = channelsOf(slide);
  expect(all.map(({ name, isShown }) => [name, isShown])).toEqual(channels.map(({ name }, i) => [name, i < 7]));
  expect(slide.info.properties['ome.channels']).toBe('7 of 9 shown');
  expect(slide.info.properties['channel[7]']).toBeUndefined();
  const window = { low: 0, high: 257 * 255 };
  const pixel = await whole(composedAs(slide, [{ channel: 8, color: [255, 255, 255], window }]), 1);
  expect([...pixel.subarray(0, 3)]).toEqual([170, 170, 170]);
  const one = { channel: 0, color: [1, 1, 1] as const, window };
  for (const view of [[{ ...one, channel: 9 }], [{ ...one, channel: -1 }], Array.from({ length: 8 }, () => one)])
    await expect(slide.readView?.(view, 0, 0, 0)).rejects.toMatchObject({ info: { code: 'usage' } });
  await expect(slide.readView?.([one], 0, 99, 0)).rejects.toMatchObject({ info: { code: 'slide/tile-failed' } });
  await slide.close();
});

it('samples are read once for all windows', async () => {
  const bytes = bytesSource(await fluorescenceBytes([image('two', [ramp, steps])]), 'counted.ome.tif');
  let reads = 0;
  const slide = await openSlide(
    singleFile({
      ...bytes,
      read: (offset, length) => {
        reads++;
        return bytes.read(offset, length);
      },
    }),
  );
  const [light] = defaultView(channelsOf(slide));
  if (!light) throw new Error('a channel');
  const readWith = (high: number) => slide.readView?.([{ ...light, window: { low: 0, high } }], 0, 0, 0);
  await readWith(100);
  const once = reads;
  for (const high of [200, 300, 400]) await readWith(high);
  expect(reads).toBe(once);
  await slide.close();
});

describe('a file of several images', () => {
  const images = [image('small', [steps], 120, 90), image('large', [ramp]), image('label', [steps], 80, 60)];

  it('lists them, opens the largest, and any other under an id of its own', async () => {
    const large = await opened(images);
    expect(large.info.series).toEqual({
      images: [
        { index: 0, name: 'small', width: 120, height: 90 },
        { index: 1, name: 'large', width: WIDTH, height: HEIGHT },
      ],
      open: 1,
    });
    const [again, small] = [await opened(images, 1), await opened(images, 0)];
    expect(again.info).toEqual(large.info);
    expect(small.info).toMatchObject({ width: 120, height: 90, series: { open: 0 } });
    expect(small.info.id).toMatch(/^[0-9a-f]{64}$/);
    expect(small.info.id).not.toBe(large.info.id);
    const alone = await opened([image('small', [steps], 120, 90)]);
    expect((await whole(small, 0)).equals(await whole(alone, 0))).toBe(true);
    expect(alone.info.series).toBeUndefined();
    for (const slide of [large, again, small, alone]) await slide.close();
  });

  it('refuses what is no image, or none that is a slide', async () => {
    for (const series of [2, 3, -1, 0.5])
      await expect(opened(images, series)).rejects.toThrow(`no image ${series} that can be a slide; it has 0, 1`);
    await expect(openSlide(singleFile(golden('codecs/lzw.tif')), undefined, 1)).rejects.toThrow('it has 0.');
    const slide = await openSlide(singleFile(golden('codecs/lzw.tif')), undefined, 0);
    await slide.close();
  });

  it('as tifffile wrote them', async () => {
    const largest = await openSlide(singleFile(golden('ome/three-series.ome.tif')));
    const { images: listed = [], open = -1 } = largest.info.series ?? {};
    expect(listed.length).toBeGreaterThan(0);
    for (const { index, width, height } of listed) {
      const slide = await openSlide(singleFile(golden('ome/three-series.ome.tif')), undefined, index);
      expect([slide.info.width, slide.info.height]).toEqual([width, height]);
      expect(slide.info.id === largest.info.id).toBe(index === open);
      await slide.close();
    }
    await largest.close();
  });
});
