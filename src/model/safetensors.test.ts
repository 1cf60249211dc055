import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import { parseSafetensors, toSafetensors } from './safetensors.ts';
import { type StoredTensors, toFloat32 } from './stored-tensor.ts';

function file(header: unknown, data = new Uint8Array(0)): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function problemOf(bytes: Uint8Array): string {
  try {
    parseSafetensors(bytes, 'w.safetensors');
  } catch (error) {
    if (isAppError(error, 'model/invalid')) return error.info.problem;
    throw error;
  }
  return 'accepted';
}

const numbers = (bytes: number[], dtype: string, shape: number[]) => {
  const tensor = parseSafetensors(
    file({ w: { dtype, shape, data_offsets: [0, bytes.length] } }, new Uint8Array(bytes)),
    'w.safetensors',
  ).get('w');
  return tensor ? [...toFloat32(tensor)] : undefined;
};

describe('parseSafetensors', () => {
  it('reads every kind of number', () => {
    expect(numbers([0, 0, 128, 63, 0, 0, 0, 192], 'F32', [2])).toEqual([1, -2]);
    expect(numbers([0, 0, 0, 0, 0, 0, 240, 63], 'F64', [1, 1])).toEqual([1]);
    // One, the smallest subnormal, the largest number, minus zero and infinity of binary16.
    const halves = [0x00, 0x3c, 0x01, 0x00, 0xff, 0x7b, 0x00, 0x80, 0x00, 0x7c];
    expect(numbers(halves, 'F16', [5])).toEqual([1, 2 ** -24, 65504, -0, Number.POSITIVE_INFINITY]);
    expect(numbers([0x80, 0x3f, 0x49, 0xc0], 'BF16', [2])).toEqual([1, -3.140625]);
    expect(numbers([0, 255], 'U8', [2])).toEqual([0, 255]);
    expect(numbers([128, 127], 'I8', [2])).toEqual([-128, 127]);
    expect(numbers([255, 255, 255, 255, 255, 255, 255, 255], 'I64', [1])).toEqual([-1]);
    expect(numbers([], 'F32', [0, 3])).toEqual([]);
    expect(numbers([0, 0, 128, 63], 'F32', [])).toEqual([1]);
  });

  it('reads numbers that lie at an odd offset', () => {
    const bytes = file(
      {
        __metadata__: { format: 'pt' },
        a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] },
        b: { dtype: 'F32', shape: [1], data_offsets: [1, 5] },
      },
      new Uint8Array([9, 0, 0, 128, 63]),
    );
    const b = parseSafetensors(bytes, 'w.safetensors').get('b');
    expect(b && [...toFloat32(b)]).toEqual([1]);
  });

  it('reads back what toSafetensors wrote', () => {
    const tensors: StoredTensors = new Map([
      ['a.weight', { dtype: 'f16', shape: [2, 1], bytes: new Uint8Array([1, 2, 3, 4]) }],
      ['b', { dtype: 'f32', shape: [], bytes: new Uint8Array([5, 6, 7, 8]) }],
    ]);
    const bytes = toSafetensors(tensors);
    expect(parseSafetensors(bytes, 'w.safetensors')).toEqual(tensors);
    // The reference reader asks for a header of whole 8 bytes.
    expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
  });

  const w = (entry: object) => ({ w: { dtype: 'F32', shape: [1], data_offsets: [0, 4], ...entry } });
  const four = new Uint8Array(4);
  it.each([
    ['nothing', new Uint8Array(3), /shorter than a safetensors header/],
    ['a header of 2^63 bytes', new Uint8Array([0, 0, 0, 0, 0, 0, 0, 128]), /runs past the end/],
    ['a header that is not JSON', file('{"w": '), /not JSON/],
    ['a header that is a list', file([]), /not an object/],
    ['an unknown type', file(w({ dtype: 'F8_E4M3' }), four), /tensor w has the type F8_E4M3/],
    ['a shape that needs other bytes', file(w({ shape: [2] }), four), /tensor w does not fit its shape/],
    ['a shape whose product overflows', file(w({ shape: [2 ** 30, 2 ** 30] }), four), /described wrongly/],
    ['a negative side', file(w({ shape: [-1] }), four), /described wrongly/],
    ['an end beyond the file', file(w({ data_offsets: [0, 8], shape: [2] }), four), /runs past the end/],
    ['an end before the beginning', file(w({ data_offsets: [4, 0] }), four), /runs past the end/],
    ['a hole', file(w({ data_offsets: [4, 8] }), new Uint8Array(8)), /follows a hole/],
    ['two tensors on the same bytes', file({ ...w({}), v: w({}).w }, four), /overlaps another/],
    ['bytes after the last tensor', file(w({}), new Uint8Array(5)), /bytes follow/],
    ['a tensor that is null', file({ w: null }), /tensor w has the type undefined/],
  ])('refuses %s', (_, bytes, problem) => {
    expect(problemOf(bytes)).toMatch(problem);
  });
});
