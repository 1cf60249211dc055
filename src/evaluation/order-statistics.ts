/** Order, ranks and moments of numbers, as statistics needs them. */

/** Indices from the lowest score to the highest. */
export function byScore(scores: ArrayLike<number>): number[] {
  return Array.from(scores, (_, i) => i).sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0) || a - b);
}

/** Ranks from 1, equal values share the mean of theirs. */
export function midRanks(values: ArrayLike<number>): Float64Array {
  const order = byScore(values);
  const ranks = new Float64Array(values.length);
  for (let first = 0; first < order.length; ) {
    let last = first;
    const value = values[order[first] ?? 0];
    while (last + 1 < order.length && values[order[last + 1] ?? 0] === value) last++;
    for (let k = first; k <= last; k++) ranks[order[k] ?? 0] = (first + last) / 2 + 1;
    first = last + 1;
  }
  return ranks;
}

/** Undefined for no numbers. */
export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Divided by n - 1. */
export function sampleVariance(values: readonly number[]): number {
  const center = mean(values) ?? 0;
  return values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1);
}

/** Linear between the order statistics, as numpy's default; `sorted` is not empty. */
export function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? 0;
  return low + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] ?? 0) - low);
}
