/** LZW as TIFF has it. */

/** Compressed bytes; codes grow one early. @see TIFF 6.0 section 13 */
export function encodeLzw(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  let held = 0;
  let heldBits = 0;
  let width = 9;
  const put = (code: number) => {
    held = (held << width) | code;
    heldBits += width;
    while (heldBits >= 8) {
      heldBits -= 8;
      out.push((held >> heldBits) & 255);
    }
    held &= (1 << heldBits) - 1;
  };
  // An entry is a known prefix and one more byte.
  let table = new Map<number, number>();
  let next = 258;
  put(256);
  let prefix = -1;
  for (const byte of bytes) {
    if (prefix < 0) {
      prefix = byte;
      continue;
    }
    const key = prefix * 256 + byte;
    const known = table.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    put(prefix);
    table.set(key, next++);
    prefix = byte;
    if (next + 1 > 1 << width) width++;
    if (next === 4094) {
      put(prefix);
      put(256);
      table = new Map();
      next = 258;
      width = 9;
      prefix = -1;
    }
  }
  if (prefix >= 0) {
    put(prefix);
    next++;
    if (next + 1 > 1 << width && width < 12) width++;
  }
  put(257);
  if (heldBits > 0) out.push((held << (8 - heldBits)) & 255);
  return Uint8Array.from(out);
}
