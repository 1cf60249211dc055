/** What goes wrong on real slides: folds of the section, and pen on the glass. Positions are level-0 px. */
import type { Rect } from '../geometry.ts';
import { clamp01 } from './arithmetic.ts';
import type { Core } from './cores.ts';
import { smoothNoise } from './noise.ts';
import type { Random } from './random.ts';

/** A band across a core where the section lies on itself. */
export interface Fold {
  readonly x: number;
  readonly y: number;
  readonly top: number;
  readonly bottom: number;
  readonly slope: number;
  readonly half: number;
  readonly seed: number;
}

export function planFold(random: Random, core: Core): Fold {
  const at = random.between(0.15, 0.85);
  const i = Math.floor(at * (core.centre.length - 1));
  const y = core.centre[i] ?? 0;
  const half = core.half[i] ?? 0;
  return {
    x: core.x + at * core.length,
    y,
    top: y - half - 60,
    bottom: y + half + 60,
    slope: random.between(-0.5, 0.5),
    half: random.between(14, 34),
    seed: random.integer(0x7fffffff),
  };
}

/** 0..1: how much of a second layer lies at a point. */
export function foldAt(fold: Fold, x: number, y: number): number {
  if (y < fold.top || y > fold.bottom || Math.abs(x - fold.x) > 1200) return 0;
  const across = x - fold.x - fold.slope * (y - fold.y) - 40 * smoothNoise(y / 150, 0.5, fold.seed);
  const width = fold.half * (1 + 0.6 * smoothNoise(y / 90, 4.5, fold.seed));
  return clamp01((width - Math.abs(across)) / 5);
}

/** A line of felt pen: points, half its width, and the light it lets through. */
export interface PenStroke {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly half: number;
  readonly ink: readonly [number, number, number];
}

const INKS: readonly (readonly [number, number, number])[] = [
  [0.12, 0.28, 0.72],
  [0.1, 0.5, 0.3],
  [0.16, 0.16, 0.18],
];

export function planPen(random: Random, width: number, height: number): PenStroke {
  const y = height * (random.chance(0.5) ? 0.03 : 0.97);
  const from = random.between(0.05, 0.5) * width;
  const points = Array.from({ length: 9 }, (_, i) => ({
    x: from + i * width * 0.05,
    y: y + random.between(-0.02, 0.02) * height,
  }));
  return { points, half: random.between(38, 60), ink: INKS[random.integer(INKS.length)] ?? [0.1, 0.1, 0.1] };
}

/** Lays the strokes over painted pixels of a region. */
export function paintPen(region: Rect, strokes: readonly PenStroke[], data: Uint8Array): void {
  for (const stroke of strokes) {
    const xs = stroke.points.map((point) => point.x);
    const ys = stroke.points.map((point) => point.y);
    const left = Math.max(region.x, Math.floor(Math.min(...xs) - stroke.half));
    const right = Math.min(region.x + region.width, Math.ceil(Math.max(...xs) + stroke.half));
    const top = Math.max(region.y, Math.floor(Math.min(...ys) - stroke.half));
    const bottom = Math.min(region.y + region.height, Math.ceil(Math.max(...ys) + stroke.half));
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) {
        const away = strokeDistance(stroke, x, y) + 3 * smoothNoise(x / 60, y / 9, 11);
        const alpha = 0.92 * clamp01((stroke.half - away) / 6);
        if (alpha === 0) continue;
        const at = ((y - region.y) * region.width + x - region.x) * 3;
        for (let c = 0; c < 3; c++)
          data[at + c] = (data[at + c] as number) * (1 - alpha * (1 - (stroke.ink[c] as number)));
      }
  }
}

function strokeDistance(stroke: PenStroke, x: number, y: number): number {
  let best = 1e9;
  for (let i = 1; i < stroke.points.length; i++) {
    const a = stroke.points[i - 1] as { x: number; y: number };
    const b = stroke.points[i] as { x: number; y: number };
    const dx = b.x - a.x;
    const dy = b.y - a.y;
    const t = clamp01(((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy));
    const ex = x - a.x - t * dx;
    const ey = y - a.y - t * dy;
    best = Math.min(best, ex * ex + ey * ey);
  }
  return Math.sqrt(best);
}
