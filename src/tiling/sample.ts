/** Seeded choice of some of many, and an order in which neighbours stay together. */

/** Uniform 32-bit integers from integer arithmetic only. @see mulberry32, T. Ettinger (public domain) */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/**
 * `count` of `items` without replacement, each equally likely, in their old order: the first `count` steps of a
 * Fisher-Yates shuffle, where step i swaps item i with item i + floor(u / 2^32 * (n - i)).
 */
export function sampleSeeded(items: readonly number[], count: number, seed: number): number[] {
  if (items.length <= count) return [...items];
  const next = mulberry32(seed);
  const order = Array.from(items, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor((next() / 2 ** 32) * (order.length - i));
    const kept = order[i] as number;
    order[i] = order[j] as number;
    order[j] = kept;
  }
  return order
    .slice(0, count)
    .sort((a, b) => a - b)
    .map((i) => items[i] as number);
}

/** Place on the Z-shaped curve through a grid (Morton order): any run of it is a compact patch. col, row < 65,536 */
export function mortonCode(col: number, row: number): number {
  return spread(col) + 2 * spread(row);
}

/** Bit k of a 16-bit number moves to bit 2k. */
function spread(value: number): number {
  let v = value & 0xffff;
  v = (v | (v << 8)) & 0x00ff00ff;
  v = (v | (v << 4)) & 0x0f0f0f0f;
  v = (v | (v << 2)) & 0x33333333;
  v = (v | (v << 1)) & 0x55555555;
  return v;
}
