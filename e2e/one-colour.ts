/** Slides of one colour of a scanner, and what Little CMS makes of that colour. */
import { tiffBytes } from '../src/slide/tiff/write.ts';
import golden from '../src/testing/goldens/color.json' with { type: 'json' };
import { type Rgb, writeTestFile } from './milscope.ts';

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const rgbAt = (bytes: Uint8Array, at: number): Rgb => [
  bytes[at * 3] ?? 0,
  bytes[at * 3 + 1] ?? 0,
  bytes[at * 3 + 2] ?? 0,
];

/** The largest difference of a channel. */
export const distance = (one: Rgb, other: Rgb) => Math.max(...one.map((value, i) => Math.abs(value - (other[i] ?? 0))));

const [profile] = golden.profiles;
export const scannerProfile = { name: profile?.name ?? '', icc: bytesOf(profile?.icc ?? '') };

/** A colour of the scanner as stored, and as the profile says it looks. */
export interface ScannerColour {
  readonly stored: Rgb;
  readonly srgb: Rgb;
  readonly displayP3: Rgb;
}

const [stored, srgb, displayP3] = [golden.colors, profile?.srgb ?? '', profile?.displayP3 ?? ''].map(bytesOf) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

/** In the order of the golden file, where the tissue-like colours stand last. */
export const scannerColours: readonly ScannerColour[] = Array.from({ length: stored.length / 3 }, (_, at) => ({
  stored: rgbAt(stored, at),
  srgb: rgbAt(srgb, at),
  displayP3: rgbAt(displayP3, at),
}));

/** The file of a slide of 1024 x 768 px in one colour, with a profile or without. */
export async function writeOneColour(name: string, colour: Rgb, colorProfile: Uint8Array | undefined) {
  const data = Uint8Array.from({ length: 256 * 256 * 3 }, (_, i) => colour[i % 3] ?? 0);
  const layout = { kind: 'tiles', width: 256, height: 256 } as const;
  const read = () => ({ width: 256, height: 256, data });
  const image = { width: 1024, height: 768, layout, compression: 'deflate', mpp: 0.5, read } as const;
  return writeTestFile(name, await tiffBytes({ images: [colorProfile ? { ...image, colorProfile } : image] }));
}
