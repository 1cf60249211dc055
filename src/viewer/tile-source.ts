/** Our tiles for OpenSeadragon: levels counted from the smallest, exact ratios, requests that can be aborted. */
import OpenSeadragon from 'openseadragon';
import { isAbort } from '../errors.ts';
import type { ScreenSpace } from '../slide/color-profile.ts';
import type { ReducedRegion } from '../slide/reduced.ts';
import type { SlideInfo } from '../slide/slide.ts';
import { type Step, tileAt, tileBounds, tilePixels, toPyramid } from './pyramid.ts';
import { WIDE_BITMAP } from './wide-drawer.ts';

export type ReadTile = (level: number, col: number, row: number, signal: AbortSignal) => Promise<ImageBitmap>;

/** A part of a level made smaller, for a slide without small levels. */
export type ReadReduced = (region: ReducedRegion, signal: AbortSignal) => Promise<ImageBitmap>;

/** Which tile failed. */
export interface FailedTile {
  readonly level: number;
  readonly col: number;
  readonly row: number;
}

export interface SlideTiles {
  readonly source: OpenSeadragon.TileSource;
  /** Ends the reading of tiles for which `isUnwanted` holds. They may be asked for again. */
  abort(isUnwanted: (tile: OpenSeadragon.Tile) => boolean): void;
  /** Tiles read from now on are others than those before, under names of their own in the viewer's cache. */
  renew(): void;
  /** Ends all reading, and tells nobody: the view is gone. */
  close(): void;
}

/** Message of a tile that nobody waits for any more: not a failure. */
export const NO_LONGER_WANTED = 'no longer wanted';

// It reports every aborted tile as an error on the console; what a person must know is shown on the screen.
const silent = () => undefined;
Object.assign(OpenSeadragon, {
  console: { log: silent, debug: silent, info: silent, warn: silent, error: silent, assert: silent },
});

// Its cache drops bitmaps without closing them; the browser would notice only when it collects garbage.
OpenSeadragon.converter.learnDestroy('imageBitmap', (bitmap: ImageBitmap) => bitmap.close());

/**
 * A tile source over what reads tiles. A tile that fails is drawn as a hole and reported to `onTileFailed`.
 * @see https://openseadragon.github.io/docs/OpenSeadragon.TileSource.html
 */
export function createTileSource(
  info: SlideInfo,
  space: ScreenSpace,
  { readTile, readReduced }: { readonly readTile: ReadTile; readonly readReduced: ReadReduced },
  onTileFailed: (error: unknown, tile: FailedTile) => void,
): SlideTiles {
  const steps = toPyramid(info);
  const first = steps[0];
  const largest = steps[steps.length - 1];
  if (first === undefined || largest === undefined) throw new Error('a slide has at least one level');
  const at = (level: number): Step => steps[level] ?? largest;
  const glances = new Map<string, Promise<ImageBitmap>>();
  let whole = new AbortController();
  const forgetGlances = () => {
    whole.abort();
    whole = new AbortController();
    for (const glance of glances.values()) glance.then((bitmap) => bitmap.close()).catch(() => undefined);
    glances.clear();
  };
  const read = (step: Step, col: number, row: number, signal: AbortSignal): Promise<ImageBitmap> => {
    if (step.reduced === undefined) return readTile(step.level, col, row, signal);
    const { width, height } = tilePixels(step, col, row);
    const region = {
      level: step.level,
      ...step.reduced,
      x: col * step.tileWidth,
      y: row * step.tileHeight,
      width: Math.ceil(width),
      height: Math.ceil(height),
    };
    if (region.every === 1) return readReduced(region, signal);
    // The view and the overview in its corner both ask for the glance, which is few px made of many tiles: read once.
    const key = `${col}/${row}`;
    const glance = glances.get(key) ?? readReduced(region, whole.signal);
    glances.set(key, glance);
    glance.catch(() => glances.delete(key));
    return glance.then((bitmap) => createImageBitmap(bitmap));
  };
  let isClosed = false;
  let generation = 0;
  const running = new Map<OpenSeadragon.ImageJob, AbortController>();

  const source = new OpenSeadragon.TileSource({
    width: info.width,
    height: info.height,
    tileWidth: largest.tileWidth,
    tileHeight: largest.tileHeight,
    minLevel: 0,
    maxLevel: steps.length - 1,
    ready: true,
  });
  Object.assign(source, {
    getTileWidth: (level: number) => at(level).tileWidth,
    getTileHeight: (level: number) => at(level).tileHeight,
    getLevelScale: (level: number) => at(level).scale,
    getNumTiles: (level: number) => new OpenSeadragon.Point(at(level).cols, at(level).rows),
    getTileAtPoint: (level: number, point: OpenSeadragon.Point) => {
      const { col, row } = tileAt(at(level), point, info);
      return new OpenSeadragon.Point(col, row);
    },
    getTileBounds: (level: number, x: number, y: number, isSource?: boolean) => {
      if (isSource) {
        const { width, height } = tilePixels(at(level), x, y);
        return new OpenSeadragon.Rect(0, 0, width, height);
      }
      const { x: left, y: top, width, height } = tileBounds(at(level), x, y, info);
      return new OpenSeadragon.Rect(left, top, width, height);
    },
    getTileUrl: (level: number, x: number, y: number) => `slide:${info.id}/${generation}/${level}/${x}/${y}`,
    hasTransparency: () => false,
    downloadTileStart: (job: OpenSeadragon.ImageJob) => {
      const { level, x, y } = job.tile;
      const controller = new AbortController();
      running.set(job, controller);
      const step = at(level);
      read(step, x, y, controller.signal)
        .catch((error: unknown) => {
          if (isAbort(error) || controller.signal.aborted) throw error;
          onTileFailed(error, { level: step.level, col: x, row: y });
          const { width, height } = tilePixels(step, x, y);
          return drawHole(Math.ceil(width), Math.ceil(height));
        })
        .then(
          (bitmap) => {
            if (isClosed) bitmap.close();
            else job.finish(bitmap, null, space === 'display-p3' ? WIDE_BITMAP : 'imageBitmap');
          },
          () => {
            if (!isClosed) job.fail(NO_LONGER_WANTED, null);
          },
        )
        .finally(() => running.delete(job));
    },
    downloadTileAbort: (job: OpenSeadragon.ImageJob) => running.get(job)?.abort(),
  });
  return {
    source,
    abort: (isUnwanted) => {
      for (const [job, controller] of running) if (isUnwanted(job.tile)) controller.abort();
    },
    renew: () => {
      generation += 1;
      forgetGlances();
    },
    close: () => {
      isClosed = true;
      forgetGlances();
      for (const controller of running.values()) controller.abort();
    },
  };
}

/** What stands where tissue could not be read: grey with diagonal lines, which no tissue looks like. */
function drawHole(width: number, height: number): ImageBitmap {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context !== null) {
    context.fillStyle = '#d4d4d8';
    context.fillRect(0, 0, width, height);
    context.strokeStyle = '#71717a';
    context.lineWidth = Math.max(1, width / 64);
    context.beginPath();
    for (let x = -height; x < width; x += width / 8) {
      context.moveTo(x, height);
      context.lineTo(x + height, 0);
    }
    context.stroke();
  }
  return canvas.transferToImageBitmap();
}
