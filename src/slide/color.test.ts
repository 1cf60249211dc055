/** The colours of the scanner: applied for the eye as Little CMS does, and never to what a model reads. */
import { describe, expect, it } from 'vitest';
import { deltaE2000, toLab } from '../testing/delta-e.ts';
import golden from '../testing/goldens/color.json' with { type: 'json' };
import { itWithShared, sharedSource } from '../testing/shared-data.ts';
import { openSyntheticSlide } from '../testing/synthetic-slide.ts';
import { planBag } from '../tiling/bag.ts';
import { readBatches } from '../tiling/batches.ts';
import { createColorTables, toScreenColors } from './codecs/color-table.ts';
import { displayP3Profile } from './codecs/display-p3.ts';
import { describeProfile, type ScreenSpace } from './color-profile.ts';
import { openSlide, singleFile } from './open.ts';
import type { Slide } from './slide.ts';

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const colors = bytesOf(golden.colors);
const [matrix] = golden.profiles;
const matrixProfile = bytesOf(matrix?.icc ?? '');

/** CIEDE2000 between RGBA and RGB pixels of one kind of screen. */
function differences(
  rgba: Uint8ClampedArray,
  rgb: Uint8Array,
  space: ScreenSpace,
): { readonly mean: number; readonly max: number } {
  let [sum, max] = [0, 0];
  const count = rgb.length / 3;
  for (let i = 0; i < count; i++) {
    const difference = deltaE2000(
      toLab(rgba.subarray(i * 4, i * 4 + 3), space),
      toLab(rgb.subarray(i * 3, i * 3 + 3), space),
    );
    sum += difference;
    max = Math.max(max, difference);
  }
  return { mean: sum / count, max };
}

