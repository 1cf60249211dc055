/**
 * Writes TIFF and BigTIFF, either byte order: tiled or stripped images in a chain, each with its SubIFDs. Blocks are asked
 * for one at a time and written at once, so memory holds one block and the list of offsets.
 *
 * @see TIFF 6.0; BigTIFF (Aware Systems, 2007); TIFF Technical Note 2 (JPEG in TIFF)
 */
import { AppError, assert } from '../../errors.ts';
import { encodeBlock, padTo } from './write-block.ts';
import { directoryBytes, directorySize, type Entry } from './write-directory.ts';
import type { TiffImageSpec, TiffSpec } from './write-spec.ts';
import { blockSize, layoutEntries, placementEntries } from './write-tags.ts';

export type { TiffImageSpec, TiffSpec };

/** Puts bytes at an offset of the target; called in rising order but for the header, which is written again at the end. */
export type WriteAt = (offset: number, bytes: Uint8Array) => void | Promise<void>;

/**
 * Writes the file and resolves with its size in bytes. @throws usage when a classic TIFF would pass 4 GiB
 */
export async function writeTiff(spec: TiffSpec, write: WriteAt, signal?: AbortSignal): Promise<number> {
  const big = spec.big ?? false;
  const littleEndian = spec.littleEndian ?? true;
  const headerBytes = big ? 16 : 8;
  let at = headerBytes;
  await write(0, new Uint8Array(headerBytes));
  const append = async (bytes: Uint8Array): Promise<number> => {
    const offset = at;
    await write(offset, bytes);
    at += bytes.length;
    if (at % 2 === 1) await write(at++, new Uint8Array(1));
    if (!big && at >= 2 ** 32)
      throw new AppError({ code: 'usage', problem: 'A classic TIFF cannot be larger than 4 GiB; write a BigTIFF.' });
    return offset;
  };

  const writeBlocks = async (image: TiffImageSpec): Promise<Entry[]> => {
    const [blockWidth, blockHeight] = blockSize(image);
    const tiled = image.layout.kind === 'tiles';
    const planes = image.planar ? 3 : 1;
    const cols = Math.ceil(image.width / blockWidth);
    const rows = Math.ceil(image.height / blockHeight);
    const offsets = new Array<number>(cols * rows * planes).fill(0);
    const counts = new Array<number>(cols * rows * planes).fill(0);
    let tables: Uint8Array | undefined;
    for (let row = 0; row < rows; row++)
      for (let col = 0; col < cols; col++) {
        signal?.throwIfAborted();
        const pixels = await image.read(col, row);
        if (!pixels) continue;
        const height = tiled ? blockHeight : Math.min(blockHeight, image.height - row * blockHeight);
        const whole = padTo(pixels, blockWidth, height);
        const encoded = await encodeBlock(image, whole, littleEndian);
        tables = encoded.tables ?? tables;
        for (const [plane, bytes] of encoded.planes.entries()) {
          const index = plane * cols * rows + row * cols + col;
          offsets[index] = await append(bytes);
          counts[index] = bytes.length;
        }
      }
    return [...layoutEntries(image, tables), ...placementEntries(image, offsets, counts, big)];
  };

  interface Directory {
    readonly entries: Entry[];
    readonly subs: Directory[];
    offset: number;
  }
  const build = async (image: TiffImageSpec): Promise<Directory> => {
    const entries = await writeBlocks(image);
    const subs: Directory[] = [];
    for (const sub of image.subImages ?? []) subs.push(await build(sub));
    // Place holders of the right count, so that sizes are known before offsets are.
    if (subs.length > 0) entries.push({ id: 330, type: big ? 18 : 13, values: subs.map(() => 0) });
    entries.sort((a, b) => a.id - b.id);
    return { entries, subs, offset: 0 };
  };
  const directories: Directory[] = [];
  for (const image of spec.images) directories.push(await build(image));
  assert(directories.length > 0, 'a TIFF needs an image');

  let next = at;
  const place = (directory: Directory) => {
    directory.offset = next;
    next += directorySize(directory.entries, big);
    directory.subs.forEach(place);
  };
  directories.forEach(place);
  const emit = async (directory: Directory, following: number): Promise<void> => {
    const entries = directory.entries.map((entry) =>
      entry.id === 330 ? { ...entry, values: directory.subs.map((sub) => sub.offset) } : entry,
    );
    await append(directoryBytes(entries, directory.offset, following, big, littleEndian));
    for (const sub of directory.subs) await emit(sub, 0);
  };
  for (const [i, directory] of directories.entries()) await emit(directory, directories[i + 1]?.offset ?? 0);

  const header = new DataView(new ArrayBuffer(headerBytes));
  header.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  header.setUint16(2, big ? 43 : 42, littleEndian);
  const first = directories[0]?.offset ?? 0;
  if (big) {
    header.setUint16(4, 8, littleEndian);
    header.setBigUint64(8, BigInt(first), littleEndian);
  } else header.setUint32(4, first, littleEndian);
  await write(0, new Uint8Array(header.buffer));
  return at;
}

/** A whole TIFF in memory, for tests and small files. */
export async function tiffBytes(spec: TiffSpec): Promise<Uint8Array> {
  let buffer = new Uint8Array(64 * 1024);
  const size = await writeTiff(spec, (offset, bytes) => {
    if (offset + bytes.length > buffer.length) {
      const larger = new Uint8Array(Math.max(buffer.length * 2, offset + bytes.length));
      larger.set(buffer);
      buffer = larger;
    }
    buffer.set(bytes, offset);
  });
  return buffer.slice(0, size);
}
