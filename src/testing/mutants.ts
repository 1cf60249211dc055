/** Mutants of small whole files, the same every time: bytes changed, ranges repeated or dropped, the file cut short. */

/** Mutants made of all seeds together: 60,000 where CI is set, fewer beside other work; MILSCOPE_MUTANTS asks for any number. */
export const MUTANTS = Number(process.env.MILSCOPE_MUTANTS ?? (process.env.CI ? 60_000 : 10_000));

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

/**
 * Mutant `index` of `count` of a file. Every fourth is cut short and the one after it has one byte changed: at every offset
 * where `count` is four times the file or more, else spread evenly. The others have one to eight changes anywhere.
 */
export function mutant(whole: Uint8Array, index: number, count: number): Uint8Array {
  const turns = Math.ceil(count / 4);
  const turn = Math.floor(index / 4);
  const offset = turns >= whole.length ? turn % whole.length : Math.floor((turn * whole.length) / turns);
  if (index % 4 === 0) return whole.slice(0, offset);
  const pick = seeded(index);
  const bytes = whole.slice();
  if (index % 4 === 1) {
    bytes[offset] = (bytes[offset] ?? 0) ^ (pick(2) === 0 ? 1 << pick(8) : 1 + pick(255));
    return bytes;
  }
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
