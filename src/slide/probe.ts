/** What is known of a dropped file before any driver opens it: its first bytes and, for a TIFF, its directories. */
import type { ByteSource } from './slide.ts';
import { readTiff, type TiffFile, tagText, tiffKind } from './tiff/directories.ts';
import { TAG } from './tiff/image.ts';

export interface FileProbe {
  readonly name: string;
  readonly sizeBytes: number;
  /** The first 64 KiB, or fewer where the file is shorter. */
  readonly head: Uint8Array;
  readonly tiff: TiffFile | undefined;
  /** Text tags of the first directory, '' where absent, at most 64 KiB of each. */
  readonly description: string;
  readonly make: string;
  readonly software: string;
  readonly xmp: string;
}

const HEAD_BYTES = 64 * 1024;

/** @throws slide/corrupt when it starts like a TIFF and its directories are broken; slide/read-failed */
export async function probeFile(source: ByteSource, signal?: AbortSignal): Promise<FileProbe> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.sizeBytes), signal);
  const kind = tiffKind(head);
  // Past 4 GiB a classic TIFF cannot be: it is the dialect of NDPI, whose links are 8 bytes wide.
  const dialect = kind && !kind.big && source.sizeBytes > 2 ** 32 ? 'ndpi' : 'tiff';
  const tiff = kind ? await readTiff(cachedMetadata(source, head), signal, dialect) : undefined;
  const text = async (id: number) => {
    const tag = tiff?.directories[0]?.tags.get(id);
    return tiff && tag ? tagText(tiff, tag, signal, HEAD_BYTES) : '';
  };
  return {
    name: source.name,
    sizeBytes: source.sizeBytes,
    head,
    tiff: tiff && { ...tiff, source },
    description: await text(TAG.description),
    make: await text(TAG.make),
    software: await text(TAG.software),
    xmp: await text(TAG.xmp),
  };
}

/** Directories are read in many small pieces; each page of 16 KiB is fetched once. At most 1 MiB is kept. */
function cachedMetadata(source: ByteSource, head: Uint8Array): ByteSource {
  const page = 16 * 1024;
  const kept = new Map<number, Uint8Array>();
  return {
    name: source.name,
    sizeBytes: source.sizeBytes,
    async read(offset, length, signal) {
      if (offset + length <= head.length) return head.subarray(offset, offset + length);
      if (length > page) return source.read(offset, length, signal);
      const first = Math.floor(offset / page);
      const parts = [];
      for (let i = first; i * page < offset + length; i++) {
        const known = kept.get(i) ?? (await source.read(i * page, Math.min(page, source.sizeBytes - i * page), signal));
        kept.set(i, known);
        if (kept.size > 64) kept.delete(kept.keys().next().value ?? i);
        parts.push(known);
      }
      const [only, second] = parts;
      const from = offset - first * page;
      if (only && !second) return only.subarray(from, from + length);
      const joined = new Uint8Array(length);
      const head2 = (only ?? joined).subarray(from);
      joined.set(head2);
      if (second) joined.set(second.subarray(0, length - head2.length), head2.length);
      return joined;
    },
  };
}
