/**
 * The segments of a CZI file: header, directory of subblocks, metadata, attachments. All little-endian; each segment starts
 * with its name (16 bytes), the bytes set aside for it and the bytes used.
 * @see Carl Zeiss Microscopy, "ZISRAW (CZI) File Format Design Specification", 1.2.2
 */
import { AppError } from '../../errors.ts';
import type { ByteSource } from '../slide.ts';

const HEADER_BYTES = 32;

const LIMITS = {
  directoryBytes: 256 * 2 ** 20,
  /** A subblock has a segment of its own, of 288 bytes at least. */
  subblockBytes: 288,
  metadataBytes: 16 * 2 ** 20,
  dimensions: 40,
  attachments: 4096,
  /** px */
  edge: 2 ** 31,
  subblockPixels: 64 * 2 ** 20,
} as const;

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

const latin1 = new TextDecoder('latin1');
const textOf = (bytes: Uint8Array) => latin1.decode(bytes).replace(/\0[\s\S]*$/, '');
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const int64 = (view: DataView, at: number) => Number(view.getBigInt64(at, true));

export interface Dimension {
  readonly start: number;
  /** In level-0 pixels for X and Y. */
  readonly size: number;
  /** As stored. */
  readonly stored: number;
}

export interface Subblock {
  readonly pixelType: number;
  readonly compression: number;
  /** Of its segment in the file. */
  readonly position: number;
  /** Bytes of its directory entry. */
  readonly entryBytes: number;
  readonly x: Dimension;
  readonly y: Dimension;
  /** Where it lies on the other axes, by their letter: C, Z, T, S(cene), M(osaic), H, ... */
  readonly at: Readonly<Record<string, number>>;
}

export interface Attachment {
  readonly name: string;
  /** 'JPG', 'CZI', ... */
  readonly type: string;
  readonly position: number;
}

export interface CziFile {
  readonly source: ByteSource;
  readonly subblocks: readonly Subblock[];
  readonly attachments: readonly Attachment[];
  /** '' where the file has none. */
  readonly xml: string;
}

export function isCzi(head: Uint8Array): boolean {
  return textOf(head.subarray(0, 16)) === 'ZISRAWFILE';
}

/** Offset and size of what follows the header of a segment. @throws slide/corrupt when it is another one */
async function segmentAt(
  source: ByteSource,
  position: number,
  id: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly offset: number; readonly size: number }> {
  if (!(position > 0) || position % 1 !== 0 || position + HEADER_BYTES > source.sizeBytes)
    throw corrupt(`its ${id} segment lies at byte ${position}, past the end of the file`);
  const header = await source.read(position, HEADER_BYTES, signal);
  const found = textOf(header.subarray(0, 16));
  if (found !== id) throw corrupt(`there is no ${id} segment at byte ${position}`);
  const view = viewOf(header);
  const used = int64(view, 24);
  const size = used > 0 ? used : int64(view, 16);
  const offset = position + HEADER_BYTES;
  if (size < 0 || offset + size > source.sizeBytes)
    throw corrupt(`its ${id} segment at byte ${position} claims ${size} bytes`);
  return { offset, size };
}

/** Header, directories and metadata. @throws slide/corrupt, slide/unsupported, slide/read-failed */
export async function readCzi(source: ByteSource, signal?: AbortSignal): Promise<CziFile> {
  if (source.sizeBytes < HEADER_BYTES + 80) throw corrupt('the CZI header is incomplete');
  const header = viewOf(await source.read(HEADER_BYTES, 80, signal));
  if (header.getInt32(48, true) !== 0)
    throw new AppError({ code: 'slide/unsupported', format: 'Zeiss CZI', feature: 'slides in several files' });
  const directory = int64(header, 52);
  const metadata = int64(header, 60);
  const attachments = int64(header, 72);
  return {
    source,
    subblocks: await readDirectory(source, directory, signal),
    attachments: attachments > 0 ? await readAttachmentDirectory(source, attachments, signal) : [],
    xml: metadata > 0 ? await readMetadata(source, metadata, signal) : '',
  };
}

async function readDirectory(
  source: ByteSource,
  position: number,
  signal: AbortSignal | undefined,
): Promise<Subblock[]> {
  const { offset, size } = await segmentAt(source, position, 'ZISRAWDIRECTORY', signal);
  if (size < 128 || size > LIMITS.directoryBytes) throw corrupt(`its directory claims ${size} bytes`);
  const bytes = await source.read(offset, size, signal);
  const view = viewOf(bytes);
  const count = view.getInt32(0, true);
  if (count < 0 || count * LIMITS.subblockBytes > source.sizeBytes)
    throw corrupt(`its directory claims ${count} images`);
  const subblocks: Subblock[] = [];
  let at = 128;
  for (let i = 0; i < count; i++) {
    const subblock = subblockAt(view, bytes, at, i);
    subblocks.push(subblock);
    at += subblock.entryBytes;
  }
  return subblocks;
}

