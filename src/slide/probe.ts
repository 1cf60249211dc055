/** What is known of a dropped file before any driver opens it: its first bytes and, for a TIFF, its directories. */
import { isAppError } from '../errors.ts';
import type { ByteSource } from './slide.ts';
import { readTiff, type TiffFile, tiffKind } from './tiff/directories.ts';
import { tagText } from './tiff/tag-values.ts';
import { TAG } from './tiff/tags.ts';

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
/** The tag that only Hamamatsu's files have. */
const NDPI_FORMAT = 65420;

/** @throws slide/corrupt when it starts like a TIFF and its directories are broken; slide/read-failed */
export async function probeFile(source: ByteSource, signal?: AbortSignal): Promise<FileProbe> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.sizeBytes), signal);
  const kind = tiffKind(head);
  const isPast4GiB = kind?.big === false && source.sizeBytes > 2 ** 32;
  const tiff = (isPast4GiB ? await readNdpi(source, signal) : undefined) ?? (kind && (await readTiff(source, signal)));
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

/**
 * Past 4 GiB a classic TIFF is the dialect of NDPI, whose links are 8 bytes wide. Undefined when it is none: a smaller
 * TIFF with something behind it.
 */
async function readNdpi(source: ByteSource, signal: AbortSignal | undefined): Promise<TiffFile | undefined> {
  try {
    const tiff = await readTiff(source, signal, 'ndpi');
    return tiff.directories[0]?.tags.has(NDPI_FORMAT) ? tiff : undefined;
  } catch (error) {
    if (isAppError(error, 'slide/corrupt')) return undefined;
    throw error;
  }
}
