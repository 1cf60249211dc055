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
  readonly objectivePower?: number;
  readonly channels?: readonly string[];
  readonly associated?: Readonly<Record<string, readonly [number, number, string]>>;
}

/** Made by testing/goldens/make-czi-goldens.py. */
const goldens = new URL('../../testing/goldens/', import.meta.url);
const golden: {
  readonly files: Readonly<Record<string, Expected>>;
  readonly shared: Readonly<Record<string, Expected>>;
} = JSON.parse(readFileSync(new URL('czi.json', goldens), 'utf8'));

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

async function check(source: ByteSource, expected: Expected) {
  const slide = await openSlide(singleFile(source));
  const { info } = slide;
  expect(info.format).toBe('zeiss-czi');
  expect(info.mpp ? [info.mpp.x, info.mpp.y] : null).toEqual(expected.mpp?.map((um) => expect.closeTo(um, 9)) ?? null);
  if (expected.objectivePower !== undefined) expect(info.objectivePower).toBe(expected.objectivePower);
  const levels: [number, number, string][] = [];
  for (const { index: level, width, height } of info.levels.slice(0, expected.levels.length)) {
    const { data } = await readRegion(slide, { level, x: 0, y: 0, width, height });
    levels.push([width, height, sha256(data)]);
  }
  expect(levels).toEqual(expected.levels);
  for (const [i, channel] of (expected.channels ?? []).entries())
    expect(info.properties[`channel[${i}]`]).toBe(channel);
  for (const [name, [width, height, hash]] of Object.entries(expected.associated ?? {})) {
    const image = await slide.readAssociated(name);
    expect([image.width, image.height, sha256(image.data)]).toEqual([width, height, hash]);
  }
  // Thumbnails of real files.
  for (const name of info.associated) expect((await slide.readAssociated(name)).width).toBeGreaterThan(0);
  await slide.close();
  return info;
}

describe('CZI pixel by pixel as a second reader has it', () => {
  for (const [name, expected] of Object.entries(golden.files))
    it(name, async () => {
      const info = await check(bytesSource(readFileSync(new URL(`czi/${name}`, goldens)), name), expected);
      // The one level that only one scene has is left out.
      expect(info.levels.length).toBe(expected.levels.length);
    });
  for (const [name, expected] of Object.entries(golden.shared)) {
    const path = `slides/czi/${name}`;
    itWithShared(path, name, async () => {
      await check(await sharedSource(path), expected);
    });
  }
});
