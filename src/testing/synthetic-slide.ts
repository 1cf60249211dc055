/** Small slides made in memory, for the tests of every room. */
import { blobSource } from '../slide/blob-source.ts';
import { openSlide, singleFile } from '../slide/open.ts';
import type { ByteSource, Pixels, Slide } from '../slide/slide.ts';
import { type TiffImageSpec, type TiffSpec, tiffBytes } from '../slide/tiff/write.ts';

/** Colour of a level-0 pixel. */
export type Paint = (x: number, y: number) => readonly [number, number, number];

export interface SyntheticSlide {
  readonly width: number;
  readonly height: number;
  /** Default 256. */
  readonly tile?: number;
  /** Default [1]. */
  readonly downsamples?: readonly number[];
  /** µm per level-0 px; left out when undefined. */
  readonly mpp?: number;
  /** Default 'deflate', which keeps every pixel exact. */
  readonly compression?: TiffImageSpec['compression'];
  readonly image?: Partial<TiffImageSpec>;
  readonly file?: Omit<TiffSpec, 'images'>;
  readonly paint: Paint;
}

/** Pixels of one block of a level: each samples the level-0 pixel in the middle of what it covers. */
export function paintBlock(
  paint: Paint,
  downsample: number,
  rect: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): Pixels {
  const { x, y, width, height } = rect;
  const data = new Uint8Array(width * height * 3);
  const middle = (at: number) => Math.floor((at + 0.5) * downsample);
  for (let dy = 0; dy < height; dy++)
    for (let dx = 0; dx < width; dx++) data.set(paint(middle(x + dx), middle(y + dy)), (dy * width + dx) * 3);
  return { width, height, data };
}

/** The images of a pyramid: one TIFF directory a level. */
export function pyramidImages(slide: SyntheticSlide): TiffImageSpec[] {
  const tile = slide.tile ?? 256;
  return (slide.downsamples ?? [1]).map((downsample) => {
    const width = Math.max(1, Math.floor(slide.width / downsample));
    const height = Math.max(1, Math.floor(slide.height / downsample));
    return {
      width,
      height,
      layout: { kind: 'tiles', width: tile, height: tile },
      compression: slide.compression ?? 'deflate',
      subfileType: downsample === 1 ? 0 : 1,
      ...(slide.mpp === undefined ? {} : { mpp: slide.mpp * downsample }),
      read: (col, row) =>
        paintBlock(slide.paint, downsample, {
          x: col * tile,
          y: row * tile,
          width: Math.min(tile, width - col * tile),
          height: Math.min(tile, height - row * tile),
        }),
      ...slide.image,
    };
  });
}

/** Bytes of a pyramidal TIFF. */
export function syntheticSlideBytes(slide: SyntheticSlide): Promise<Uint8Array> {
  return tiffBytes({ ...slide.file, images: pyramidImages(slide) });
}

/** Bytes as a file that can be dropped. */
export function bytesSource(bytes: Uint8Array, name = 'synthetic.tif'): ByteSource {
  return blobSource(new Blob([bytes.slice()]), name);
}

/** Opens a slide made in memory; the caller closes it. */
export async function openSyntheticSlide(slide: SyntheticSlide): Promise<Slide> {
  return openSlide(singleFile(bytesSource(await syntheticSlideBytes(slide))));
}
