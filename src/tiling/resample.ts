/**
 * Our own resampler: the same bytes in Node and in every browser, because it uses only IEEE double additions,
 * multiplications and one division a value, in a fixed order.
 *
 * Shrinking averages the area of each output pixel (for 2 and 4: Pillow's `Image.reduce`, bit for bit). Enlarging
 * is bilinear between pixel centres. Within 0.2 % of the same size pixels are copied.
 */
import type { Pixels } from '../slide/slide.ts';

/** For one axis: output px i is the sum of source px `first[i]` .. with `weights[i * width]` .., divided by `total`. */
export interface Taps {
  readonly first: Int32Array;
  /** Places for weights of each output px, of which `counts[i]` are used. */
  readonly width: number;
  readonly counts: Int32Array;
  readonly weights: Float64Array;
  readonly total: number;
  /** Source px needed: `from` .. `to` (exclusive). */
  readonly from: number;
  readonly to: number;
}

const SAME_SIZE = 0.002;

/** Taps that map the source interval `start` .. `start + span` (fractions of source px) to `count` output px. */
export function planTaps(start: number, span: number, count: number): Taps {
  const scale = span / count;
  if (Math.abs(scale - 1) < SAME_SIZE) return copyTaps(Math.round(start), count);
  return scale > 1 ? areaTaps(start, span, count) : bilinearTaps(start, scale, count);
}

function copyTaps(start: number, count: number): Taps {
  const first = Int32Array.from({ length: count }, (_, i) => start + i);
  return {
    first,
    width: 1,
    counts: new Int32Array(count).fill(1),
    weights: new Float64Array(count).fill(1),
    total: 1,
    from: start,
    to: start + count,
  };
}

function areaTaps(start: number, span: number, count: number): Taps {
  const width = Math.ceil(span / count) + 1;
  const first = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Float64Array(count * width);
  for (let i = 0; i < count; i++) {
    const low = snap(start + (span * i) / count);
    const high = snap(start + (span * (i + 1)) / count);
    const base = Math.floor(low);
    first[i] = base;
    const used = Math.ceil(high) - base;
    counts[i] = used;
    for (let k = 0; k < used; k++) {
      weights[i * width + k] = Math.min(high, base + k + 1) - Math.max(low, base + k);
    }
  }
  return {
    first,
    width,
    counts,
    weights,
    total: span / count,
    from: Math.floor(snap(start)),
    to: Math.ceil(snap(start + span)),
  };
}

function bilinearTaps(start: number, scale: number, count: number): Taps {
  const first = new Int32Array(count);
  const weights = new Float64Array(count * 2);
  for (let i = 0; i < count; i++) {
    const centre = snap(start + (i + 0.5) * scale - 0.5);
    const base = Math.floor(centre);
    first[i] = base;
    weights[i * 2] = 1 - (centre - base);
    weights[i * 2 + 1] = centre - base;
  }
  const from = first[0] ?? 0;
  return {
    first,
    width: 2,
    counts: new Int32Array(count).fill(2),
    weights,
    total: 1,
    from,
    to: (first[count - 1] ?? 0) + 2,
  };
}

/** Rounding errors must not reach for a pixel of the neighbour. */
function snap(value: number): number {
  const whole = Math.round(value);
  return Math.abs(value - whole) < 1e-6 ? whole : value;
}

/** Lines of the tile at hand; one thread resamples one tile at a time, and without this each would allocate a megabyte. */
let scratch = new Float64Array(0);

/**
 * Writes [rows, columns, 3] uint8 into `out` at byte `offset`. `patch` holds source px from (`across.from`, `down.from`)
 * to (`across.to`, `down.to`). Halves round up.
 */
export function resample(patch: Pixels, across: Taps, down: Taps, out: Uint8Array, offset: number): void {
  const columns = across.first.length;
  const rows = down.first.length;
  const rowLength = columns * 3;
  const { data } = patch;
  if (scratch.length < (patch.height + 1) * rowLength) scratch = new Float64Array((patch.height + 1) * rowLength);
  const lines = scratch;
  // Across first, one line for each line of the patch.
  for (let y = 0, to = 0; y < patch.height; y++) {
    const line = (y * patch.width - across.from) * 3;
    for (let i = 0; i < columns; i++, to += 3) {
      let r = 0;
      let g = 0;
      let b = 0;
      let at = line + (across.first[i] as number) * 3;
      const end = i * across.width + (across.counts[i] as number);
      for (let k = i * across.width; k < end; k++, at += 3) {
        const weight = across.weights[k] as number;
        r += weight * (data[at] as number);
        g += weight * (data[at + 1] as number);
        b += weight * (data[at + 2] as number);
      }
      lines[to] = r;
      lines[to + 1] = g;
      lines[to + 2] = b;
    }
  }
  const total = across.total * down.total;
  const sums = lines.subarray(patch.height * rowLength, (patch.height + 1) * rowLength);
  for (let i = 0; i < rows; i++) {
    sums.fill(0);
    for (let k = 0; k < (down.counts[i] as number); k++) {
      const weight = down.weights[i * down.width + k] as number;
      let at = ((down.first[i] as number) - down.from + k) * rowLength;
      for (let j = 0; j < rowLength; j++, at++) sums[j] = (sums[j] as number) + weight * (lines[at] as number);
    }
    const to = offset + i * rowLength;
    // Not negative, so that cutting the fraction off is rounding down.
    for (let j = 0; j < rowLength; j++) out[to + j] = ((sums[j] as number) / total + 0.5) | 0;
  }
}
