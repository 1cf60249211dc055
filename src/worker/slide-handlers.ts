/** What a worker of the slide pool answers: over its own port for the screen, over attached ports for a run. */
import { AppError, isAppError } from '../errors.ts';
import { composedAs } from '../slide/channel-view.ts';
import { type ColorTable, type ColorTables, createColorTables, toScreenColors } from '../slide/codecs/color-table.ts';
import { openSlide } from '../slide/open.ts';
import { readThumbnail } from '../slide/overview.ts';
import { readReduced } from '../slide/reduced.ts';
import { readRegion } from '../slide/region.ts';
import type { Pixels, Slide, SlideInfo } from '../slide/slide.ts';
import { readBatches } from '../tiling/batches.ts';
import { givenFiles } from './dropped-files.ts';
import { createPrecedence, type Precedence } from './precedence.ts';
import type { ScreenColors, SlideCalls } from './protocol.ts';
import { type Handlers, type Port, serve } from './rpc.ts';

/** Opens what a call names. */
export type OpenGiven = (given: SlideCalls['open']['in'], signal: AbortSignal) => Promise<Slide>;

const openGiven: OpenGiven = async ({ file, name, companions, series }, signal) =>
  openSlide(await givenFiles(file, name, companions, signal), signal, series);

/**
 * Serves a port of the page. While a person waits for a tile no tile is read for a run: its batches wait. Not so for
 * `reduced`, pictures made of thousands of tiles, which would hold up a run for minutes.
 */
export function serveSlides(port: Port, open: OpenGiven = openGiven): void {
  const precedence = createPrecedence();
  serve<SlideCalls>(port, slideHandlers(true, open, precedence), {
    first: ['open', 'thumbnail', 'tile', 'region', 'associated'],
    precedence,
  });
}

/**
 * Handlers with slides of their own, so that neither the page nor a run closes what the other reads. Only those for the
 * screen know the colours of the scanner.
 */
function slideHandlers(isForScreen: boolean, open: OpenGiven, precedence: Precedence): Handlers<SlideCalls> {
  const slides = new Map<string, Slide>();
  /** From the colours of the scanner to those of a screen, of slides with a usable profile. */
  const tables = new Map<string, ColorTables>();
  const tableFor = (slideId: string, colors: ScreenColors): ColorTable | undefined => {
    const ofSlide = tables.get(slideId);
    return { managed: ofSlide?.srgb, 'managed-p3': ofSlide?.['display-p3'], stored: undefined }[colors];
  };
  const find = (slideId: string): Slide => {
    const slide = slides.get(slideId);
    if (!slide) throw new AppError({ code: 'internal', reason: 'the slide is not open in this worker' });
    return slide;
  };
  return {
    async open(given, { signal }) {
      const slide = await open(given, signal);
      const before = slides.get(slide.info.id);
      slides.set(slide.info.id, slide);
      await before?.close();
      tables.delete(slide.info.id);
      if (!isForScreen) return slide.info;
      const { info, ofSlide } = await colorsOf(slide);
      if (ofSlide) tables.set(info.id, ofSlide);
      return info;
    },
    async tile({ slideId, level, col, row, look }, { signal, transfer }) {
      const pixels = await composedAs(find(slideId), look.channels).readTile(level, col, row, signal);
      const bitmap = await toBitmap(pixels, tableFor(slideId, look.colors));
      transfer(bitmap);
      return bitmap;
    },
    async region({ slideId, look, ...region }, { signal, transfer }) {
      const pixels = await readRegion(composedAs(find(slideId), look.channels), region, signal);
      const bitmap = await toBitmap(pixels, tableFor(slideId, look.colors));
      transfer(bitmap);
      return bitmap;
    },
    async reduced({ slideId, region, look }, { signal, transfer }) {
      const pixels = await readReduced(composedAs(find(slideId), look.channels), region, signal);
      const bitmap = await toBitmap(pixels, tableFor(slideId, look.colors));
      transfer(bitmap);
      return bitmap;
    },
    async associated({ slideId, name, colors }, { signal, transfer }) {
      const pixels = await find(slideId).readAssociated(name, signal);
      const bitmap = await toBitmap(pixels, name === 'thumbnail' ? tableFor(slideId, colors) : undefined);
      transfer(bitmap);
      return bitmap;
    },
    async thumbnail({ slideId, colors }, { signal, transfer }) {
      const pixels = await readThumbnail(find(slideId), signal);
      if (pixels === undefined) return undefined;
      const bitmap = await toBitmap(pixels, tableFor(slideId, colors));
      transfer(bitmap);
      return bitmap;
    },
    async batch({ slideId, bag, first, count }, { signal, transfer }) {
      const slide = inTurn(find(slideId), precedence);
      for await (const batch of readBatches(slide, bag, { batchTiles: count, first, count, signal })) {
        transfer(batch.rgb.buffer);
        return batch;
      }
      throw new AppError({ code: 'internal', reason: `tiles ${first} to ${first + count} are not in the bag` });
    },
    async close({ slideId }) {
      const slide = slides.get(slideId);
      slides.delete(slideId);
      tables.delete(slideId);
      await slide?.close();
    },
    attach({ port }) {
      serve<SlideCalls>(port, slideHandlers(false, open, precedence), { concurrency: 2 });
    },
  };
}

/** The same slide, each of its tiles read when it is its turn. */
function inTurn(slide: Slide, precedence: Precedence): Slide {
  return {
    ...slide,
    readTile: (level, col, row, signal) => precedence.inTurn(() => slide.readTile(level, col, row, signal), signal),
  };
}

/** The tables of a slide's profile; where that cannot be used, the info says so. */
async function colorsOf({ info, colorProfile }: Slide): Promise<{ info: SlideInfo; ofSlide: ColorTables | undefined }> {
  if (!colorProfile || !info.colorProfile || info.colorProfile.problem !== undefined)
    return { info, ofSlide: undefined };
  try {
    return { info, ofSlide: await createColorTables(colorProfile) };
  } catch (error) {
    if (!isAppError(error, 'slide/unsupported')) throw error;
    const problem = 'Little CMS cannot read it';
    return { info: { ...info, colorProfile: { ...info.colorProfile, problem } }, ofSlide: undefined };
  }
}

/** The browser must show the bytes as they are: it knows nothing of the scanner, and premultiplies nothing. */
function toBitmap({ width, height, data }: Pixels, table: ColorTable | undefined): Promise<ImageBitmap> {
  const rgba = toScreenColors(data, table);
  if (table?.space === 'display-p3')
    // With 'none' the bitmap would forget which colours its bytes are.
    return createImageBitmap(new ImageData(rgba, width, height, { colorSpace: table.space }), {
      colorSpaceConversion: 'default',
      premultiplyAlpha: 'none',
    });
  return createImageBitmap(new ImageData(rgba, width, height), {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  });
}
