/** Bytes of a block to samples of their own depth, 8 to 64 bits. For channels whose range is chosen when they are shown. */
import { AppError } from '../../errors.ts';
import type { Samples } from '../channels.ts';

export interface WideLayout {
  /** Of the stored block, px. */
  readonly width: number;
  readonly height: number;
  /** Samples a pixel in this block. */
  readonly samples: number;
  readonly bits: number;
  readonly kind: 'unsigned' | 'signed' | 'float';
  /** 1 none, 2 horizontal differencing. */
  readonly predictor: number;
  readonly littleEndian: boolean;
}

type Reader = readonly [
  make: (count: number) => Samples,
  read: (view: DataView, at: number, littleEndian: boolean) => number,
];

const READERS: Readonly<Record<string, Reader>> = {
  unsigned8: [(n) => new Uint8Array(n), (view, at) => view.getUint8(at)],
  signed8: [(n) => new Int8Array(n), (view, at) => view.getInt8(at)],
  unsigned16: [(n) => new Uint16Array(n), (view, at, le) => view.getUint16(at, le)],
  signed16: [(n) => new Int16Array(n), (view, at, le) => view.getInt16(at, le)],
  unsigned32: [(n) => new Uint32Array(n), (view, at, le) => view.getUint32(at, le)],
  signed32: [(n) => new Int32Array(n), (view, at, le) => view.getInt32(at, le)],
  float32: [(n) => new Float32Array(n), (view, at, le) => view.getFloat32(at, le)],
  float64: [(n) => new Float64Array(n), (view, at, le) => view.getFloat64(at, le)],
};

/** True when samples of this kind can be read. */
export function isWideKind(kind: WideLayout['kind'], bits: number): boolean {
  return READERS[`${kind}${bits}`] !== undefined;
}

/**
 * One sample of each pixel, [height,width]. @throws slide/corrupt when bytes are missing
 * @see TIFF 6.0 section 14 (predictor)
 */
export function wideSamples(bytes: Uint8Array, layout: WideLayout, sample: number): Samples {
  const { width, height, samples, bits, kind, predictor, littleEndian } = layout;
  const reader = READERS[`${kind}${bits}`];
  if (!reader) throw new AppError({ code: 'slide/corrupt', where: `samples of ${bits} bits make no sense` });
  const size = bits / 8;
  const needed = width * height * samples * size;
  if (bytes.length < needed)
    throw new AppError({
      code: 'slide/corrupt',
      where: `a block has ${bytes.length} bytes of pixels and needs ${needed}`,
    });
  const [make, read] = reader;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = make(width * height);
  const step = samples * size;
  for (let y = 0, at = sample * size; y < height; y++)
    for (let x = 0, left = 0; x < width; x++, at += step) {
      const i = y * width + x;
      // A typed array wraps what passes its range, as the differences were made.
      out[i] = read(view, at, littleEndian) + left;
      if (predictor === 2) left = out[i] ?? 0;
    }
  return out;
}
