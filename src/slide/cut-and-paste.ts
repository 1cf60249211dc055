/** Parts of pictures copied by rows: into one of their own, or into a larger one. */
import type { Pixels } from './slide.ts';

/** Copies `block`, its corner at (dx, dy) of `target`, where they overlap; in place. */
export function paste(target: Pixels, block: Pixels, dx: number, dy: number): void {
  const fromX = Math.max(0, -dx);
  const toX = Math.min(block.width, target.width - dx);
  if (toX <= fromX) return;
  for (let y = Math.max(0, -dy); y < Math.min(block.height, target.height - dy); y++) {
    const line = block.data.subarray((y * block.width + fromX) * 3, (y * block.width + toX) * 3);
    target.data.set(line, ((y + dy) * target.width + dx + fromX) * 3);
  }
}

/** The part of `whole` at (x, y), as a copy; black past its edges. */
export function cut(whole: Pixels, x: number, y: number, width: number, height: number): Pixels {
  const part = { width, height, data: new Uint8Array(width * height * 3) };
  paste(part, whole, -x, -y);
  return part;
}
