/** Numbers of TIFF tags, and what one directory says under them. @see TIFF 6.0 (Adobe, 1992) */
import { AppError } from '../../errors.ts';
import type { TiffDirectory, TiffFile } from './directories.ts';
import { tagNumbers } from './tag-values.ts';

export const TAG = {
  subfileType: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  description: 270,
  make: 271,
  model: 272,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  xResolution: 282,
  yResolution: 283,
  planar: 284,
  resolutionUnit: 296,
  software: 305,
  dateTime: 306,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  subsampling: 530,
  xmp: 700,
  olympus: 33560,
  icc: 34675,
  ndpi: 65420,
} as const;

/** The numbers of one directory's tags, and the words for what is wrong with it. */
export interface TagReader {
  readonly name: string;
  all(id: number): Promise<readonly number[] | undefined>;
  one(id: number): Promise<number | undefined>;
  need(id: number, what: string): Promise<number>;
  unsupported(feature: string): AppError;
}

export function readerOf(
  tiff: TiffFile,
  { tags }: TiffDirectory,
  name: string,
  format: string,
  signal: AbortSignal | undefined,
): TagReader {
  const all = async (id: number) => {
    const tag = tags.get(id);
    return tag && tagNumbers(tiff, tag, signal);
  };
  return {
    name,
    all,
    one: async (id) => (await all(id))?.[0],
    async need(id, what) {
      const value = (await all(id))?.[0];
      if (value === undefined) throw new AppError({ code: 'slide/corrupt', where: `${name} has no ${what}` });
      return value;
    },
    unsupported: (feature) => new AppError({ code: 'slide/unsupported', format, feature }),
  };
}
