/**
 * What a DICOMweb server sends for a frame, or for other bytes of a data set: one part of multipart/related, or the bytes
 * alone. How they are coded is what the part says, else what they are.
 * @see DICOM PS3.18 sections 8.7.3 (media types of frames), 10.4.1.1.6 (retrieve frames)
 */
import { readFailed } from '../http-request.ts';
import { parseMediaType, parseMultipart } from '../multipart.ts';
import type { RemoteBytes } from '../slide.ts';
import type { CodedFrame } from './frames.ts';
import type { DicomInstance } from './instance.ts';

const UID = '1.2.840.10008.1.2';
const RAW = `${UID}.1`;
const UNCOMPRESSED: ReadonlySet<string> = new Set([UID, RAW, `${UID}.2`]);
/** @see DICOM PS3.18 table 8.7.3-5: what a media type without a transfer syntax means */
const OF_TYPE: Readonly<Record<string, string>> = {
  'image/jpeg': `${UID}.4.50`,
  'image/jls': `${UID}.4.80`,
  'image/jp2': `${UID}.4.90`,
  'image/jpx': `${UID}.4.90`,
  'image/jphc': `${UID}.4.201`,
  'image/dicom-rle': `${UID}.5`,
};

const LIMITS = { frameBytes: 64 * 2 ** 20, slackBytes: 2 ** 20 } as const;

/** Most bytes that a frame can have on its way: coded it is seldom larger than plain, a profile may lie in it. */
export function frameBytesLimit(instance: DicomInstance): number {
  return Math.min(LIMITS.frameBytes, 2 * rawBytes(instance) + LIMITS.slackBytes);
}

function rawBytes({ columns, rows, samples, bitsAllocated }: DicomInstance): number {
  return (columns * rows * samples * bitsAllocated) / 8;
}

/** The one part of an answer. `name` stands in the error. @throws slide/read-failed */
export function onlyPart({ contentType, bytes }: RemoteBytes, name: string): RemoteBytes {
  const { type, parameters } = parseMediaType(contentType);
  if (!type.startsWith('multipart/')) {
    if (type === '' || type === 'application/octet-stream' || type.startsWith('image/')) return { contentType, bytes };
    throw readFailed(name, `the server sent ${type} for it`);
  }
  const parts = parseMultipart(bytes, parameters.get('boundary') ?? '');
  if (parts === undefined) throw readFailed(name, 'the server sent parts that are not as their boundary says');
  const [part] = parts;
  if (part === undefined || parts.length > 1) throw readFailed(name, `the server sent ${parts.length} parts for one`);
  if (parseMediaType(part.contentType).type === 'application/dicom')
    throw readFailed(name, 'the server sent application/dicom for it');
  return part;
}

/** A frame as a server sent it. @throws slide/read-failed where it is none, or has the size of another */
export function codedFrame(answer: RemoteBytes, instance: DicomInstance, name: string): CodedFrame {
  const { contentType, bytes } = onlyPart(answer, name);
  if (bytes.length === 0) throw readFailed(name, 'the server sent nothing for it');
  const { type, parameters } = parseMediaType(contentType);
  const stated = parameters.get('transfer-syntax') ?? '';
  const raw = rawBytes(instance);
  const isRaw = bytes.length === raw || bytes.length === raw + (raw % 2);
  const transferSyntax = /^[\d.]+$/.test(stated)
    ? stated
    : isRaw
      ? RAW
      : (signature(bytes) ?? OF_TYPE[type] ?? instance.transferSyntax);
  if (transferSyntax === '') throw readFailed(name, 'the server does not say how it is coded');
  if (!UNCOMPRESSED.has(transferSyntax)) return { bytes, transferSyntax, photometric: instance.photometric };
  if (!isRaw) throw readFailed(name, `the server sent ${bytes.length} bytes for a frame of ${raw}`);
  // A server that decodes JPEG sends the colours that come out of it, whatever the stored frames are in.
  const isDecoded = !UNCOMPRESSED.has(instance.transferSyntax) && /^YBR/.test(instance.photometric);
  return { bytes, transferSyntax, photometric: isDecoded ? 'RGB' : instance.photometric };
}

/**
 * The transfer syntax of bytes that begin like a codestream of JPEG's families.
 * @see ITU-T T.81 table B.1, T.87 annex C, T.800 annex A, T.814 annex A (CAP)
 */
function signature(bytes: Uint8Array): string | undefined {
  const marker = (at: number) => (bytes[at] === 0xff ? bytes[at + 1] : undefined);
  const length = (at: number) => ((bytes[at + 2] ?? 0) << 8) + (bytes[at + 3] ?? 0);
  if (marker(0) === 0x4f && marker(2) === 0x51) return marker(4 + length(2)) === 0x50 ? `${UID}.4.201` : `${UID}.4.90`;
  if (marker(0) !== 0xd8) return undefined;
  for (let at = 2, code = marker(at); code !== undefined; at += 2 + length(at), code = marker(at)) {
    if (code >= 0xc0 && code <= 0xc2) return `${UID}.4.50`;
    if (code === 0xc3) return `${UID}.4.57`;
    if (code === 0xf7) return `${UID}.4.80`;
    if (code === 0xda) return undefined;
  }
  return undefined;
}
