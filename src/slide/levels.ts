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
