/** Our tiles for OpenSeadragon: levels counted from the smallest, exact ratios, requests that can be aborted. */
import OpenSeadragon from 'openseadragon';
import { isAbort } from '../errors.ts';
import type { SlideInfo } from '../slide/slide.ts';
import { type Step, tileAt, tileBounds, tilePixels, toPyramid } from './pyramid.ts';

export type ReadTile = (level: number, col: number, row: number, signal: AbortSignal) => Promise<ImageBitmap>;

/**
 * A tile source over `readTile`. A tile that fails is drawn as a hole and reported to `onTileFailed`.
 * @see https://openseadragon.github.io/docs/OpenSeadragon.TileSource.html
 */
export function createTileSource(
  info: SlideInfo,
  readTile: ReadTile,
  onTileFailed: (error: unknown) => void,
): OpenSeadragon.TileSource {
  const steps = toPyramid(info);
  const first = steps[0];
  const largest = steps[steps.length - 1];
  if (first === undefined || largest === undefined) throw new Error('a slide has at least one level');
  const at = (level: number): Step => steps[level] ?? largest;
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
  return Object.assign(source, {
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
    getTileUrl: (level: number, x: number, y: number) => `slide:${info.id}/${level}/${x}/${y}`,
    hasTransparency: () => false,
    downloadTileStart: (job: OpenSeadragon.ImageJob) => {
      const { level, x, y } = job.tile;
      const controller = new AbortController();
      running.set(job, controller);
      const step = at(level);
      readTile(step.level, x, y, controller.signal)
        .catch((error: unknown) => {
          if (isAbort(error) || controller.signal.aborted) throw error;
          onTileFailed(error);
          const { width, height } = tilePixels(step, x, y);
          return drawHole(width, height);
        })
        .then(
          (bitmap) => job.finish(bitmap, null, 'imageBitmap'),
          () => job.fail('aborted', null),
        )
        .finally(() => running.delete(job));
    },
    downloadTileAbort: (job: OpenSeadragon.ImageJob) => running.get(job)?.abort(),
  });
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
