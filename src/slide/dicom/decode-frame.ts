/** Frame bytes to samples, by transfer syntax. @see DICOM PS3.5 section 10 and annex A */
import { AppError } from '../../errors.ts';
import type { DecodedSamples } from '../codecs/decoded-samples.ts';
import { decodeDicomRle } from '../codecs/dicom-rle.ts';
import { decodeHtj2k } from '../codecs/htj2k.ts';
import { decodeJpeg } from '../codecs/jpeg.ts';
import { decodeLosslessJpeg } from '../codecs/jpeg-lossless.ts';
import { decodeJpegLs } from '../codecs/jpeg-ls.ts';
import { decodeJpeg2000 } from '../codecs/jpeg2000.ts';
import type { CodedFrame } from './frames.ts';
import type { DicomInstance } from './instance.ts';

/** 8-bit samples of a frame: grey (1) or RGB (3), [rows,columns,components]. */
export interface FrameSamples {
  readonly components: 1 | 3;
  readonly data: Uint8Array;
}

const UNCOMPRESSED = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.2'];
const BIG_ENDIAN = '1.2.840.10008.1.2.2';
const UID = '1.2.840.10008.1.2.';

interface Syntax {
  readonly name: string;
  readonly decode: (bytes: Uint8Array, instance: DicomInstance) => Promise<FrameSamples>;
}

const jpeg: Syntax = {
  name: 'JPEG',
  async decode(bytes, { photometric }) {
    // Some writers say RGB of a JPEG that is YCbCr: where the stream itself says, it is believed.
    const marked = hasColorMarker(bytes);
    const color = marked ? 'as-marked' : photometric === 'RGB' ? 'rgb' : 'ycbcr';
    const image = await decodeJpeg(bytes, undefined, color);
    return { components: image.components, data: image.data };
  },
};

const jpeg2000: Syntax = {
  name: 'JPEG 2000',
  async decode(bytes, { photometric }) {
    // YBR_ICT and YBR_RCT are undone by the codestream's own colour transform.
    const image = await decodeJpeg2000(bytes, /^YBR_FULL/.test(photometric) ? 'ycbcr' : 'rgb');
    return { components: image.components === 3 ? 3 : 1, data: image.data };
  },
};

const deep = (name: string, decode: (bytes: Uint8Array) => Promise<DecodedSamples>): Syntax => ({
  name,
  async decode(bytes, instance) {
    const image = await decode(bytes);
    return toEightBit(image.data, image.components, image.bits > 8 ? 2 : 1, instance, true);
  },
});
const jpegLs = deep('JPEG-LS', decodeJpegLs);
const htj2k = deep('HTJ2K', decodeHtj2k);
const losslessJpeg = deep('lossless JPEG', decodeLosslessJpeg);

const SYNTAXES: ReadonlyMap<string, Syntax> = new Map<string, Syntax>([
  ...UNCOMPRESSED.map((uid): [string, Syntax] => [
    uid,
    {
      name: 'uncompressed',
      decode: async (bytes, instance) => {
        const { samples, bitsAllocated } = instance;
        const size = bitsAllocated > 8 ? 2 : 1;
        const pixels = instance.columns * instance.rows;
        const ordered = instance.planar && samples > 1 ? byPixel(bytes, pixels, samples, size) : bytes;
        return toEightBit(ordered, samples, size, instance, uid !== BIG_ENDIAN);
      },
    },
  ]),
  [`${UID}4.50`, jpeg],
  [`${UID}4.51`, jpeg],
  [`${UID}4.57`, losslessJpeg],
  [`${UID}4.70`, losslessJpeg],
  [`${UID}4.90`, jpeg2000],
  [`${UID}4.91`, jpeg2000],
  [`${UID}4.201`, htj2k],
  [`${UID}4.202`, htj2k],
  [`${UID}4.203`, htj2k],
  [`${UID}4.80`, jpegLs],
  [`${UID}4.81`, jpegLs],
  [
    `${UID}5`,
    {
      name: 'RLE',
      decode: async (bytes, instance) => {
        const size = instance.bitsAllocated > 8 ? 2 : 1;
        const data = decodeDicomRle(bytes, instance.columns * instance.rows, instance.samples, size);
        return toEightBit(data, instance.samples, size, instance, true);
      },
    },
  ],
]);

