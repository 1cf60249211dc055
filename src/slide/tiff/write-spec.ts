/** What is to be written: the images of a TIFF and how each is stored. */
import type { Subsampling } from '../codecs/jpeg.ts';
import type { Pixels } from '../slide.ts';

export interface TiffImageSpec {
  readonly width: number;
  readonly height: number;
  readonly layout:
    | { readonly kind: 'tiles'; readonly width: number; readonly height: number }
    | { readonly kind: 'strips'; readonly rows: number };
  readonly compression: 'none' | 'deflate' | 'lzw' | 'jpeg';
  /** How the samples are stored; 'ycbcr' for JPEG only. Default: 'ycbcr' for JPEG, else 'rgb'. */
  readonly color?: 'rgb' | 'ycbcr' | 'gray';
  /** 8 (default) or 16; 16 stores v * 257. */
  readonly bits?: 8 | 16;
  /** 2: horizontal differencing. Not for JPEG. */
  readonly predictor?: 1 | 2;
  /** One plane for each colour. Not for JPEG. */
  readonly planar?: boolean;
  readonly quality?: number;
  readonly subsampling?: Subsampling;
  /** JPEG tables once in their own tag (default) or in every tile. */
  readonly sharedTables?: boolean;
  /** µm per px, written as pixels per cm. */
  readonly mpp?: number;
  readonly description?: string;
  readonly software?: string;
  /** More text tags, by number. */
  readonly texts?: Readonly<Record<number, string>>;
  /** XML of the tag that scanners use for their metadata. */
  readonly xmp?: string;
  /** Resolution tags as they are, where a maker gives them another meaning; without a unit. */
  readonly resolution?: readonly [number, number];
  /** ICC profile of the pixels. */
  readonly colorProfile?: Uint8Array;
  /** How rows and columns lie in the picture, 1..8, or a number that makes no sense; left out when undefined. */
  readonly orientation?: number;
  /** 1 = reduced image, 9 = macro of Aperio. Default 0. */
  readonly subfileType?: number;
  /**
   * RGB pixels of one block; narrower or lower than the block where it is clipped by the image. Undefined leaves the block
   * out (offset and size 0).
   */
  readonly read: (col: number, row: number) => Pixels | undefined | Promise<Pixels | undefined>;
  readonly subImages?: readonly TiffImageSpec[];
}

export interface TiffSpec {
  /** BigTIFF: offsets of 8 bytes. */
  readonly big?: boolean;
  /** Default true. */
  readonly littleEndian?: boolean;
  readonly images: readonly TiffImageSpec[];
}
