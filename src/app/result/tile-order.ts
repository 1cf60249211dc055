/** Stepping through the tiles by attention. Pure. */

/** The tile after (or before) one in an order, staying at the ends; the first when none is chosen. */
export function nextTile(order: readonly number[], chosen: number | undefined, step: 1 | -1): number | undefined {
  if (chosen === undefined) return order[0];
  const place = order.indexOf(chosen) + step;
  return order[Math.min(order.length - 1, Math.max(0, place))];
}
