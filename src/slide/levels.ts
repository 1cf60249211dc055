/** The levels of a slide, from what a format knows of each. */
import type { Level } from './slide.ts';

/** Largest first: sizes exact, downsample the mean of both axes. */
export function levelsOf(stored: readonly Omit<Level, 'index' | 'downsample'>[]): Level[] {
  const [base] = stored;
  return stored.map(({ width, height, tileWidth, tileHeight }, index) => ({
    index,
    width,
    height,
    downsample: base ? (base.width / width + base.height / height) / 2 : 1,
    tileWidth,
    tileHeight,
  }));
}

/** Largest first, each narrower than the one before: of those of one width the first. */
export function fallingWidths<T extends { readonly width: number }>(levels: readonly T[]): T[] {
  const sorted = [...levels].sort((a, b) => b.width - a.width);
  return sorted.filter((level, i) => i === 0 || level.width < (sorted[i - 1]?.width ?? 0));
}
