/** A number typed by hand, with a comma or a point, and any minus; undefined when it is none. */
export function parseTyped(text: string): number | undefined {
  const trimmed = text.trim().replace(',', '.').replace('−', '-');
  if (!/^-?\d*\.?\d+(e-?\d+)?$/.test(trimmed)) return undefined;
  return Number(trimmed);
}
