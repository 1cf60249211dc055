/** Stepping through the fields in the order of the strip. Pure. */

/** The tile after (or before) one in an order, staying at the ends; the first when none of the order is chosen. */
export function nextTile(order: readonly number[], chosen: number | undefined, step: 1 | -1): number | undefined {
  const place = chosen === undefined ? -1 : order.indexOf(chosen);
  if (place < 0) return order[0];
  return order[Math.min(order.length - 1, Math.max(0, place + step))];
}

/** Where a key leads from one field of the strip (KeyboardEvent.key); undefined for a key that leads nowhere. */
export function fieldAfterKey(order: readonly number[], from: number | undefined, key: string): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return nextTile(order, from, 1);
    case 'ArrowLeft':
      return nextTile(order, from, -1);
    case 'Home':
      return order[0];
    case 'End':
      return order.at(-1);
    default:
      return undefined;
  }
}
