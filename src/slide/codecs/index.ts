/** Compression id of TIFF to decoder. */
import { AppError } from '../../errors.ts';
import { inflate, unLzw, unpackBits, unZstd } from './bounded.ts';
import { decodeJpeg } from './jpeg.ts';
import { decodeJpeg2000 } from './jpeg2000.ts';
import { unLerc } from './lerc.ts';
import { rowBytes, type SampleLayout, toSamples } from './sample-bytes.ts';
import { decodeWebp } from './webp.ts';

export interface BlockLayout extends SampleLayout {
  readonly compression: number;
  readonly photometric: number;
  readonly jpegTables: Uint8Array | undefined;
  /** Of a whole block; `height` is less for the last strip. */
  readonly maxHeight: number;
}

/** Samples of a block, [height,width,samples] uint8. `rgb` is true when the codec has already made RGB or grey of them. */
export interface Block {
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  readonly data: Uint8Array;
  readonly rgb: boolean;
}

type Decode = (bytes: Uint8Array, layout: BlockLayout) => Promise<Block>;

/** Compressed bytes to at most `size` bytes of samples. */
type Unpack = (bytes: Uint8Array, size: number) => Uint8Array | Promise<Uint8Array>;

const bytesCodec = (name: string, unpack: Unpack): Codec => ({
  name,
  unpack,
  async decode(bytes, layout) {
    const { width, height, samples } = layout;
    const unpacked = await unpack(bytes, rowBytes(layout) * height);
    return { width, height, samples, data: toSamples(unpacked, layout), rgb: false };
  },
  selfDescribing: false,
});

const jpeg: Decode = async (bytes, layout) => {
  // A JPEG of three samples that the TIFF calls neither RGB nor YCbCr is what libjpeg makes of its markers.
  const color = layout.photometric === 2 ? 'rgb' : layout.photometric === 6 ? 'ycbcr' : 'as-marked';
  const { components, ...rest } = await decodeJpeg(bytes, layout.jpegTables, color, layout);
  return { ...rest, samples: components, rgb: true };
};

const jpeg2000 =
  (color: 'rgb' | 'ycbcr' | undefined): Decode =>
  async (bytes, layout) => {
    const { components, ...rest } = await decodeJpeg2000(
      bytes,
      color ?? (layout.photometric === 6 ? 'ycbcr' : 'rgb'),
      layout,
    );
    return { ...rest, samples: components, rgb: true };
  };

/** JPEG, a JPEG 2000 codestream, or one in a JP2 file. @see ISO/IEC 10918-1 table B.1; ISO/IEC 15444-1 annexes A.4.1, I.5.1 */
const CODED_STARTS = [
  [0xff, 0xd8],
  [0xff, 0x4f],
  [0, 0, 0, 12],
];

/** Whether the bytes of a block of compression 33007 begin as something that is read of it. */
export function isCodedBlock(bytes: Uint8Array): boolean {
  return CODED_STARTS.some((start) => start.every((byte, i) => bytes[i] === byte));
}

/** What is said of blocks of 33007 that are neither. */
export const RAW_33007 = 'compression 33007 with tiles that are neither JPEG nor JPEG 2000 (perhaps raw YCbCr)';

/** Makers have used this id for both. */
const jpegOfAnyKind: Decode = (bytes, layout) =>
  bytes[0] === 0xff && bytes[1] === 0xd8 ? jpeg(bytes, layout) : jpeg2000(undefined)(bytes, layout);

const webp: Decode = async (bytes, layout) => {
  const { width, height, samples } = layout;
  const rgba = await decodeWebp(bytes, width, height);
  if (samples === 4) return { width, height, samples, data: rgba, rgb: false };
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set(rgba.subarray(i * 4, i * 4 + 3), i * 3);
  return { width, height, samples: 3, data, rgb: true };
};

/** No predictor and no byte order of the file's: LERC keeps numbers. */
const lerc: Decode = async (bytes, layout) => {
  const { width, height, samples } = layout;
  const unpacked = await unLerc(bytes, layout);
  const data = toSamples(unpacked, { ...layout, predictor: 1, littleEndian: true });
  return { width, height, samples, data, rgb: false };
};

interface Codec {
  /** What a person calls it. */
  readonly name: string;
  readonly decode: Decode;
  /** For a codec of plain bytes: the samples as they are stored, whatever their depth. */
  readonly unpack?: Unpack;
  /** True when the coded stream holds its own size and pixel layout. */
  readonly selfDescribing: boolean;
}

const CODECS: ReadonlyMap<number, Codec> = new Map<number, Codec>([
  [1, bytesCodec('uncompressed', (bytes) => bytes.slice())],
  [5, bytesCodec('LZW', unLzw)],
  [7, { name: 'JPEG', decode: jpeg, selfDescribing: true }],
  [8, bytesCodec('Deflate', inflate)],
  [32773, bytesCodec('PackBits', unpackBits)],
  [33003, { name: 'JPEG 2000', decode: jpeg2000('ycbcr'), selfDescribing: true }],
  // What libvips writes: YCbCr, whatever the photometric tag says.
  [33004, { name: 'JPEG 2000', decode: jpeg2000('ycbcr'), selfDescribing: true }],
  [33005, { name: 'JPEG 2000', decode: jpeg2000('rgb'), selfDescribing: true }],
  [33007, { name: 'JPEG', decode: jpegOfAnyKind, selfDescribing: true }],
  [34887, { name: 'LERC', decode: lerc, selfDescribing: false }],
  [34712, { name: 'JPEG 2000', decode: jpeg2000(undefined), selfDescribing: true }],
  [32946, bytesCodec('Deflate', inflate)],
  [50000, bytesCodec('ZSTD', unZstd)],
  [50001, { name: 'WebP', decode: webp, selfDescribing: true }],
]);

/** Names of compressions that are known and not read. */
const UNREAD: Readonly<Record<number, string>> = {
  2: 'CCITT compression',
  3: 'CCITT fax compression',
  4: 'CCITT fax compression',
  6: 'old-style JPEG compression',
  34925: 'LZMA compression',
  50002: 'JPEG XL compression',
};

/** The codec of a compression id. @throws slide/unsupported, naming `format` and the compression */
export function codecFor(compression: number, format: string): Codec {
  const codec = CODECS.get(compression);
  if (codec) return codec;
  const feature = UNREAD[compression] ?? `compression ${compression}`;
  throw new AppError({ code: 'slide/unsupported', format, feature });
}