function subblockAt(view: DataView, bytes: Uint8Array, at: number, index: number): Subblock {
  if (at + 32 > bytes.length) throw corrupt(`its directory ends before image ${index}`);
  const schema = textOf(bytes.subarray(at, at + 2));
  if (schema !== 'DV') throw corrupt(`image ${index} of its directory is of the kind ${schema}`);
  const count = view.getInt32(at + 28, true);
  const entryBytes = 32 + count * 20;
  if (count < 0 || count > LIMITS.dimensions || at + entryBytes > bytes.length)
    throw corrupt(`image ${index} of its directory claims ${count} dimensions`);
  if (view.getInt32(at + 14, true) !== 0)
    throw new AppError({ code: 'slide/unsupported', format: 'Zeiss CZI', feature: 'slides in several files' });
  const dimensions = new Map<string, Dimension>();
  for (let i = 0; i < count; i++) {
    const from = at + 32 + i * 20;
    const size = view.getInt32(from + 8, true);
    const stored = view.getInt32(from + 16, true);
    dimensions.set(textOf(bytes.subarray(from, from + 4)), {
      start: view.getInt32(from + 4, true),
      size,
      stored: stored > 0 ? stored : size,
    });
  }
  const x = dimensions.get('X');
  const y = dimensions.get('Y');
  const isSize = ({ size, stored }: Dimension) => size > 0 && size < LIMITS.edge && stored > 0;
  if (!x || !y || !isSize(x) || !isSize(y) || x.stored * y.stored > LIMITS.subblockPixels)
    throw corrupt(`image ${index} of its directory is ${x?.stored} x ${y?.stored} px`);
  return {
    pixelType: view.getInt32(at + 2, true),
    position: int64(view, at + 6),
    compression: view.getInt32(at + 18, true),
    entryBytes,
    x,
    y,
    at: Object.fromEntries([...dimensions].map(([name, { start }]) => [name, start])),
  };
}

async function readMetadata(source: ByteSource, position: number, signal: AbortSignal | undefined): Promise<string> {
  const { offset, size } = await segmentAt(source, position, 'ZISRAWMETADATA', signal);
  if (size < 256) throw corrupt('its metadata segment is cut short');
  const length = viewOf(await source.read(offset, 8, signal)).getInt32(0, true);
  if (length < 0 || length > LIMITS.metadataBytes || 256 + length > size)
    throw corrupt(`its metadata claims ${length} bytes`);
  return new TextDecoder().decode(await source.read(offset + 256, length, signal)).replace(/\0+$/, '');
}

async function readAttachmentDirectory(
  source: ByteSource,
  position: number,
  signal: AbortSignal | undefined,
): Promise<Attachment[]> {
  const { offset, size } = await segmentAt(source, position, 'ZISRAWATTDIR', signal);
  if (size < 256) return [];
  const count = viewOf(await source.read(offset, 4, signal)).getInt32(0, true);
  if (count < 0 || count > LIMITS.attachments) throw corrupt(`it claims ${count} attachments`);
  // Writers count the entries, and not always the room before them.
  const length = Math.min(count * 128, source.sizeBytes - offset - 256);
  const bytes = await source.read(offset + 256, length, signal);
  const view = viewOf(bytes);
  return Array.from({ length: Math.floor(length / 128) }, (_, i) => ({
    position: int64(view, i * 128 + 12),
    type: textOf(bytes.subarray(i * 128 + 40, i * 128 + 48)),
    name: textOf(bytes.subarray(i * 128 + 48, i * 128 + 128)),
  }));
}

/** Where the stored pixels of a subblock lie. @throws slide/corrupt */
export async function subblockData(
  { source }: CziFile,
  { position, entryBytes }: Subblock,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { offset, size } = await segmentAt(source, position, 'ZISRAWSUBBLOCK', signal);
  if (size < 16) throw corrupt('an image segment is cut short');
  const view = viewOf(await source.read(offset, 16, signal));
  const metadata = view.getInt32(0, true);
  const length = int64(view, 8);
  const start = offset + Math.max(256, 16 + entryBytes) + metadata;
  if (metadata < 0 || length < 0 || start + length > source.sizeBytes)
    throw corrupt(`an image segment claims ${length} bytes`);
  return source.read(start, length, signal);
}

/** The file within the file. @throws slide/corrupt */
export async function attachmentSource(
  source: ByteSource,
  { name, position }: Attachment,
  signal: AbortSignal | undefined,
): Promise<ByteSource> {
  const { offset } = await segmentAt(source, position, 'ZISRAWATTACH', signal);
  const length = viewOf(await source.read(offset, 4, signal)).getInt32(0, true);
  const start = offset + 256;
  if (length < 0 || start + length > source.sizeBytes) throw corrupt(`attachment ${name} claims ${length} bytes`);
  return {
    name,
    sizeBytes: length,
    async read(at, count, signal) {
      if (at < 0 || at + count > length)
        throw new AppError({ code: 'slide/read-failed', name, reason: 'it is shorter than it says' });
      return source.read(start + at, count, signal);
    },
  };
}
