/** Where the frames of a DICOM file lie, and their bytes. @see DICOM PS3.5 A.4 (encapsulated pixel data) */
import { AppError } from '../../errors.ts';
import type { DicomFile } from './file.ts';

const FRAME_BYTES = 64 * 2 ** 20;
/** A frame is one fragment nearly always; each is a read of its own. */
const FRAGMENTS = 1024;
const ITEM = 0xe000fffe;
const DELIMITER = 0xe0ddfffe;
/** Item headers are 8 bytes, spread through the file; reading a little more than one finds small frames in one go. */
const WINDOW_BYTES = 64 * 1024;

/** A frame as it is stored, or as a server sends it: then its coding may be another than that of the instance. */
export interface CodedFrame {
  readonly bytes: Uint8Array;
  readonly transferSyntax: string;
  readonly photometric: string;
}

/** Reads a frame of an instance, numbered from 0 within it. */
export type ReadFrame = (frame: number, signal?: AbortSignal) => Promise<CodedFrame>;
type ReadBytes = (frame: number, signal?: AbortSignal) => Promise<Uint8Array>;

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

/** How to read the frames of a file. @throws slide/corrupt */
export function frameReader(file: DicomFile): ReadFrame {
  const { transferSyntax, photometric } = file.instance;
  const read = file.pixels.length === undefined ? encapsulatedReader(file) : plainReader(file, file.pixels.length);
  return async (frame, signal) => ({ bytes: await read(frame, signal), transferSyntax, photometric });
}

function plainReader({ source, pixels, instance }: DicomFile, length: number): ReadBytes {
  const bytes = (instance.columns * instance.rows * instance.samples * instance.bitsAllocated) / 8;
  if (bytes * instance.frames > length || pixels.offset + length > source.sizeBytes)
    throw corrupt(`a DICOM file has ${length} bytes for ${instance.frames} frames of ${bytes}`);
  return (frame, signal) => source.read(pixels.offset + frame * bytes, bytes, signal);
}

/**
 * Frames in fragments. Their places come from the offset table; where that is empty, fragment headers are walked as far as
 * the frame wanted, and a frame is then one fragment (DICOM requires a table for any other case).
 */
function encapsulatedReader({ source, pixels, extendedOffsets, instance: { frames } }: DicomFile): ReadBytes {
  const item = async (offset: number, signal?: AbortSignal) => {
    if (offset + 8 > source.sizeBytes) throw corrupt('its fragments end past the end of the file');
    const bytes = await source.read(offset, 8, signal);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    return { tag: view.getUint32(0, true), length: view.getUint32(4, true) };
  };
  const table = (async () => {
    const basic = await item(pixels.offset);
    if (basic.tag !== ITEM) throw corrupt('its pixel data has no offset table');
    const first = pixels.offset + 8 + basic.length;
    if (extendedOffsets && extendedOffsets.length >= frames) return { first, offsets: extendedOffsets };
    if (first > source.sizeBytes) throw corrupt('its offset table ends past the end of the file');
    if (basic.length < frames * 4) return { first, offsets: undefined };
    const bytes = await source.read(pixels.offset + 8, frames * 4);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return { first, offsets: Array.from({ length: frames }, (_, i) => view.getUint32(i * 4, true)) };
  })();
  // Whoever asks for a frame hears of it.
  table.catch(() => {});

  const walked: number[] = [];
  let walk = Promise.resolve();
  let window: { readonly start: number; readonly bytes: Uint8Array } | undefined;
  const header = async (offset: number) => {
    if (offset + 8 > source.sizeBytes) throw corrupt('its fragments end past the end of the file');
    if (!window || offset < window.start || offset + 8 > window.start + window.bytes.length)
      window = {
        start: offset,
        bytes: await source.read(offset, Math.min(WINDOW_BYTES, source.sizeBytes - offset)),
      };
    const view = new DataView(window.bytes.buffer, window.bytes.byteOffset + offset - window.start, 8);
    return { tag: view.getUint32(0, true), length: view.getUint32(4, true) };
  };
  const walkTo = (first: number, frame: number) => {
    walk = walk
      .catch(() => {})
      .then(async () => {
        while (walked.length <= frame) {
          const last = walked.at(-1);
          const at = last === undefined ? first : last + 8 + (await header(last)).length;
          if ((await header(at)).tag !== ITEM) throw corrupt(`it has ${walked.length} of its ${frames} frames`);
          walked.push(at);
        }
      });
    return walk;
  };

  return async (frame, signal) => {
    const { first, offsets } = await table;
    const known = offsets?.[frame];
    if (known === undefined) await walkTo(first, frame);
    const start = known === undefined ? (walked[frame] ?? first) : first + known;
    const next = offsets?.[frame + 1];
    const end = next === undefined ? undefined : first + next;
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let at = start; end === undefined || at < end; ) {
      const { tag, length } = await item(at, signal);
      if (tag === DELIMITER) break;
      total += length;
      if (tag !== ITEM || total > FRAME_BYTES || parts.length === FRAGMENTS || at + 8 + length > source.sizeBytes)
        throw corrupt(`frame ${frame} has no sensible fragments`);
      parts.push(await source.read(at + 8, length, signal));
      at += 8 + length;
      // Without a table a frame is one fragment; the last frame of a table runs to the delimiter.
      if (offsets === undefined) break;
    }
    const [only] = parts;
    if (!only) throw corrupt(`frame ${frame} is empty`);
    if (parts.length === 1) return only;
    const whole = new Uint8Array(total);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
}
