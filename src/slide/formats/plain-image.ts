/** Plain images: PNG, JPEG and TIFF in strips. One level, cut into tiles; the pixel size is asked for where it is unknown. */
import { AppError } from '../../errors.ts';
import { codecFor } from '../codecs/index.ts';
import { decodeJpeg, isJpeg, MAX_JPEG_PIXELS } from '../codecs/jpeg.ts';
import { decodePng, isPng, readPngHeader } from '../codecs/png.ts';
import { cut } from '../cut-and-paste.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import type { FileProbe } from '../probe.ts';
import type { Pixels, Slide, SlideFiles } from '../slide.ts';
import { readImage } from '../tiff/image.ts';
import { TAG } from '../tiff/tags.ts';
import { mppOf, tiffSlide } from '../tiff/tiff-slide.ts';
import { readJpegFrame } from '../tiff/tile-bytes.ts';

const TILE = 512;
const MAX_FILE_BYTES = 512 * 2 ** 20;
/** Where a JPEG keeps its frame header, behind EXIF and profiles. */
const JPEG_HEAD_BYTES = 8 * 2 ** 20;

export const plainImage: SlideFormat = {
  id: 'plain-image',
  label: 'image',
  detect: ({ head, tiff }) => tiff !== undefined || isPng(head) || isJpeg(head),
  async open(files, probe, signal) {
    if (probe.tiff) return openTiff(files, probe, signal);
    const { main } = files;
    const kind = isPng(probe.head) ? 'PNG' : 'JPEG';
    if (main.sizeBytes > MAX_FILE_BYTES)
      throw new AppError({ code: 'slide/unsupported', format: kind, feature: 'an image file this large' });
    const size = kind === 'PNG' ? readPngHeader(probe.head) : await jpegSize(files, signal);
    const bytes = await main.read(0, main.sizeBytes, signal);
    // Decoded now and not with the first tile, so that a broken image says so when it is opened.
    const whole = kind === 'PNG' ? await decodePng(bytes) : await decodePlainJpeg(bytes);
    if (whole.width !== size.width || whole.height !== size.height)
      throw new AppError({ code: 'slide/corrupt', where: 'the image has another size than its header says' });
    return wholeImageSlide(main.name, await fingerprint(main, signal), kind, whole);
  },
};

async function decodePlainJpeg(bytes: Uint8Array): Promise<Pixels> {
  const { width, height, components, data } = await decodeJpeg(bytes, undefined, 'as-marked');
  return { width, height, data: components === 3 ? data : grayToRgb(data) };
}

async function jpegSize({ main }: SlideFiles, signal?: AbortSignal): Promise<{ width: number; height: number }> {
  const head = await main.read(0, Math.min(JPEG_HEAD_BYTES, main.sizeBytes), signal);
  const { width, height } = readJpegFrame(head);
  if (width === 0 || height === 0) throw new AppError({ code: 'slide/corrupt', where: 'the JPEG has no size' });
  if (width * height > MAX_JPEG_PIXELS)
    throw new AppError({ code: 'slide/unsupported', format: 'JPEG', feature: `an image of ${width} x ${height} px` });
  return { width, height };
}

function grayToRgb(gray: Uint8Array): Uint8Array {
  const out = new Uint8Array(gray.length * 3);
  gray.forEach((value, i) => {
    out.fill(value, i * 3, i * 3 + 3);
  });
  return out;
}

/** A slide over one image that lies decoded in memory. */
function wholeImageSlide(name: string, id: string, kind: string, whole: Pixels): Slide {
  const { width, height } = whole;
  const tileWidth = Math.min(TILE, width);
  const tileHeight = Math.min(TILE, height);
  let image: Pixels | undefined = whole;
  return {
    info: {
      id,
      name,
      format: 'plain-image',
      formatLabel: `${kind} image`,
      width,
      height,
      levels: [{ index: 0, width, height, downsample: 1, tileWidth, tileHeight }],
      mpp: undefined,
      objectivePower: undefined,
      bounds: { x: 0, y: 0, width, height },
      background: [255, 255, 255],
      properties: {},
      associated: [],
      isOnePiece: true,
    },
    async readTile(_level, col, row) {
      if (!image) throw new AppError({ code: 'slide/read-failed', name, reason: 'it is closed' });
      const left = col * tileWidth;
      const top = row * tileHeight;
      return cut(image, left, top, Math.min(tileWidth, width - left), Math.min(tileHeight, height - top));
    },
    async readAssociated(what) {
      throw new RangeError(`no associated image ${what}`);
    },
    async close() {
      image = undefined;
    },
  };
}

async function openTiff(files: SlideFiles, probe: FileProbe, signal?: AbortSignal): Promise<Slide> {
  const [tiff, directory] = [probe.tiff, probe.tiff?.directories[0]];
  if (!tiff || !directory) throw new AppError({ code: 'slide/corrupt', where: 'it has no directories' });
  if (!directory.tags.has(TAG.width)) throw new AppError({ code: 'slide/unrecognized', name: files.main.name });
  const image = await readImage(tiff, directory, 'the image', 'TIFF', signal);
  return tiffSlide({
    id: await fingerprint(files.main, signal),
    name: files.main.name,
    format: 'plain-image',
    formatLabel: `TIFF image, ${codecFor(image.compression, 'TIFF').name}`,
    levels: [image],
    associated: new Map(),
    mpp: mppOf(image),
    objectivePower: undefined,
    properties: probe.description ? { 'tiff.ImageDescription': probe.description } : {},
  });
}
