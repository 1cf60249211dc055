/** Directories of a TIFF or BigTIFF as bytes: entries, and behind them the values that do not fit in one. @see TIFF 6.0 section 2 */

export interface Entry {
  readonly id: number;
  readonly type: 2 | 3 | 4 | 5 | 7 | 13 | 16 | 18;
  /** Numbers, or numerator and denominator in turn for rationals. */
  readonly values: readonly number[] | Uint8Array;
}

const TYPE_BYTES = { 2: 1, 3: 2, 4: 4, 5: 4, 7: 1, 13: 4, 16: 8, 18: 8 } as const;

const valueBytes = ({ type, values }: Entry) => values.length * TYPE_BYTES[type];
const even = (size: number) => size + (size % 2);

export function directorySize(entries: readonly Entry[], big: boolean): number {
  const inline = big ? 8 : 4;
  const outside = entries.map(valueBytes).filter((size) => size > inline);
  return (big ? 16 : 6) + entries.length * (big ? 20 : 12) + outside.reduce((sum, size) => sum + even(size), 0);
}

export function directoryBytes(
  entries: readonly Entry[],
  offset: number,
  following: number,
  big: boolean,
  littleEndian: boolean,
): Uint8Array {
  const inline = big ? 8 : 4;
  const view = new DataView(new ArrayBuffer(directorySize(entries, big)));
  const putOffset = (at: number, value: number) =>
    big ? view.setBigUint64(at, BigInt(value), littleEndian) : view.setUint32(at, value, littleEndian);
  if (big) view.setBigUint64(0, BigInt(entries.length), littleEndian);
  else view.setUint16(0, entries.length, littleEndian);
  let at = big ? 8 : 2;
  let outside = at + entries.length * (big ? 20 : 12) + (big ? 8 : 4);
  for (const entry of entries) {
    const { id, type, values } = entry;
    const size = TYPE_BYTES[type];
    view.setUint16(at, id, littleEndian);
    view.setUint16(at + 2, type, littleEndian);
    putOffset(at + 4, type === 5 ? values.length / 2 : values.length);
    let target = at + (big ? 12 : 8);
    if (valueBytes(entry) > inline) {
      putOffset(target, offset + outside);
      target = outside;
      outside += even(valueBytes(entry));
    }
    values.forEach((value: number, i: number) => {
      if (size === 1) view.setUint8(target + i, value);
      else if (size === 2) view.setUint16(target + i * 2, value, littleEndian);
      else if (size === 4) view.setUint32(target + i * 4, value, littleEndian);
      else view.setBigUint64(target + i * 8, BigInt(value), littleEndian);
    });
    at += big ? 20 : 12;
  }
  putOffset(at, following);
  return new Uint8Array(view.buffer);
}
