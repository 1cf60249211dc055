/**
 * A bounded reader of TIFF and BigTIFF directories, both byte orders. It never allocates what the file merely claims:
 * every count is checked against the file size and a limit first, and the long arrays of tile offsets stay in the file
 * until a tile is wanted.
 *
 * @see TIFF 6.0 (Adobe, 1992), section 2; BigTIFF (Aware Systems, 2007)
 */
import { AppError } from '../../errors.ts';
import { pageCached } from '../page-cache.ts';
import type { ByteSource } from '../slide.ts';
import { type TiffBytes, type TiffTag, TYPE_BYTES, tagNumbers, uint64 } from './tag-values.ts';

const LIMITS = {
  directories: 4096,
  subDirectoryDepth: 2,
  tagsPerDirectory: 4096,
} as const;

const SUB_IFDS = 330;

export interface TiffDirectory {
  readonly offset: number;
  readonly tags: ReadonlyMap<number, TiffTag>;
  readonly subDirectories: readonly TiffDirectory[];
}

export interface TiffFile extends TiffBytes {
  readonly big: boolean;
  /** The main chain, in order. */
  readonly directories: readonly TiffDirectory[];
}

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

/** Byte order and offset width, or undefined when these bytes do not start a TIFF. */
export function tiffKind(head: Uint8Array): { readonly big: boolean; readonly littleEndian: boolean } | undefined {
  const [a, b, c, d] = head;
  if (a !== b || (a !== 0x49 && a !== 0x4d)) return undefined;
  const littleEndian = a === 0x49;
  const version = littleEndian ? c : d;
  if ((littleEndian ? d : c) !== 0 || (version !== 42 && version !== 43)) return undefined;
  return { big: version === 43, littleEndian };
}

/**
 * All directories of a TIFF, without the values of their tags. Offsets are file offsets in bytes.
 * @param dialect 'ndpi': a classic TIFF whose links are 8 bytes wide and whose entries have their upper 32 bits in a list
 *   behind the link, so that it can pass 4 GiB
 * @throws slide/corrupt with the structure that breaks the rules; slide/read-failed
 * @see OpenSlide documentation, "Hamamatsu format", NDPI
 */
export async function readTiff(
  source: ByteSource,
  signal?: AbortSignal,
  dialect: 'tiff' | 'ndpi' = 'tiff',
): Promise<TiffFile> {
  const metadata = pageCached(source);
  const head = await metadata.read(0, Math.min(16, source.sizeBytes), signal);
  const kind = tiffKind(head);
  if (!kind || head.length < (kind.big ? 16 : 8)) throw corrupt('the TIFF header is incomplete');
  const { big, littleEndian } = kind;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (big && (view.getUint16(4, littleEndian) !== 8 || view.getUint16(6, littleEndian) !== 0))
    throw corrupt('the BigTIFF header does not say 8-byte offsets');
  const ndpi = dialect === 'ndpi' && !big && head.length >= 12;
  const first = big
    ? uint64(view, 8, littleEndian)
    : ndpi
      ? uint64(view, 4, littleEndian)
      : view.getUint32(4, littleEndian);

  const visited = new Set<number>();
  const countBytes = big ? 8 : 2;
  const entryBytes = big ? 20 : 12;
  const linkBytes = big || ndpi ? 8 : 4;
  const inlineBytes = big ? 8 : 4;

  const range = async (offset: number, length: number, what: string): Promise<DataView> => {
    if (offset + length > source.sizeBytes)
      throw corrupt(`${what} lies at byte ${offset}, past the end of the file (${source.sizeBytes} bytes)`);
    const bytes = await metadata.read(offset, length, signal);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };

  const readDirectory = async (
    offset: number,
    name: string,
    depth: number,
  ): Promise<{ directory: TiffDirectory; next: number }> => {
    if (visited.has(offset)) throw corrupt(`${name} points back at a directory already read (byte ${offset})`);
    if (visited.size >= LIMITS.directories) throw corrupt(`it has more than ${LIMITS.directories} directories`);
    visited.add(offset);
    const counted = await range(offset, countBytes, name);
    const count = big ? uint64(counted, 0, littleEndian) : counted.getUint16(0, littleEndian);
    if (count === 0) throw corrupt(`${name} has no tags`);
    if (count > LIMITS.tagsPerDirectory) throw corrupt(`${name} claims ${count} tags`);
    const body = await range(offset + countBytes, count * entryBytes + linkBytes, name);
    const highAt = offset + countBytes + count * entryBytes + linkBytes;
    // Only files past 4 GiB need the list, and older software left it out of the others.
    const highs =
      ndpi && source.sizeBytes > 2 ** 32 ? await range(highAt, count * 4, `the upper halves of ${name}`) : undefined;
    const tags = new Map<number, TiffTag>();
    for (let i = 0; i < count; i++) {
      const at = i * entryBytes;
      const id = body.getUint16(at, littleEndian);
      const type = body.getUint16(at + 2, littleEndian);
      const values = big ? uint64(body, at + 4, littleEndian) : body.getUint32(at + 4, littleEndian);
      const size = TYPE_BYTES[type];
      if (size === undefined || values === 0 || tags.has(id)) continue;
      const bytes = values * size;
      const valueAt = at + (big ? 12 : 8);
      const elsewhere = big ? uint64(body, valueAt, littleEndian) : body.getUint32(valueAt, littleEndian);
      const isInline = bytes <= inlineBytes;
      const high = highs?.getUint32(i * 4, littleEndian) ?? 0;
      const valueOffset = isInline ? offset + countBytes + valueAt : elsewhere + high * 2 ** 32;
      tags.set(id, { id, type, count: values, offset: valueOffset, bytes, high: isInline && values === 1 ? high : 0 });
    }
    const link = count * entryBytes;
    const next = linkBytes === 8 ? uint64(body, link, littleEndian) : body.getUint32(link, littleEndian);
    const subDirectories: TiffDirectory[] = [];
    const subTag = tags.get(SUB_IFDS);
    if (subTag && depth < LIMITS.subDirectoryDepth) {
      if (subTag.count > LIMITS.directories) throw corrupt(`${name} claims ${subTag.count} subdirectories`);
      const offsets = await tagNumbers({ source, metadata, littleEndian }, subTag, signal);
      for (const [index, subOffset] of offsets.entries()) {
        const sub = await readDirectory(subOffset, `subdirectory ${index} of ${name}`, depth + 1);
        subDirectories.push(sub.directory);
      }
    }
    return { directory: { offset, tags, subDirectories }, next };
  };

  const directories: TiffDirectory[] = [];
  for (let offset = first; offset !== 0; ) {
    signal?.throwIfAborted();
    const { directory, next } = await readDirectory(offset, `directory ${directories.length}`, 0);
    directories.push(directory);
    offset = next;
  }
  if (directories.length === 0) throw corrupt('it has no directories');
  return { source, metadata, big, littleEndian, directories };
}
