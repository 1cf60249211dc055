/** Named damage to TIFF bytes, for the case table. */
import { assert } from '../errors.ts';

const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 13: 4, 16: 8, 18: 8 };

/** A copy of a TIFF whose bytes can be patched by directory and tag. */
export interface TiffPatch {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly littleEndian: boolean;
  readonly big: boolean;
  /** Offset of directory `index` of the main chain. */
  directory(index: number): number;
  /** Offset of the 12- or 20-byte entry of a tag. */
  entry(tag: number, index?: number): number;
  /** Replaces the count of a tag; the values stay where they are. */
  setCount(tag: number, count: number, index?: number): void;
  /** Replaces the one value of a tag (SHORT or LONG). */
  setValue(tag: number, value: number, index?: number): void;
  /** Replaces where the values of a tag lie. */
  setPointer(tag: number, offset: number, index?: number): void;
  /** Replaces value `at` of a tag with several values. */
  setElement(tag: number, at: number, value: number, index?: number): void;
  /** Replaces the link to the next directory. */
  setNext(offset: number, index?: number): void;
}

export function patchTiff(original: Uint8Array): TiffPatch {
  const bytes = original.slice();
  const view = new DataView(bytes.buffer);
  const littleEndian = bytes[0] === 0x49;
  const big = view.getUint16(2, littleEndian) === 43;
  const readOffset = (at: number) =>
    big ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian);
  const writeOffset = (at: number, value: number) =>
    big ? view.setBigUint64(at, BigInt(value), littleEndian) : view.setUint32(at, value, littleEndian);
  const countOf = (directory: number) =>
    big ? Number(view.getBigUint64(directory, littleEndian)) : view.getUint16(directory, littleEndian);
  const [countBytes, entryBytes, inline] = big ? [8, 20, 8] : [2, 12, 4];
  const link = (directory: number) => directory + countBytes + countOf(directory) * entryBytes;
  const directory = (index: number) => {
    let at = readOffset(big ? 8 : 4);
    for (let i = 0; i < index; i++) at = readOffset(link(at));
    return at;
  };
  const entry = (tag: number, index = 0) => {
    const start = directory(index) + countBytes;
    for (let i = 0; i < countOf(directory(index)); i++)
      if (view.getUint16(start + i * entryBytes, littleEndian) === tag) return start + i * entryBytes;
    assert(false, `no tag ${tag} to patch`);
  };
  const put = (at: number, size: number, value: number) => {
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, littleEndian);
    else if (size === 4) view.setUint32(at, value, littleEndian);
    else view.setBigUint64(at, BigInt(value), littleEndian);
  };
  return {
    bytes,
    view,
    littleEndian,
    big,
    directory,
    entry,
    setCount: (tag, count, index) => writeOffset(entry(tag, index) + 4, count),
    setPointer: (tag, offset, index) => writeOffset(entry(tag, index) + (big ? 12 : 8), offset),
    setValue(tag, value, index) {
      const at = entry(tag, index);
      put(at + (big ? 12 : 8), TYPE_BYTES[view.getUint16(at + 2, littleEndian)] ?? 4, value);
    },
    setElement(tag, element, value, index) {
      const at = entry(tag, index);
      const size = TYPE_BYTES[view.getUint16(at + 2, littleEndian)] ?? 4;
      const count = big ? Number(view.getBigUint64(at + 4, littleEndian)) : view.getUint32(at + 4, littleEndian);
      const values = at + (big ? 12 : 8);
      put((size * count <= inline ? values : readOffset(values)) + element * size, size, value);
    },
    setNext: (offset, index = 0) => writeOffset(link(directory(index)), offset),
  };
}
