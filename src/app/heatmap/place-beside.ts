/** Where a box of words stands beside a tile: on neither the tile nor the tools. Pure. */
import type { Rect } from '../../geometry.ts';

/** Between the box and what it stands beside, and between the box and the edge, CSS px. */
const GAP = 14;
const EDGE = 8;

/**
 * The top left of a box of `size` beside `tile`, CSS px of the stage: right of it, left, below or above, moved along that
 * side until it covers none of `tools`. Where there is no such place, the one that covers least, the tools counting more than
 * the tile.
 */
export function placeBeside(
  tile: Rect,
  size: { readonly width: number; readonly height: number },
  stage: { readonly width: number; readonly height: number },
  tools: readonly Rect[],
): { readonly x: number; readonly y: number } {
  const inside = (value: number, side: number, room: number) =>
    Math.max(EDGE, Math.min(value, Math.max(EDGE, room - side - EDGE)));
  const around = [tile, ...tools];
  const xs = around.flatMap(({ x, width }) => [x, x + width + GAP, x - GAP - size.width, x + width - size.width]);
  const ys = around.flatMap(({ y, height }) => [y, y + height + GAP, y - GAP - size.height, y + height - size.height]);
  const right = tile.x + tile.width + GAP;
  const left = tile.x - GAP - size.width;
  const below = tile.y + tile.height + GAP;
  const above = tile.y - GAP - size.height;
  const corners = [EDGE, stage.height].flatMap((y) => [EDGE, stage.width].map((x) => ({ x, y })));
  const places = [
    ...[right, left].flatMap((x) => [tile.y, ...ys].map((y) => ({ x, y }))),
    ...[below, above].flatMap((y) => [tile.x, ...xs].map((x) => ({ x, y }))),
    ...corners,
  ].map(({ x, y }) => ({ x: inside(x, size.width, stage.width), y: inside(y, size.height, stage.height) }));
  let [best, least] = [{ x: EDGE, y: EDGE }, Number.POSITIVE_INFINITY];
  for (const place of places) {
    const box = { ...place, ...size };
    const cost = tools.reduce((sum, tool) => sum + 1000 * shared(box, tool), shared(box, tile));
    if (cost < least) [best, least] = [place, cost];
    if (cost === 0) break;
  }
  return best;
}

/** Area that two rectangles share. */
function shared(a: Rect, b: Rect): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}
