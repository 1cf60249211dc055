import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { itWithShared, sharedSource } from '../../testing/shared-data.ts';
import { bytesSource } from '../../testing/synthetic-slide.ts';
import { openSlide, singleFile } from '../open.ts';
import { readRegion } from '../region.ts';
import type { ByteSource } from '../slide.ts';

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
