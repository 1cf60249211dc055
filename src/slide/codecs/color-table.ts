/** From the colours of a scanner to those of a screen, as a table made once by Little CMS. For the eye: never for a model. */
import { AppError } from '../../errors.ts';
import { renderingIntent, type ScreenSpace } from '../color-profile.ts';
import { displayP3Profile } from './display-p3.ts';
import { readWasm } from './wasm.ts';

/** Points on each axis: what Little CMS itself takes for 8-bit pixels. */
const POINTS = 33;
const STEPS = POINTS - 1;
/** Distance in the table from one point to the next on each axis. */
const NEXT_R: number = POINTS * POINTS * 3;
const NEXT_G: number = POINTS * 3;
const NEXT_B: number = 3;

export interface ColorTable {
  /** Of the colours it gives. */
  readonly space: ScreenSpace;
  /** What becomes of 33 x 33 x 33 colours, red slowest, 0..255. */
  readonly points: Float32Array;
}

export type ColorTables = Readonly<Record<ScreenSpace, ColorTable>>;

/**
 * The tables from the pixels of an RGB profile to the colours of a screen, one for each kind of screen, with the rendering
 * intent that the profile prefers and without black point compensation, as OpenSlide's documentation recommends to its
 * users. The library and its memory are gone when this resolves.
 * @throws slide/unsupported when the profile cannot be used
 * @see https://openslide.org/api/python/#color-management
 */
export async function createColorTables(profile: Uint8Array): Promise<ColorTables> {
  const [{ default: instantiate, TYPE_RGB_16, cmsFLAGS_NOOPTIMIZE }, wasmBinary] = await Promise.all([
    import('lcms-wasm'),
    readWasm('lcms-wasm/dist/lcms.wasm'),
  ]);
  const unusable = (cause?: unknown) =>
    new AppError(
      { code: 'slide/unsupported', format: 'ICC profile', feature: 'its colours' },
      cause === undefined ? undefined : { cause },
    );
  try {
    const lcms = await instantiate({ wasmBinary, print: () => {}, printErr: () => {} });
    const opened = (icc: Uint8Array) => {
      const bytes = lcms._malloc(icc.length);
      lcms.HEAPU8.set(icc, bytes);
      return lcms._cmsOpenProfileFromMem(bytes, icc.length);
    };
    const grid = gridColors();
    const [input, output] = [lcms._malloc(grid.byteLength), lcms._malloc(grid.byteLength)];
    const from = opened(profile);
    if (!input || !output || !from) throw unusable();
    lcms.HEAPU8.set(new Uint8Array(grid.buffer), input);
    const tableTo = (space: ScreenSpace, to: number): ColorTable => {
      const intent = renderingIntent(profile);
      const transform = to && lcms._cmsCreateTransform(from, TYPE_RGB_16, to, TYPE_RGB_16, intent, cmsFLAGS_NOOPTIMIZE);
      if (!transform) throw unusable();
      lcms._cmsDoTransform(transform, input, output, grid.length / 3);
      const copy = lcms.HEAPU8.slice(output, output + grid.byteLength);
      return { space, points: Float32Array.from(new Uint16Array(copy.buffer), (value) => value / 257) };
    };
    return {
      srgb: tableTo('srgb', lcms.cmsCreate_sRGBProfile()),
      'display-p3': tableTo('display-p3', opened(displayP3Profile())),
    };
  } catch (error) {
    throw error instanceof AppError ? error : unusable(error);
  }
}

/** All colours of the grid, 16 bits a channel. */
function gridColors(): Uint16Array {
  const colors = new Uint16Array(POINTS ** 3 * 3);
  const level = (step: number) => Math.round((step * 65535) / STEPS);
  let at = 0;
  for (let r = 0; r < POINTS; r++)
    for (let g = 0; g < POINTS; g++)
      for (let b = 0; b < POINTS; b++) {
        colors[at++] = level(r);
        colors[at++] = level(g);
        colors[at++] = level(b);
      }
  return colors;
}

/** For each value of a channel the point below it, and how far it is from there to the next, 0..1. */
const BELOW = Uint8Array.from({ length: 256 }, (_, value) => Math.min(STEPS - 1, Math.floor((value * STEPS) / 255)));
const BEYOND = Float32Array.from({ length: 256 }, (_, value) => (value * STEPS) / 255 - (BELOW[value] ?? 0));

/**
 * RGB pixels as RGBA for the screen, through the table where one is given; the pixels are left as they are. Between the
 * points of the table: linear in the tetrahedron around the colour, which keeps greys grey.
 * @see Kasson, Nin, Plouffe and Hafner, "Performing color space conversions with three-dimensional linear interpolation", 1995
 */
export function toScreenColors(rgb: Uint8Array, table: ColorTable | undefined): Uint8ClampedArray<ArrayBuffer> {
  const count = Math.floor(rgb.length / 3);
  const rgba = new Uint8ClampedArray(count * 4);
  let last = -1;
  for (let i = 0, from = 0, to = 0; i < count; i++, from += 3, to += 4) {
    const r = rgb[from] ?? 0;
    const g = rgb[from + 1] ?? 0;
    const b = rgb[from + 2] ?? 0;
    rgba[to + 3] = 255;
    const color = (r << 16) | (g << 8) | b;
    if (table === undefined) {
      rgba[to] = r;
      rgba[to + 1] = g;
      rgba[to + 2] = b;
    } else if (color === last) rgba.copyWithin(to, to - 4, to);
    else interpolate(table.points, r, g, b, rgba, to);
    last = color;
  }
  return rgba;
}

function interpolate(table: Float32Array, r: number, g: number, b: number, out: Uint8ClampedArray, to: number): void {
  // From the lower corner to the upper along the axes, the one with the largest part first. No arrays: this is a pixel.
  let first = NEXT_R;
  let second = NEXT_G;
  let third = NEXT_B;
  let large = BEYOND[r] ?? 0;
  let middle = BEYOND[g] ?? 0;
  let small = BEYOND[b] ?? 0;
  let step = 0;
  let part = 0;
  const at = (BELOW[r] ?? 0) * NEXT_R + (BELOW[g] ?? 0) * NEXT_G + (BELOW[b] ?? 0) * NEXT_B;
  if (large < middle) {
    step = first;
    first = second;
    second = step;
    part = large;
    large = middle;
    middle = part;
  }
  if (middle < small) {
    step = second;
    second = third;
    third = step;
    part = middle;
    middle = small;
    small = part;
  }
  if (large < middle) {
    step = first;
    first = second;
    second = step;
    part = large;
    large = middle;
    middle = part;
  }
  const one = at + first;
  const two = one + second;
  const three = two + third;
  for (let k = 0; k < 3; k++)
    out[to + k] =
      (table[at + k] ?? 0) * (1 - large) +
      (table[one + k] ?? 0) * (large - middle) +
      (table[two + k] ?? 0) * (middle - small) +
      (table[three + k] ?? 0) * small;
}
