/** From a dropped file to a Slide: probe, detect by content, open, check the driver's promises. */
import { AppError, isAbort } from '../errors.ts';
import { type ChannelView, MAX_CHANNELS } from './channel-view.ts';
import { isJpeg } from './codecs/jpeg.ts';
import { describeProfile, PROFILE_LIMITS } from './color-profile.ts';
import { slidedatBeside } from './formats/mirax.ts';
import { type FileProbe, probeFile } from './probe.ts';
import { FORMATS } from './registry.ts';
import { type SharedRead, shareRead } from './shared-read.ts';
import type { Level, Pixels, Slide, SlideFiles, SlideInfo } from './slide.ts';
import { tagBytes } from './tiff/tag-values.ts';
import { TAG } from './tiff/tags.ts';
import { tileCache } from './tile-cache.ts';

/** Decoded tiles kept for each open slide, bytes: neighbouring model tiles share them. */
const TILE_CACHE_BYTES = 48 * 2 ** 20;

/** The files of a drop of one file. */
export function singleFile(main: SlideFiles['main']): SlideFiles {
  return { main, find: () => undefined, list: () => [main.name] };
}

/**
 * Opens a slide. The caller closes it. Pixels that `readTile` resolves with may be shared with a cache: do not write to
 * them and do not transfer them. `series` chooses one of several images of a file (SlideInfo.series), by default the
 * largest.
 * @throws usage for an image that the file does not have, slide/unrecognized, slide/unsupported, slide/corrupt, slide/read-failed
 */
export async function openSlide(given: SlideFiles, signal?: AbortSignal, series?: number): Promise<Slide> {
  signal?.throwIfAborted();
  let files = given;
  let probe = await probeFile(files.main, signal);
  // A .mrxs file is a small JPEG: the slide is what lies in the folder beside it.
  const slidedat = isJpeg(probe.head) ? slidedatBeside(files) : undefined;
  if (slidedat) {
    files = { ...given, main: { ...slidedat, name: given.main.name } };
    probe = await probeFile(files.main, signal);
  }
  const format = FORMATS.find((one) => one.detect(probe));
  if (!format) throw new AppError({ code: 'slide/unrecognized', name: files.main.name });
  let slide: Slide;
  try {
    slide = await format.open(files, probe, signal, series);
  } catch (error) {
    if (error instanceof AppError || isAbort(error)) throw error;
    throw new AppError({ code: 'slide/corrupt', where: `its ${format.label} structure is invalid` }, { cause: error });
  }
  const { info } = slide;
  if (series !== undefined && series !== (info.series?.open ?? 0)) {
    await slide.close();
    throw noSuchImage(series, info);
  }
  checkInfo(info);
  return guarded(slide, slide.colorProfile ?? (await tiffProfile(probe, signal)));
}

function noSuchImage(series: number, info: SlideInfo): AppError {
  const images = info.series?.images.map(({ index }) => index) ?? [0];
  return new AppError({
    code: 'usage',
    problem: `The file has no image ${series} that can be a slide; it has ${images.join(', ')}.`,
  });
}

/** Promises that every other room relies on. @throws slide/corrupt */
function checkInfo(info: SlideInfo): void {
  const broken = (where: string) => new AppError({ code: 'slide/corrupt', where });
  const [base] = info.levels;
  if (!base || base.width !== info.width || base.height !== info.height) throw broken('it has no full-size level');
  for (const [i, level] of info.levels.entries()) {
    const before = info.levels[i - 1];
    if (level.index !== i || level.width < 1 || level.height < 1) throw broken(`level ${i} has no size`);
    if (before && (level.width > before.width || level.height > before.height))
      throw broken(`level ${i} is larger than the one before it`);
    if (!(level.downsample >= 1)) throw broken(`level ${i} is larger than level 0`);
  }
}

/**
 * The ICC profile of a TIFF, of its first directory that has one: level 0 comes first. One that lies past the end of the
 * file is none.
 */
