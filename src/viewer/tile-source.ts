/** Our tiles for OpenSeadragon: levels counted from the smallest, exact ratios, requests that can be aborted. */
import OpenSeadragon from 'openseadragon';
import { isAbort } from '../errors.ts';
import type { ScreenSpace } from '../slide/color-profile.ts';
import type { ReducedRegion } from '../slide/reduced.ts';
import type { SlideInfo } from '../slide/slide.ts';
import { drawHole } from './hole.ts';
import { type Step, tileAt, tileBounds, tilePixels, toPyramid, type WholePicture } from './pyramid.ts';
import { createSharedTiles } from './shared-tiles.ts';
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

/** The whole slide in one picture; the tile source owns what `read` gives. */
export interface Overview extends WholePicture {
  /** As the slide looks now. */
  read(signal: AbortSignal): Promise<ImageBitmap>;
}

export interface TileEvents {
  onTileFailed(error: unknown, tile: FailedTile): void;
  /** The share of the first step that is read, 0..1; where there is an overview it is read at once. */
  onFirstStep(share: number): void;
}

export interface SlideTiles {
  readonly source: OpenSeadragon.TileSource;
  readonly steps: readonly Step[];
  /** Ends the reading of tiles for which `isUnwanted` holds. They may be asked for again. */
  abort(isUnwanted: (tile: OpenSeadragon.Tile) => boolean): void;
  /** Tiles read from now on are others than those before, under names of their own in the viewer's cache. */
  renew(): void;
  /** The overview is in the view: tiles may follow. */
  overviewIsShown(): void;
  /** Ends all reading, and tells nobody: the view is gone. */
  close(): void;
}

/** Message of a tile that nobody waits for any more: not a failure. */
export const NO_LONGER_WANTED = 'no longer wanted';

/** Of tiles that the view or the overview in its corner has, and the other not yet. */
const SHARED_BYTES = 64 * 1024 * 1024;

// It reports every aborted tile as an error on the console; what a person must know is shown on the screen.
const silent = () => undefined;
Object.assign(OpenSeadragon, {
  console: { log: silent, debug: silent, info: silent, warn: silent, error: silent, assert: silent },
});

// Its cache drops bitmaps without closing them; the browser would notice only when it collects garbage.
OpenSeadragon.converter.learnDestroy('imageBitmap', (bitmap: ImageBitmap) => bitmap.close());

/**
 * A tile source over what reads tiles. A tile that fails is drawn as a hole and reported. Tiles come only after the
 * overview, where there is one, is shown.
 * @see https://openseadragon.github.io/docs/OpenSeadragon.TileSource.html
 */
export function createTileSource(
  info: SlideInfo,
  space: ScreenSpace,
  { readTile, readReduced }: { readonly readTile: ReadTile; readonly readReduced: ReadReduced },
  overview: Overview | undefined,
  events: TileEvents,
): SlideTiles {
  const steps = toPyramid(info, overview);
  const first = steps[0];
  const largest = steps[steps.length - 1];
  if (first === undefined || largest === undefined) throw new Error('a slide has at least one level');
  const at = (level: number): Step => steps[level] ?? largest;
  // The overview in the corner asks for tiles of the first step only, and for all of them.
  const shared = createSharedTiles({ mostBytes: SHARED_BYTES, isKept: first.reduced !== undefined });
  let whole = new AbortController();
  let picture: Promise<ImageBitmap> | undefined;
  let isClosed = false;
  let generation = 0;
  const running = new Map<OpenSeadragon.ImageJob, AbortController>();
  const loaded = new Set<string>();

  let showOverview: () => void = () => undefined;
  const shown = overview === undefined ? undefined : new Promise<void>((resolve) => (showOverview = resolve));

  const readOverview = async (from: Overview): Promise<ImageBitmap> => {
    picture ??= from.read(whole.signal);
    return createImageBitmap(await picture);
  };
  const readStep = (step: Step, col: number, row: number, signal: AbortSignal): Promise<ImageBitmap> => {
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
    return readReduced(region, signal);
  };
  const read = async (step: Step, col: number, row: number, signal: AbortSignal): Promise<ImageBitmap> => {
    if (overview !== undefined && step === first) return readOverview(overview);
    if (step !== first) return readStep(step, col, row, signal);
    return shared.take(`${col}/${row}`, (ofAll) => readStep(step, col, row, ofAll), signal);
  };
  const forget = () => {
    whole.abort();
    whole = new AbortController();
    shared.clear();
    picture?.then((bitmap) => bitmap.close()).catch(() => undefined);
    picture = undefined;
    loaded.clear();
  };

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
    // The first step is always drawn; of itself the viewer would leave out all but the last of those of one tile.
    getClosestLevel: () => 0,
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
      const ofGeneration = generation;
      running.set(job, controller);
      const step = at(level);
      read(step, x, y, controller.signal)
        .catch((error: unknown) => {
          if (isAbort(error) || controller.signal.aborted) throw error;
          events.onTileFailed(error, { level: step.level, col: x, row: y });
          const { width, height } = tilePixels(step, x, y);
          return drawHole(Math.ceil(width), Math.ceil(height));
        })
        .then(async (bitmap) => {
          if (step !== first) await shown;
          if (isClosed || generation !== ofGeneration) {
            bitmap.close();
            throw new DOMException(NO_LONGER_WANTED, 'AbortError');
          }
          job.finish(bitmap, null, space === 'display-p3' ? WIDE_BITMAP : 'imageBitmap');
          if (step !== first) return;
          loaded.add(`${x}/${y}`);
          events.onFirstStep(loaded.size / (first.cols * first.rows));
        })
        .catch(() => {
          if (!isClosed) job.fail(NO_LONGER_WANTED, null);
        })
        .finally(() => running.delete(job));
    },
    downloadTileAbort: (job: OpenSeadragon.ImageJob) => running.get(job)?.abort(),
  });
  return {
    source,
    steps,
    abort: (isUnwanted) => {
      for (const [job, controller] of running) if (isUnwanted(job.tile)) controller.abort();
    },
    renew: () => {
      generation += 1;
      for (const controller of running.values()) controller.abort();
      forget();
    },
    overviewIsShown: () => showOverview(),
    close: () => {
      isClosed = true;
      forget();
      for (const controller of running.values()) controller.abort();
      showOverview();
    },
  };
}
