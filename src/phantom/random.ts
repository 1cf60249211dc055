/** Seeded randomness from 32-bit integer arithmetic only, so that every engine and machine draws the same numbers. */

export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  unit(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform integer in [0, count). */
  integer(count: number): number;
  chance(probability: number): boolean;
}

/** A generator of its own for each combination of seeds. @see sfc32 of PractRand, C. Doty-Humphrey (public domain) */
export function seededRandom(...seeds: readonly number[]): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (const seed of seeds) {
    a ^= seed | 0;
    b ^= Math.floor(seed / 0x100000000) | 0;
    for (let i = 0; i < 12; i++) next();
  }
  const unit = () => next() / 0x100000000;
  return {
    unit,
    between: (low, high) => low + (high - low) * unit(),
    integer: (count) => Math.floor(unit() * count),
    chance: (probability) => unit() < probability,
  };
}

/** A well-mixed 32-bit value of a lattice point. */
export function latticeHash(x: number, y: number, seed: number): number {
  let h = Math.imul(x | 0, 0x27d4eb2d) ^ Math.imul(y | 0, 0x165667b1) ^ Math.imul(seed | 0, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca77);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae3d);
  return (h ^ (h >>> 16)) >>> 0;
}
