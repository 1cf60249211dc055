/** Tensors as weight files hold them: little-endian, row-major, in one of a few number types. */

/** Bytes of one number of each type. */
export const DTYPE_BYTES = {
  f64: 8,
  f32: 4,
  f16: 2,
  bf16: 2,
  i64: 8,
  i32: 4,
  i16: 2,
  i8: 1,
  u8: 1,
  bool: 1,
} as const;

export type StoredDtype = keyof typeof DTYPE_BYTES;

export interface StoredTensor {
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  /** Row-major, little-endian; exactly as long as dtype and shape say. */
  readonly bytes: Uint8Array;
}

/** Tensors by the name they have in the file, in its order. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** Numbers in a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1);
}

/** All values as float32, rounded to nearest where the type is wider. i64 beyond 2^53 loses digits. */
export function toFloat32(tensor: StoredTensor): Float32Array<ArrayBuffer> {
  const size = sizeOf(tensor.shape);
  const { buffer, byteOffset, byteLength } = tensor.bytes;
  const out = new Float32Array(size);
  switch (tensor.dtype) {
    case 'f32':
      // Copied as bytes: offsets in a file need not be multiples of four.
      new Uint8Array(out.buffer).set(tensor.bytes);
      return out;
    case 'f16': {
      const view = new DataView(buffer, byteOffset, byteLength);
      for (let i = 0; i < size; i++) out[i] = HALF[view.getUint16(2 * i, true)] ?? 0;
      return out;
    }
    case 'bf16': {
      // A bfloat16 is the upper half of a float32.
      const halves = new Uint16Array(out.buffer);
      const view = new DataView(buffer, byteOffset, byteLength);
      for (let i = 0; i < size; i++) halves[2 * i + 1] = view.getUint16(2 * i, true);
      return out;
    }
    default: {
      const view = new DataView(buffer, byteOffset, byteLength);
      const read = READERS[tensor.dtype];
      const width = DTYPE_BYTES[tensor.dtype];
      for (let i = 0; i < size; i++) out[i] = read(view, i * width);
      return out;
    }
  }
}

const READERS: Readonly<Record<Exclude<StoredDtype, 'f32' | 'f16' | 'bf16'>, (view: DataView, at: number) => number>> =
  {
    f64: (view, at) => view.getFloat64(at, true),
    i64: (view, at) => Number(view.getBigInt64(at, true)),
    i32: (view, at) => view.getInt32(at, true),
    i16: (view, at) => view.getInt16(at, true),
    i8: (view, at) => view.getInt8(at),
    u8: (view, at) => view.getUint8(at),
    bool: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
  };

/** Value of every 16-bit pattern: 256 kB that make 22 million weights a matter of a tenth of a second. */
const HALF = Float32Array.from({ length: 65_536 }, (_, bits) => halfValue(bits));

/** @see IEEE 754-2019 binary16 */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
