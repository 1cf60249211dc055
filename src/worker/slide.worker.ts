/** One worker of the slide pool: opens slides by byte range and gives tiles as bitmaps for the screen, bytes for models. */
import { AppError } from '../errors.ts';
import { openSlide } from '../slide/open.ts';
import { readRegion } from '../slide/region.ts';
import type { Pixels, Slide } from '../slide/slide.ts';
import { readBatches } from '../tiling/batches.ts';
import { droppedFiles } from './dropped-files.ts';
import type { SlideCalls } from './protocol.ts';
import { type Handlers, type Port, serve } from './rpc.ts';
import { provideWasmAssets } from './wasm-assets.ts';

provideWasmAssets();
serve<SlideCalls>(self as unknown as Port, slideHandlers(), { first: ['open', 'tile'] });

/** Handlers with slides of their own, so that neither the page nor a run closes what the other reads. */
function slideHandlers(): Handlers<SlideCalls> {
  const slides = new Map<string, Slide>();
  const find = (slideId: string): Slide => {
    const slide = slides.get(slideId);
    if (!slide) throw new AppError({ code: 'internal', reason: 'the slide is not open in this worker' });
    return slide;
  };
  return {
    async open({ file, name, companions }, { signal }) {
      const slide = await openSlide(droppedFiles(file, name, companions), signal);
      const before = slides.get(slide.info.id);
      slides.set(slide.info.id, slide);
      await before?.close();
      return slide.info;
    },
    async tile({ slideId, level, col, row }, { signal, transfer }) {
      const bitmap = await toBitmap(await find(slideId).readTile(level, col, row, signal));
      transfer(bitmap);
      return bitmap;
    },
    async region({ slideId, ...region }, { signal, transfer }) {
      const bitmap = await toBitmap(await readRegion(find(slideId), region, signal));
      transfer(bitmap);
      return bitmap;
    },
    async associated({ slideId, name }, { signal, transfer }) {
      const bitmap = await toBitmap(await find(slideId).readAssociated(name, signal));
      transfer(bitmap);
      return bitmap;
    },
    async batch({ slideId, bag, first, count }, { signal, transfer }) {
      for await (const batch of readBatches(find(slideId), bag, { batchTiles: count, first, count, signal })) {
        transfer(batch.rgb.buffer);
        return batch;
      }
      throw new AppError({ code: 'internal', reason: `tiles ${first} to ${first + count} are not in the bag` });
    },
    async close({ slideId }) {
      const slide = slides.get(slideId);
      slides.delete(slideId);
      await slide?.close();
    },
    attach({ port }) {
      serve<SlideCalls>(port, slideHandlers(), { concurrency: 2 });
    },
  };
}

/** The browser must show the bytes as they are: no colour management, no premultiplication. */
function toBitmap({ width, height, data }: Pixels): Promise<ImageBitmap> {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let from = 0, to = 0; to < rgba.length; from += 3, to += 4) {
    rgba[to] = data[from] ?? 0;
    rgba[to + 1] = data[from + 1] ?? 0;
    rgba[to + 2] = data[from + 2] ?? 0;
    rgba[to + 3] = 255;
  }
  return createImageBitmap(new ImageData(rgba, width, height), {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  });
}