/** Names of codings that are known and not read. */
const UNREAD: Readonly<Record<string, string>> = {
  [`${UID}1.99`]: 'deflated files',
  [`${UID}4.100`]: 'MPEG-2 video',
};

/** The coding of an instance. @throws slide/unsupported, naming it */
export function syntaxOf({ transferSyntax, bitsAllocated, samples, photometric }: DicomInstance): Syntax {
  const unsupported = (feature: string) => new AppError({ code: 'slide/unsupported', format: 'DICOM', feature });
  const syntax = SYNTAXES.get(transferSyntax);
  if (!syntax) throw unsupported(UNREAD[transferSyntax] ?? `transfer syntax ${transferSyntax}`);
  if (bitsAllocated !== 8 && bitsAllocated !== 16) throw unsupported(`${bitsAllocated}-bit samples`);
  if (samples !== 1 && samples !== 3) throw unsupported(`${samples} samples a pixel`);
  if (!/^(RGB|MONOCHROME[12]|YBR_(FULL|FULL_422|ICT|RCT))$/.test(photometric))
    throw unsupported(`photometric interpretation ${photometric}`);
  return syntax;
}

/**
 * Decodes one frame of an instance.
 * @throws slide/corrupt when the frame has another size than the slide says
 */
export async function decodeFrame(coded: CodedFrame, image: DicomInstance): Promise<FrameSamples> {
  const { transferSyntax, photometric } = coded;
  const instance = { ...image, transferSyntax, photometric };
  const frame = await syntaxOf(instance).decode(coded.bytes, instance);
  if (frame.data.length !== instance.columns * instance.rows * frame.components)
    throw new AppError({ code: 'slide/corrupt', where: 'a frame has another size than the slide says' });
  if (photometric !== 'MONOCHROME1' || frame.components !== 1) return frame;
  return { components: 1, data: frame.data.map((value) => 255 - value) };
}

/** True when the JPEG carries a JFIF or Adobe marker before its first frame. */
function hasColorMarker(bytes: Uint8Array): boolean {
  for (let at = 2; at + 4 < bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xe0 || marker === 0xee) return true;
    if (marker >= 0xc0 && marker <= 0xc2) return false;
    at += 2 + ((bytes[at + 2] ?? 0) << 8) + (bytes[at + 3] ?? 0);
  }
  return false;
}

function byPixel(planes: Uint8Array, pixels: number, samples: number, size: number): Uint8Array {
  const out = new Uint8Array(planes.length);
  for (let s = 0; s < samples; s++)
    for (let i = 0; i < pixels; i++)
      for (let b = 0; b < size; b++) out[(i * samples + s) * size + b] = planes[(s * pixels + i) * size + b] ?? 0;
  return out;
}

function toEightBit(
  data: Uint8Array,
  components: number,
  size: number,
  { bitsStored, columns, rows, photometric }: DicomInstance,
  littleEndian: boolean,
): FrameSamples {
  const kind = components === 3 ? 3 : 1;
  const count = columns * rows * kind;
  let bytes = data;
  if (size === 2) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const shift = Math.max(0, bitsStored - 8);
    bytes = new Uint8Array(count);
    for (let i = 0; i < count && i * 2 + 1 < data.length; i++)
      bytes[i] = Math.min(255, view.getUint16(i * 2, littleEndian) >> shift);
  }
  if (kind === 3 && photometric === 'YBR_FULL') return { components: 3, data: fromYbr(bytes) };
  return { components: kind, data: bytes.length === count ? bytes : bytes.slice(0, count) };
}

/** @see DICOM PS3.3 C.7.6.3.1.2 */
function fromYbr(data: Uint8Array): Uint8Array {
  const out = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const y = data[i] ?? 0;
    const cb = (data[i + 1] ?? 0) - 128;
    const cr = (data[i + 2] ?? 0) - 128;
    out[i] = y + 1.402 * cr;
    out[i + 1] = y - 0.344136 * cb - 0.714136 * cr;
    out[i + 2] = y + 1.772 * cb;
  }
  return new Uint8Array(out.buffer);
}
