/** Tiny TIFF files by hand, right and wrong: nothing of the project writes them, so nothing of it can hide a mistake. */

/** One entry of a directory; all values LONG. */
export interface Tag {
  readonly tag: number;
  readonly value: number;
  /** What the entry claims, where that is not the truth. */
  readonly count?: number;
}

const HEADER_BYTES = 8;

/** A classic little-endian TIFF with one directory; `next` is where the entry says that another one is. */
export function smallTiff(tags: readonly Tag[], options: { next?: number; extraBytes?: number } = {}): Uint8Array {
  const directoryBytes = 2 + 12 * tags.length + 4;
  const bytes = new Uint8Array(HEADER_BYTES + directoryBytes + (options.extraBytes ?? 0));
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0]);
  view.setUint32(4, HEADER_BYTES, true);
  view.setUint16(HEADER_BYTES, tags.length, true);
  tags.forEach(({ tag, value, count = 1 }, index) => {
    const at = HEADER_BYTES + 2 + 12 * index;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, 4, true);
    view.setUint32(at + 4, count, true);
    view.setUint32(at + 8, value, true);
  });
  view.setUint32(HEADER_BYTES + 2 + 12 * tags.length, options.next ?? 0, true);
  return bytes;
}

/** A grey 256 x 256 image of one tile, with whatever is changed. */
export function oneTile(changes: Readonly<Record<number, { value: number; count?: number }>> = {}): Uint8Array {
  const values: Record<number, { value: number; count?: number }> = {
    256: { value: 256 },
    257: { value: 256 },
    258: { value: 8 },
    259: { value: 1 },
    262: { value: 1 },
    277: { value: 1 },
    322: { value: 256 },
    323: { value: 256 },
    324: { value: 200 },
    325: { value: 256 * 256 },
    ...changes,
  };
  const tags = Object.keys(values)
    .map(Number)
    .sort((a, b) => a - b)
    .map((tag) => ({ tag, value: 0, ...values[tag] }));
  return smallTiff(tags, { extraBytes: 200 + 256 * 256 });
}
