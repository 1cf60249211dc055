/** A small TIFF and the ways to break it, for the case tables. */
import { assert } from '../errors.ts';
import { concat } from '../slide/tiff/tile-bytes.ts';
import { type TiffImageSpec, type TiffSpec, tiffBytes } from '../slide/tiff/write.ts';
import { patchTiff, type TiffPatch } from './patch-tiff.ts';
import { type Paint, pyramidImages } from './synthetic-slide.ts';

const paint: Paint = (x, y) => [200 - (x % 64), 120 + (y % 64), 180 + ((x + y) % 32)];

const made = new Map<string, Promise<Uint8Array>>();

/** 300 x 200 px in tiles of 64 and half of it; made once for each set of options. */
export function pyramid(image: Partial<TiffImageSpec> = {}, file: Omit<TiffSpec, 'images'> = {}): Promise<Uint8Array> {
  const key = JSON.stringify([image, file]);
  const size = { width: 300, height: 200, tile: 64, downsamples: [1, 2], mpp: 0.5 };
  const images = () => pyramidImages({ ...size, compression: 'jpeg', paint, image });
  const known = made.get(key) ?? tiffBytes({ ...file, images: images() });
  made.set(key, known);
  return known;
}

/** A copy of a file, changed. */
export async function patched(made: Promise<Uint8Array>, change: (patch: TiffPatch) => void): Promise<Uint8Array> {
  const patch = patchTiff(await made);
  change(patch);
  return patch.bytes;
}

export const tiff = (change: (patch: TiffPatch) => void) => () => patched(pyramid(), change);
export const deflate = (change: (patch: TiffPatch) => void) => () =>
  patched(pyramid({ compression: 'deflate' }), change);

/** Latin-1 text as a file of at least `length` bytes. */
export const bytesOf =
  (text: string, length = 0) =>
  async () => {
    const out = new Uint8Array(Math.max(length, text.length));
    out.set(Uint8Array.from(text, (char) => char.charCodeAt(0)));
    return out;
  };

/** Bytes of the first tile, as the file has them. */
export function firstTile(patch: TiffPatch): Uint8Array {
  const offset = patch.view.getUint32(
    patch.view.getUint32(patch.entry(324) + 8, patch.littleEndian),
    patch.littleEndian,
  );
  const length = patch.view.getUint32(
    patch.view.getUint32(patch.entry(325) + 8, patch.littleEndian),
    patch.littleEndian,
  );
  assert(offset > 0 && length > 16, 'the first tile has bytes');
  return patch.bytes.subarray(offset, offset + length);
}

/** zlib stream of `size` zeros. */
export async function bomb(size: number): Promise<Uint8Array> {
  const { Zlib } = await import('fflate');
  const parts: Uint8Array[] = [];
  const stream = new Zlib({ level: 6 }, (chunk) => parts.push(chunk));
  const zeros = new Uint8Array(2 ** 20);
  for (let done = 0; done < size; done += zeros.length) stream.push(zeros, done + zeros.length >= size);
  return concat(parts);
}

/** The TIFF with other bytes for tile 0, put at the end of the file. */
export async function withFirstTile(made: Promise<Uint8Array>, bytes: Uint8Array): Promise<Uint8Array> {
  const original = await made;
  const longer = new Uint8Array(original.length + bytes.length);
  longer.set(original);
  longer.set(bytes, original.length);
  return patched(Promise.resolve(longer), (patch) => {
    patch.setElement(324, 0, original.length);
    patch.setElement(325, 0, bytes.length);
  });
}
