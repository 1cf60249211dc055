/** From amounts of dye to colour, after Beer and Lambert. */
import { decay } from './arithmetic.ts';
import type { Random } from './random.ts';

/** How one laboratory's dyes and one scanner's lamp look. */
export interface Stain {
  /** Optical density of one unit of each dye in red, green and blue. */
  readonly haematoxylin: readonly [number, number, number];
  readonly eosin: readonly [number, number, number];
  /** What the scanner shows where there is nothing, 0..255. */
  readonly white: readonly [number, number, number];
}

/** Between the vectors of Macenko (2009) and Ruifrok (2001), varied as laboratories vary. */
export function mixStain(random: Random, variation: number): Stain {
  const vary = (value: number, by: number) => value * (1 + variation * random.between(-by, by));
  const strengthH = vary(1, 0.22);
  const strengthE = vary(1, 0.28);
  const lamp = random.between(240, 247);
  const tint = () => Math.min(252, Math.round(lamp + variation * random.between(-2.5, 2.5)));
  return {
    haematoxylin: [vary(0.62, 0.1) * strengthH, vary(0.7, 0.05) * strengthH, vary(0.36, 0.14) * strengthH],
    eosin: [vary(0.13, 0.35) * strengthE, vary(0.86, 0.06) * strengthE, vary(0.42, 0.18) * strengthE],
    white: [tint(), tint(), tint()],
  };
}

const STEPS = 512;
const DEEPEST = 6;

/** Share of light let through by optical density i / STEPS (natural logarithm). */
const TRANSMISSION = Float32Array.from({ length: STEPS * DEEPEST + 1 }, (_, i) => decay(i / STEPS));

/** Light of one channel, 0..1, let through by a density. */
export function transmit(density: number): number {
  const i = density * STEPS;
  return TRANSMISSION[i >= STEPS * DEEPEST ? STEPS * DEEPEST : i <= 0 ? 0 : Math.floor(i)] as number;
}
