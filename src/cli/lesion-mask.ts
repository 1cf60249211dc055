/** Lesion masks: grey PNG of the whole slide at any scale; values of 3 and more are cancer (the phantom's, and Radboud's in PANDA). */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../errors.ts';
import type { SlideInfo } from '../slide/slide.ts';
import type { TileBag } from '../tiling/bag.ts';

const FIRST_LESION_VALUE = 3;

export interface LesionMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  readonly sha256: string;
}

/** The mask `<slide>_mask.png` of a slide in a folder; undefined where there is none. @throws usage when it is no grey PNG */
export async function readLesionMask(folder: string, slideFile: string): Promise<LesionMask | undefined> {
  const stem = path.basename(slideFile).replace(/\.[^.]+$/, '');
  const file = path.join(folder, `${stem}_mask.png`);
  if (!existsSync(file)) return undefined;
  const bytes = await readFile(file);
  const { decode } = await import('fast-png');
  const png = decode(bytes);
  if (png.channels !== 1 || !(png.data instanceof Uint8Array || png.data instanceof Uint8ClampedArray))
    throw new AppError({ code: 'usage', problem: `${file} is no grey PNG of 8 bits.` });
  const data = new Uint8Array(png.data.buffer, png.data.byteOffset, png.data.byteLength);
  return { width: png.width, height: png.height, data, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** [N] 0..1: share of each tile that is lesion; what lies outside the slide is none. */
export function lesionFractions(mask: LesionMask, slide: SlideInfo, bag: TileBag): Float32Array {
  const scaleX = slide.width / mask.width;
  const scaleY = slide.height / mask.height;
  return Float32Array.from({ length: bag.count }, (_, k) => {
    const x = bag.xy[2 * k] ?? 0;
    const y = bag.xy[2 * k + 1] ?? 0;
    // Mask pixels whose middle lies in the tile; at least the one under the tile's middle.
    const [left, right] = cells(x, bag.spanPx, scaleX);
    const [top, bottom] = cells(y, bag.spanPx, scaleY);
    let lesion = 0;
    for (let row = Math.max(0, top); row < Math.min(bottom, mask.height); row++)
      for (let col = Math.max(0, left); col < Math.min(right, mask.width); col++)
        if ((mask.data[row * mask.width + col] ?? 0) >= FIRST_LESION_VALUE) lesion++;
    return lesion / ((right - left) * (bottom - top));
  });
}

function cells(start: number, span: number, scale: number): readonly [number, number] {
  const first = Math.ceil(start / scale - 0.5);
  const end = Math.ceil((start + span) / scale - 0.5);
  if (end > first) return [first, end];
  const middle = Math.floor((start + span / 2) / scale);
  return [middle, middle + 1];
}
