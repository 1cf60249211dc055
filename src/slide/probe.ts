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
  const tiff = kind ? await readTiff(source, signal, dialect) : undefined;
  const text = async (id: number) => {
    const tag = tiff?.directories[0]?.tags.get(id);
    return tiff && tag ? tagText(tiff, tag, signal, HEAD_BYTES) : '';
  };
  return {
    name: source.name,
    sizeBytes: source.sizeBytes,
    head,
    tiff,
    description: await text(TAG.description),
    make: await text(TAG.make),
    software: await text(TAG.software),
    xmp: await text(TAG.xmp),
  };
}
