import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { itWithShared, sharedSource } from '../../testing/shared-data.ts';
import { bytesSource } from '../../testing/synthetic-slide.ts';
import { openSlide, singleFile } from '../open.ts';
import { readRegion } from '../region.ts';
import type { ByteSource } from '../slide.ts';
import { tiffBytes } from '../tiff/write.ts';

interface Expected {
  /** width, height, sha256 of RGB */
  readonly levels: readonly (readonly [number, number, string])[];
  readonly mpp: readonly [number, number] | null;
  readonly channels?: readonly string[];
  readonly associated?: Readonly<Record<string, readonly [number, number, string]>>;
}

/** Made by testing/goldens/make-ome-goldens.py. */
const goldens = new URL('../../testing/goldens/', import.meta.url);
const golden: {
  readonly tifffile: string;
  readonly files: Readonly<Record<string, Expected>>;
  readonly shared: Readonly<Record<string, Expected>>;
} = JSON.parse(readFileSync(new URL('ome.json', goldens), 'utf8'));

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

async function check(source: ByteSource, expected: Expected) {
  const slide = await openSlide(singleFile(source));
  const { info } = slide;
  expect(info.format).toBe('ome-tiff');
  expect(info.mpp ? [info.mpp.x, info.mpp.y] : null).toEqual(expected.mpp);
  const levels: [number, number, string][] = [];
  for (const { index: level, width, height } of info.levels) {
    const { data } = await readRegion(slide, { level, x: 0, y: 0, width, height });
    levels.push([width, height, sha256(data)]);
  }
  expect(levels).toEqual(expected.levels);
  for (const [i, channel] of (expected.channels ?? []).entries())
    expect(info.properties[`channel[${i}]`]).toBe(channel);
  expect(info.associated).toEqual(Object.keys(expected.associated ?? {}));
  for (const [name, [width, height, hash]] of Object.entries(expected.associated ?? {})) {
    const image = await slide.readAssociated(name);
    expect([image.width, image.height, sha256(image.data)]).toEqual([width, height, hash]);
  }
  await slide.close();
}

describe(`OME-TIFF pixel by pixel as tifffile ${golden.tifffile} reads it`, () => {
  for (const [name, expected] of Object.entries(golden.files))
    it(name, () => check(bytesSource(readFileSync(new URL(`ome/${name}`, goldens)), name), expected));
  for (const [name, expected] of Object.entries(golden.shared)) {
    const path = `slides/ome-tiff/${name}`;
    itWithShared(path, name, async () => check(await sharedSource(path), expected));
  }
});

it('a grey image of 16 bits in one uncompressed strip is read by rows', async () => {
  const [width, height] = [700, 900];
  // Three quarters of it at the ends of the range, so that the window is the range.
  const value = (x: number, y: number) => [0, 255, 255, (x + y * 3) & 255][(x >> 3) & 3] ?? 0;
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.fill(value(i % width, Math.floor(i / width)), i * 3, i * 3 + 3);
  const size = `SizeX="${width}" SizeY="${height}" SizeC="1" SizeZ="1" SizeT="1"`;
  const bytes = await tiffBytes({
    littleEndian: false,
    images: [
      {
        width,
        height,
        layout: { kind: 'strips', rows: height },
        compression: 'none',
        color: 'gray',
        bits: 16,
        description: `<OME><Image><Pixels DimensionOrder="XYZCT" Type="uint16" ${size}/></Image></OME>`,
        read: () => ({ width, height, data }),
      },
    ],
  });
  const slide = await openSlide(singleFile(bytesSource(bytes, 'strip.ome.tif')));
  expect(slide.info.properties['channel[0]']).toBe('#ffffff, 0 to 65535');
  const read = await readRegion(slide, { level: 0, x: 0, y: 0, width, height });
  expect(sha256(read.data)).toBe(sha256(data));
  await slide.close();
});

it('the planes of a set in two files, dropped together', async () => {
  const size = 'SizeX="64" SizeY="64" SizeC="2" SizeZ="1" SizeT="1"';
  const part = (c: number) =>
    `<TiffData IFD="0" FirstC="${c}" PlaneCount="1"><UUID FileName="${c}.ome.tif">urn:uuid:${c}</UUID></TiffData>`;
  const description = `<OME UUID="urn:uuid:0"><Image><Pixels DimensionOrder="XYCZT" Type="uint8" ${size}>${part(0)}${part(1)}</Pixels></Image></OME>`;
  const file = (level: number) =>
    tiffBytes({
      images: [
        {
          width: 64,
          height: 64,
          layout: { kind: 'tiles', width: 64, height: 64 },
          compression: 'lzw',
          color: 'gray',
          description,
          read: () => ({ width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(level) }),
        },
      ],
    });
  const sources = [bytesSource(await file(40), '0.ome.tif'), bytesSource(await file(90), '1.ome.tif')];
  const [main] = sources;
  if (!main) throw new Error('no file');
  const slide = await openSlide({
    main,
    find: (name) => sources.find((source) => source.name === name),
    list: () => sources.map(({ name }) => name),
  });
  const { data } = await readRegion(slide, { level: 0, x: 5, y: 5, width: 1, height: 1 });
  expect([...data]).toEqual([40, 90, 0]);
  await slide.close();
});
