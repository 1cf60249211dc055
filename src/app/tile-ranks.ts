/** Tiles by attention: order, rank and percentile. Pure. */

export interface TileRanks {
  /** [N] indices into the bag, highest weight first; ties by index. */
  readonly order: Uint32Array;
  /** [N] rank of each tile, 1 is the highest. */
  readonly rank: Uint32Array;
}

export function rankTiles(weights: Float32Array): TileRanks {
  const order = Uint32Array.from(weights, (_, index) => index);
  order.sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b);
  const rank = new Uint32Array(weights.length);
  order.forEach((tile, place) => {
    rank[tile] = place + 1;
  });
  return { order, rank };
}

/** The tile after (or before) one by rank, staying at the ends; the first when none is chosen. */
export function nextTile(ranks: TileRanks, chosen: number | undefined, step: 1 | -1): number | undefined {
  if (chosen === undefined) return ranks.order[0];
  const place = (ranks.rank[chosen] ?? 1) - 1 + step;
  return ranks.order[Math.min(ranks.order.length - 1, Math.max(0, place))];
}
