/** Mutants of small whole files, the same every time: bytes changed, ranges repeated or dropped, the file cut short. */

/** Seeded numbers, uniform in 0..n-1. @see Marsaglia, "Xorshift RNGs", 2003 */
export function seeded(seed: number): (n: number) => number {
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state % n;
  };
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff];

/** Mutant `index` of a file: every fourth is cut short, at each offset in turn, the others have one to eight changes. */
export function mutant(whole: Uint8Array, index: number): Uint8Array {
  if (index % 4 === 0) return whole.slice(0, (index / 4) % whole.length);
  const pick = seeded(index);
  const bytes = whole.slice();
  for (let changes = 1 + pick(8); changes > 0; changes--) {
    const at = pick(bytes.length);
    const length = 1 + pick(8);
    switch (pick(5)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(8));
        break;
      case 1:
        bytes[at] = pick(256);
        break;
      case 2:
        bytes.fill(INTERESTING[pick(INTERESTING.length)] ?? 0, at, at + length);
        break;
      case 3:
        bytes.copyWithin(pick(bytes.length), at, at + length);
        break;
      default:
        bytes.copyWithin(at, at + length);
    }
  }
  return bytes;
}
