/** Many rectangles of about one size, of which those in sight are found without looking at all. Pure. */
import type { Rect } from '../geometry.ts';

export interface RectIndex {
  readonly count: number;
  /** Around all of them; of no size where there are none. */
  readonly bounds: Rect;
  /** The largest of them. */
  readonly most: { readonly width: number; readonly height: number };
  /** Those that touch a rectangle, and perhaps some that lie near it. */
  near(seen: Rect): readonly Rect[];
}

/** About so many rectangles lie in one bucket. */
const IN_BUCKET = 16;

export function createRectIndex(rects: readonly Rect[]): RectIndex {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  let [mostWidth, mostHeight] = [0, 0];
  for (const { x, y, width, height } of rects) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + width);
    bottom = Math.max(bottom, y + height);
    mostWidth = Math.max(mostWidth, width);
    mostHeight = Math.max(mostHeight, height);
  }
  const bounds = rects.length === 0 ? NOWHERE : { x: left, y: top, width: right - left, height: bottom - top };
  const side = Math.max(1, Math.ceil(Math.sqrt(rects.length / IN_BUCKET)));
  const bucketAt = (value: number, from: number, size: number) =>
    Math.min(side - 1, Math.max(0, size === 0 ? 0 : Math.floor(((value - from) / size) * side)));
  const buckets: Rect[][] = Array.from({ length: side * side }, () => []);
  // By their top left corners.
  for (const rect of rects)
    buckets[bucketAt(rect.y, top, bounds.height) * side + bucketAt(rect.x, left, bounds.width)]?.push(rect);
  return {
    count: rects.length,
    bounds,
    most: { width: mostWidth, height: mostHeight },
    near: (seen) => {
      const isApart =
        rects.length === 0 ||
        seen.x > right ||
        seen.y > bottom ||
        seen.x + seen.width < left ||
        seen.y + seen.height < top;
      if (isApart) return [];
      const found: Rect[] = [];
      const [fromX, toX] = [seen.x - mostWidth, seen.x + seen.width].map((x) => bucketAt(x, left, bounds.width));
      const [fromY, toY] = [seen.y - mostHeight, seen.y + seen.height].map((y) => bucketAt(y, top, bounds.height));
      for (let row = fromY ?? 0; row <= (toY ?? -1); row++)
        for (let col = fromX ?? 0; col <= (toX ?? -1); col++)
          for (const rect of buckets[row * side + col] ?? []) found.push(rect);
      return found;
    },
  };
}

const NOWHERE: Rect = { x: 0, y: 0, width: 0, height: 0 };

/** Edges that lie no further apart are one: positions of tiles are rounded. */
const SAME_EDGE = 1;

const isSame = (one: number, other: number) => Math.abs(one - other) <= SAME_EDGE;

/** The same area in fewer rectangles: those beside each other become one, and then those above each other. */
export function mergeRects(rects: readonly Rect[]): readonly Rect[] {
  const inRows = [...rects].sort((a, b) => a.y - b.y || a.x - b.x);
  const runs = mergeInOrder(
    inRows,
    (run, next) => isSame(run.y, next.y) && isSame(run.height, next.height) && isSame(run.x + run.width, next.x),
    (run, next) => ({ ...run, width: next.x + next.width - run.x }),
  );
  const inColumns = [...runs].sort((a, b) => a.x - b.x || a.width - b.width || a.y - b.y);
  return mergeInOrder(
    inColumns,
    (area, next) => isSame(area.x, next.x) && isSame(area.width, next.width) && isSame(area.y + area.height, next.y),
    (area, next) => ({ ...area, height: next.y + next.height - area.y }),
  );
}

function mergeInOrder(
  rects: readonly Rect[],
  fits: (one: Rect, next: Rect) => boolean,
  join: (one: Rect, next: Rect) => Rect,
): readonly Rect[] {
  const merged: Rect[] = [];
  for (const rect of rects) {
    const last = merged.at(-1);
    if (last !== undefined && fits(last, rect)) merged[merged.length - 1] = join(last, rect);
    else merged.push(rect);
  }
  return merged;
}
