/**
 * A DICOM file: its attributes from a bounded part of it, parsed by dicom-parser; the pixel data stays where it is.
 * @see DICOM PS3.10 (files), PS3.5 section 7 (elements), A.4 (encapsulated pixel data)
 */
import dicomParser, { type DataSet } from 'dicom-parser';
import { AppError, isAbort } from '../../errors.ts';
import type { ByteSource } from '../slide.ts';
import type { Attributes, Tag } from './attributes.ts';
import { type DicomInstance, describeInstance } from './instance.ts';

const TRANSFER_SYNTAX = 'x00020010';
const EXTENDED_OFFSETS = 'x7fe00001';
const PIXEL_DATA = 'x7fe00010';
const DEFLATED = '1.2.840.10008.1.2.1.99';

/** Bytes read first; then four times more, to the limit, when the header is longer (per-frame positions can be). */
const HEADER_BYTES = { first: 256 * 1024, limit: 64 * 2 ** 20 } as const;

export interface DicomFile {
  readonly instance: DicomInstance;
  readonly source: ByteSource;
  /** Offset of the pixel data in the file, and its length; undefined where it is encapsulated. */
  readonly pixels: { readonly offset: number; readonly length: number | undefined };
  /** Offsets of frames from the first fragment, of the Extended Offset Table. */
  readonly extendedOffsets: readonly number[] | undefined;
}

/** True when these bytes start a DICOM file (PS3.10). */
export function isDicom(head: Uint8Array): boolean {
  return head.length >= 132 && String.fromCharCode(...head.subarray(128, 132)) === 'DICM';
}

/**
 * Reads one file's attributes.
 * @throws slide/corrupt, slide/unsupported, slide/read-failed
 */
export async function readDicomFile(source: ByteSource, signal?: AbortSignal): Promise<DicomFile> {
  const data = await parseHeader(source, signal);
  const instance = describeInstance(attributesOf(data), data.string(TRANSFER_SYNTAX)?.trim() ?? '');
  const element = data.elements[PIXEL_DATA];
  const extended = data.elements[EXTENDED_OFFSETS];
  return {
    instance,
    source,
    pixels: {
      offset: element?.dataOffset ?? 0,
      length: element?.hadUndefinedLength ? undefined : (element?.length ?? 0),
    },
    extendedOffsets: extended && bigOffsets(data, extended.dataOffset, extended.length),
  };
}

function attributesOf(data: DataSet): Attributes {
  const element = ({ id }: Tag) => `x${id.toLowerCase()}`;
  return {
    text: (tag) => data.string(element(tag))?.trim() || undefined,
    number(tag) {
      const name = element(tag);
      switch (tag.vr) {
        case 'US':
          return data.uint16(name);
        case 'UL':
          return data.uint32(name);
        case 'SL':
          return data.int32(name);
        case 'FL':
          return data.float(name);
        case 'IS':
          return data.intString(name);
        default:
          return data.floatString(name);
      }
    },
    items: (tag) =>
      (data.elements[element(tag)]?.items ?? []).flatMap((item) => (item.dataSet ? [attributesOf(item.dataSet)] : [])),
    binary(tag) {
      const found = data.elements[element(tag)];
      return (
        found && { bytes: Uint8Array.from(data.byteArray.subarray(found.dataOffset, found.dataOffset + found.length)) }
      );
    },
  };
}

/**
 * dicom-parser 1.8 does not know the VR "OV" of the Extended Offset Table and reads its length as two bytes. It reads "OB"
 * of the same layout, so the two elements that have it are renamed in the bytes read. @see DICOM PS3.5 table 7.1-1
 */
function knownVrs(bytes: Uint8Array): Uint8Array {
  for (let at = bytes.indexOf(0xe0); at >= 0 && at + 6 <= bytes.length; at = bytes.indexOf(0xe0, at + 1)) {
    const isTable = bytes[at + 1] === 0x7f && (bytes[at + 2] === 1 || bytes[at + 2] === 2) && bytes[at + 3] === 0;
    if (isTable && bytes[at + 4] === 0x4f && bytes[at + 5] === 0x56) bytes[at + 5] = 0x42;
  }
  return bytes;
}

async function parseHeader(source: ByteSource, signal: AbortSignal | undefined): Promise<DataSet> {
  for (let length = HEADER_BYTES.first; ; length *= 4) {
    const size = Math.min(length, source.sizeBytes, HEADER_BYTES.limit);
    const bytes = knownVrs(await source.read(0, size, signal));
    const isAll = size === source.sizeBytes || size === HEADER_BYTES.limit;
    try {
      // Refused before the parser inflates it: it would inflate to any size.
      const meta = dicomParser.readPart10Header(bytes);
      if (meta.string(TRANSFER_SYNTAX) === DEFLATED)
        throw new AppError({ code: 'slide/unsupported', format: 'DICOM', feature: 'deflated files' });
      const dataSet = dicomParser.parseDicom(bytes, { untilTag: PIXEL_DATA });
      if (dataSet.elements[PIXEL_DATA] || isAll) return dataSet;
    } catch (cause) {
      if (isAbort(cause) || cause instanceof AppError) throw cause;
      // A header cut off by our own limit fails in many ways: only the whole of it can be called broken.
      if (isAll || cause instanceof RangeError)
        throw new AppError({ code: 'slide/corrupt', where: 'its DICOM header is invalid' }, { cause });
    }
  }
}

function bigOffsets(data: DataSet, offset: number, length: number): number[] {
  const { buffer, byteOffset } = data.byteArray;
  const view = new DataView(buffer, byteOffset + offset, length);
  return Array.from({ length: Math.floor(length / 8) }, (_, i) => Number(view.getBigUint64(i * 8, true)));
}