async function tiffProfile({ tiff }: FileProbe, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
  const tag = tiff?.directories.map(({ tags }) => tags.get(TAG.icc)).find((one) => one !== undefined);
  if (!tiff || !tag) return undefined;
  const isThere = tag.bytes <= PROFILE_LIMITS.bytes && tag.offset + tag.bytes <= tiff.source.sizeBytes;
  return isThere ? tagBytes(tiff, tag, signal) : new Uint8Array();
}

/** Adds what no driver should do for itself: the cache, the sharing of decodes under way, the wording of tile errors. */
function guarded(slide: Slide, colorProfile: Uint8Array | undefined): Slide {
  const cache = tileCache(TILE_CACHE_BYTES);
  const underWay = new Map<string, SharedRead<Pixels>>();
  const { readView } = slide;
  const shapeOf = (level: number, col: number, row: number): Level => {
    const shape = slide.info.levels[level];
    const isTile = (at: number, size: number, tile: number) => Number.isInteger(at) && at >= 0 && at * tile < size;
    if (!shape || !isTile(col, shape.width, shape.tileWidth) || !isTile(row, shape.height, shape.tileHeight))
      throw tileFailed(level, col, row, 'there is no such tile');
    return shape;
  };
  const widthOf = ({ tileWidth, width }: Level, col: number) => Math.min(tileWidth, width - col * tileWidth);
  return {
    info: colorProfile ? { ...slide.info, colorProfile: describeProfile(colorProfile) } : slide.info,
    colorProfile,
    async readTile(level, col, row, signal) {
      signal?.throwIfAborted();
      const shape = shapeOf(level, col, row);
      const key = `${level}/${col}/${row}`;
      const known = cache.get(key);
      if (known) return known;
      let read = underWay.get(key);
      if (!read) {
        const started = shareRead(async (ownSignal) => {
          try {
            const pixels = await slide.readTile(level, col, row, ownSignal);
            checkPixels(pixels, widthOf(shape, col));
            cache.set(key, pixels);
            return pixels;
          } catch (error) {
            throw wordTileError(error, level, col, row);
          } finally {
            if (underWay.get(key) === started) underWay.delete(key);
          }
        });
        read = started;
        underWay.set(key, read);
      }
      return read.join(signal, () => underWay.delete(key));
    },
    ...(readView && {
      // Not kept: a person moves on to the next view, and the screen keeps what it shows.
      async readView(view, level, col, row, signal) {
        signal?.throwIfAborted();
        checkView(view, slide.info);
        const shape = shapeOf(level, col, row);
        try {
          const pixels = await readView(view, level, col, row, signal);
          checkPixels(pixels, widthOf(shape, col));
          return pixels;
        } catch (error) {
          throw wordTileError(error, level, col, row);
        }
      },
    }),
    async readAssociated(name, signal) {
      if (!slide.info.associated.includes(name))
        throw new AppError({ code: 'usage', problem: `The slide has no ${name} image.` });
      return slide.readAssociated(name, signal);
    },
    async close() {
      cache.clear();
      await slide.close();
    },
  };
}

function checkView(view: ChannelView, { channels = [] }: SlideInfo): void {
  if (view.length > MAX_CHANNELS || view.some(({ channel }) => channels[channel] === undefined))
    throw new AppError({
      code: 'usage',
      problem: `At most ${MAX_CHANNELS} of the slide's ${channels.length} channels can be shown.`,
    });
}

function checkPixels(pixels: Pixels, width: number): void {
  if (pixels.width !== width || pixels.data.length !== pixels.width * pixels.height * 3)
    throw new AppError({ code: 'slide/corrupt', where: 'the tile has the wrong size' });
}

function tileFailed(level: number, col: number, row: number, reason: string, cause?: unknown): AppError {
  const options = cause === undefined ? undefined : { cause };
  return new AppError({ code: 'slide/tile-failed', level, col, row, reason }, options);
}

function wordTileError(error: unknown, level: number, col: number, row: number): unknown {
  if (isAbort(error)) return error;
  if (!(error instanceof AppError)) return tileFailed(level, col, row, 'its data is damaged', error);
  const { info } = error;
  if (info.code === 'slide/corrupt') return tileFailed(level, col, row, info.where, error);
  if (info.code === 'slide/unsupported') return tileFailed(level, col, row, `${info.feature} is not supported`, error);
  return error;
}