describe('the measure of colour difference', () => {
  // Pairs 1, 7, 13, 17, 20, 25 and 34 of the article's table 1.
  it.each([
    [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
    [[50, 0, 0], [50, -1, 2], 2.3669],
    [[50, -0.001, 2.49], [50, 0.0011, -2.49], 4.7461],
    [[50, 2.5, 0], [73, 25, -18], 27.1492],
    [[50, 2.5, 0], [50, 3.2592, 0.335], 1.0],
    [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
    [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
  ] as const)('is that of Sharma and others for %j and %j', (one, other, expected) => {
    expect(deltaE2000(one, other)).toBeCloseTo(expected, 4);
  });
});

const SPACES = [
  ['sRGB', 'srgb', 'srgb'],
  ['Display-P3', 'display-p3', 'displayP3'],
] as const;

describe('the table', () => {
  for (const [words, space, key] of SPACES) {
    it.each(golden.profiles)(`of $name gives the colours of Little CMS in ${words}`, async (one) => {
      const [profile, expected] = [bytesOf(one.icc), bytesOf(one[key])];
      expect(describeProfile(profile)).toEqual({ name: one.name, problem: undefined });
      const table = (await createColorTables(profile))[space];
      expect(table.space).toBe(space);
      const { mean, max } = differences(toScreenColors(colors, table), expected, space);
      expect(mean).toBeLessThan(0.5);
      expect(max).toBeLessThan(5);
      // What it is for: without the profile the same colours are wrong by far.
      expect(differences(toScreenColors(colors, undefined), expected, space).mean).toBeGreaterThan(2);
    });

    for (const one of golden.shared)
      itWithShared(one.path, `of ${one.path} gives the colours of Little CMS in ${words}`, async () => {
        const slide = await openSlide(singleFile(await sharedSource(one.path)));
        // The samples of BPAEC are grey: its profile is for a palette.
        if (one.path.includes('BPAEC')) expect(slide.info.colorProfile).toBeUndefined();
        else {
          expect(slide.info.colorProfile).toEqual({ name: one.name, problem: undefined });
          const table = (await createColorTables(slide.colorProfile ?? new Uint8Array()))[space];
          expect(differences(toScreenColors(colors, table), bytesOf(one[key]), space).mean).toBeLessThan(0.5);
        }
        await slide.close();
      });
  }

  it('to Display-P3 keeps colours that sRGB has not, and looks the same within sRGB', async () => {
    const tables = await createColorTables(matrixProfile);
    const [srgb, wide] = [toScreenColors(colors, tables.srgb), toScreenColors(colors, tables['display-p3'])];
    let [clipped, inside] = [0, 0];
    for (let at = 0; at < srgb.length; at += 4) {
      const [one, other] = [srgb.subarray(at, at + 3), wide.subarray(at, at + 3)];
      const difference = deltaE2000(toLab(one, 'srgb'), toLab(other, 'display-p3'));
      if (one.some((value) => value === 0 || value === 255)) clipped = Math.max(clipped, difference);
      else inside = Math.max(inside, difference);
    }
    expect(clipped).toBeGreaterThan(5);
    expect(inside).toBeLessThan(2);
  });

  it('of Display-P3 itself changes nothing on such a screen', async () => {
    expect(describeProfile(displayP3Profile())).toEqual({ name: 'Display P3', problem: undefined });
    const shown = toScreenColors(colors, (await createColorTables(displayP3Profile()))['display-p3']);
    const rgb = shown.filter((_, i) => i % 4 !== 3);
    expect(Math.max(...rgb.map((value, i) => Math.abs(value - (colors[i] ?? 0))))).toBeLessThanOrEqual(1);
  });

  it('leaves the stored pixels alone, and shows them as they are without a profile', async () => {
    const stored = colors.slice();
    toScreenColors(colors, (await createColorTables(matrixProfile)).srgb);
    expect(colors).toEqual(stored);
    const shown = toScreenColors(colors, undefined);
    expect(shown.filter((_, i) => i % 4 !== 3)).toEqual(new Uint8ClampedArray(colors));
    expect(shown.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 255)).toBe(true);
  });

  it.each([
    ['cut short', matrixProfile.subarray(0, 300)],
    ['without its tags', Uint8Array.from(matrixProfile, (byte, i) => (i < 128 ? byte : 0))],
    ['of nothing', new Uint8Array()],
  ])('is refused for a profile %s', async (_, profile) => {
    const padded = new Uint8Array(Math.max(128, profile.length));
    padded.set(profile);
    await expect(createColorTables(padded)).rejects.toMatchObject({ info: { code: 'slide/unsupported' } });
  });
});

describe('a damaged profile', () => {
  // Bounded: each makes an instance of the library.
  const mutants = 40;
  it.each(golden.profiles)('of the kind of $name makes a table or an error with a code', async ({ icc }) => {
    const profile = bytesOf(icc);
    let refused = 0;
    for (let seed = 1; seed <= mutants; seed++) {
      const bytes = profile.slice();
      // Three places, half of them in the header and the table of tags, where sizes and offsets stand.
      for (let k = 0; k < 3; k++) {
        const at = (seed * 7919 + k * 104_729) % (k % 2 === 0 ? 260 : bytes.length);
        bytes[at] = (seed * 31 + k * 97) & 255;
      }
      const tables = await createColorTables(bytes).catch((error: unknown) => {
        expect(error).toMatchObject({ info: { code: 'slide/unsupported' } });
        refused++;
        return undefined;
      });
      for (const table of Object.values(tables ?? {})) expect(table.points).toHaveLength(33 ** 3 * 3);
    }
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(mutants);
  });
});

describe('a profile', () => {
  const changed = (change: (bytes: Uint8Array) => void) => {
    const bytes = matrixProfile.slice();
    change(bytes);
    return bytes;
  };
  it.each([
    [
      'for CMYK',
      changed((bytes) => bytes.set(new TextEncoder().encode('CMYK'), 16)),
      'it is for CMYK pixels and not for RGB',
    ],
    ['without its signature', changed((bytes) => bytes.fill(0, 36, 40)), 'it is no ICC profile'],
    ['cut short', matrixProfile.subarray(0, 400), 'its end is missing'],
    ['of nothing', new Uint8Array(), 'it is no ICC profile'],
  ])('%s says why it cannot be used', (_, bytes, problem) => {
    expect(describeProfile(bytes).problem).toBe(problem);
  });

  it('never throws, whatever its bytes', () => {
    for (let at = 0; at < matrixProfile.length; at++)
      for (const value of [0, 0x7f, 0xff])
        expect(() => describeProfile(changed((bytes) => bytes.fill(value, at, at + 4)))).not.toThrow();
  });
});

describe('a slide with a profile', () => {
  const paint = (x: number, y: number) => [x % 256, (y * 3) % 256, (x * y) % 256] as const;
  const open = (colorProfile?: Uint8Array) =>
    openSyntheticSlide({
      width: 512,
      height: 512,
      mpp: 0.5,
      paint,
      ...(colorProfile === undefined ? {} : { image: { colorProfile } }),
    });

  const modelBytes = async (slide: Slide) => {
    const bag = await planBag(slide, { protocol: 'darkest', tilePx: 128, count: 2, downsample: 1 });
    const parts: Buffer[] = [];
    for await (const { rgb } of readBatches(slide, bag, { batchTiles: 1 })) parts.push(Buffer.from(rgb));
    return Buffer.concat(parts);
  };

  it('names it, and gives a model the same bytes as one without', async () => {
    const [managed, plain] = [await open(matrixProfile), await open()];
    expect(managed.info.colorProfile?.name).toBe(matrix?.name);
    expect(plain.info.colorProfile).toBeUndefined();
    const before = await modelBytes(managed);
    expect(before).toHaveLength(2 * 128 * 128 * 3);
    expect(before.equals(await modelBytes(plain))).toBe(true);
    // The screen asks for its colours in between: tiles are shared by a cache.
    const tile = await managed.readTile(0, 0, 0);
    const shown = toScreenColors(tile.data, (await createColorTables(matrixProfile)).srgb);
    expect(Buffer.from(shown.filter((_, i) => i % 4 !== 3)).equals(tile.data)).toBe(false);
    expect(before.equals(await modelBytes(managed))).toBe(true);
  });

  it('opens when the profile is broken, and says so', async () => {
    const slide = await open(matrixProfile.slice(0, 200));
    expect(slide.info.colorProfile).toEqual({ name: 'unnamed', problem: 'its end is missing' });
  });
});
