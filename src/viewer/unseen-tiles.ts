/** Ends the reading of tiles that went out of sight. */
import type OpenSeadragon from 'openseadragon';
import { NO_LONGER_WANTED, type SlideTiles } from './tile-source.ts';

/**
 * The viewer only drops requests that have not begun; those under way are ended here once their tile is out of sight or
 * finer than the screen can show. `scaleOf`: CSS px for one level-0 px.
 */
export function abortUnseenTiles(viewer: OpenSeadragon.Viewer, tiles: SlideTiles, scaleOf: () => number): void {
  const { steps } = tiles;
  viewer.addHandler('update-viewport', () => {
    const inSight = viewer.viewport.getBounds(true).getBoundingBox();
    const finest = 4 * scaleOf() * window.devicePixelRatio;
    tiles.abort((tile) => {
      // The overview in the corner asks for tiles of its own.
      if (tile.tiledImage?.viewer !== viewer) return false;
      const tooFine = tile.level > 0 && (steps[tile.level]?.scale ?? 0) > finest;
      return tooFine || inSight.intersection(tile.bounds) === null;
    });
  });
  viewer.addHandler('tile-load-failed', ({ tile, message }) => {
    if (message !== NO_LONGER_WANTED) return;
    // The viewer takes it for missing right after this event; it is not.
    queueMicrotask(() => {
      tile.exists = true;
    });
  });
}
