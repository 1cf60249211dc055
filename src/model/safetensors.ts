/**
 * Reader and writer of .safetensors: a u64 little-endian header length, a JSON header, then raw row-major numbers.
 * @see https://github.com/huggingface/safetensors#format
 */
import { AppError } from '../errors.ts';
import { DTYPE_BYTES, type StoredDtype, type StoredTensor, type StoredTensors, sizeOf } from './stored-tensor.ts';

/** A header names tensors, so a few MB are plenty; the format itself allows 100 MB. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;

const DTYPES: Readonly<Record<string, StoredDtype>> = {
  F64: 'f64',
  F32: 'f32',
  F16: 'f16',
  BF16: 'bf16',
  I64: 'i64',
  I32: 'i32',
  I16: 'i16',
  I8: 'i8',
  U8: 'u8',
  BOOL: 'bool',
};

/**
 * All tensors of the file; they share its memory.
 * @throws model/invalid when the header does not fit the bytes, tensors overlap or leave holes, or a type is unknown
 */
export function parseSafetensors(bytes: Uint8Array, path: string): StoredTensors {
  const fail = (problem: string): never => {
    throw new AppError({ code: 'model/invalid', path, problem });
  };
  if (bytes.length < 8) fail('it is shorter than a safetensors header');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || 8 + length > bytes.length)
    fail('its safetensors header runs past the end of the file');
  const data = bytes.subarray(8 + length);

  const entries = Object.entries(parseHeader(bytes.subarray(8, 8 + length), fail)).filter(
    ([name]) => name !== '__metadata__',
  );
  const parsed = entries.map(([name, value]) => {
    const entry = value as { dtype?: unknown; shape?: unknown; data_offsets?: unknown } | null;
    const dtype = typeof entry?.dtype === 'string' ? DTYPES[entry.dtype] : undefined;
    if (!dtype) return fail(`tensor ${name} has the type ${String(entry?.dtype)}, which milscope does not read`);
    const shape = entry?.shape;
    const offsets = entry?.data_offsets;
    if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
      return fail(`tensor ${name} is described wrongly`);
    const [begin = 0, end = 0] = offsets;
    if (begin > end || end > data.length) return fail(`tensor ${name} runs past the end of the file`);
    if (end - begin !== sizeOf(shape) * DTYPE_BYTES[dtype]) return fail(`tensor ${name} does not fit its shape`);
    return { name, begin, end, tensor: { dtype, shape, bytes: data.subarray(begin, end) } satisfies StoredTensor };
  });

  let at = 0;
  for (const { name, begin, end } of [...parsed].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) fail(`tensor ${name} ${begin < at ? 'overlaps another' : 'follows a hole'}`);
    at = end;
  }
  if (at !== data.length) fail('bytes follow the last tensor');
  return new Map(parsed.map(({ name, tensor }) => [name, tensor]));
}

function parseHeader(bytes: Uint8Array, fail: (problem: string) => never): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return fail('its safetensors header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    return fail('its safetensors header is not an object');
  return header as Record<string, unknown>;
}

function isSizes(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= 16 &&
    value.every((side) => Number.isSafeInteger(side) && side >= 0) &&
    Number.isSafeInteger(sizeOf(value))
  );
}

/** A .safetensors file of the tensors, in their order; the header is padded to 8 bytes as the reference writer does. */
export function toSafetensors(tensors: StoredTensors): Uint8Array<ArrayBuffer> {
  const names = Object.fromEntries(Object.entries(DTYPES).map(([name, dtype]) => [dtype, name]));
  let offset = 0;
  const header = Object.fromEntries(
    [...tensors].map(([name, { dtype, shape, bytes }]) => {
      const begin = offset;
      offset += bytes.length;
      return [name, { dtype: names[dtype], shape, data_offsets: [begin, offset] }];
    }),
  );
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(8 + length + offset);
  new DataView(out.buffer).setBigUint64(0, BigInt(length), true);
  out.fill(0x20, 8, 8 + length);
  out.set(json, 8);
  let at = 8 + length;
  for (const { bytes } of tensors.values()) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}
