/** Label, preview and thumbnail of a CZI: attachments, each a JPEG or a small CZI of its own. */
import { AppError } from '../../errors.ts';
import { decodeJpegRgb } from '../codecs/jpeg.ts';
import { paste } from '../cut-and-paste.ts';
import type { ByteSource, Pixels } from '../slide.ts';
import { readPicture } from './picture.ts';
import { attachmentSource, type CziFile } from './segments.ts';

/** They are decoded whole. */
const LIMITS = { bytes: 64 * 2 ** 20, pixels: 64 * 2 ** 20 } as const;

const NAMES: Readonly<Record<string, string>> = { Label: 'label', SlidePreview: 'macro', Thumbnail: 'thumbnail' };

/** @throws slide/corrupt, slide/unsupported, slide/read-failed */
export type ReadAttached = (signal?: AbortSignal) => Promise<Pixels>;

/** By what they are called in a slide. */
export function attachedImages({ source, attachments }: CziFile): Map<string, ReadAttached> {
  const found = new Map<string, ReadAttached>();
  for (const attachment of attachments) {
    const name = NAMES[attachment.name];
    if (name === undefined || (attachment.type !== 'JPG' && attachment.type !== 'CZI')) continue;
    found.set(name, async (signal) => {
      const own = await attachmentSource(source, attachment, signal);
      if (attachment.type === 'CZI') return readWhole(own, signal);
      if (own.sizeBytes > LIMITS.bytes)
        throw new AppError({ code: 'slide/corrupt', where: `attachment ${name} claims ${own.sizeBytes} bytes` });
      return decodeJpegRgb(await own.read(0, own.sizeBytes, signal), undefined, 'as-marked');
    });
  }
  return found;
}

/** A small CZI as one image. */
async function readWhole(source: ByteSource, signal: AbortSignal | undefined): Promise<Pixels> {
  const { width, height, composed } = await readPicture(source, signal);
  if (width * height > LIMITS.pixels)
    throw new AppError({ code: 'slide/corrupt', where: `an attached image claims ${width} x ${height} px` });
  const whole = { width, height, data: new Uint8Array(width * height * 3) };
  const { tileWidth = width, tileHeight = height } = composed.levels[0] ?? {};
  for (let row = 0; row * tileHeight < height; row++)
    for (let col = 0; col * tileWidth < width; col++)
      paste(whole, await composed.readTile(0, col, row, signal), col * tileWidth, row * tileHeight);
  composed.clear();
  return whole;
}
