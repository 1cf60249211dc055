/** The outline of the needle cores of a biopsy, and which part of them is cancer. Positions are level-0 px. */
import { smoothNoise } from './noise.ts';
import type { Random } from './random.ts';

/** Gleason pattern of cancer; 3 = discrete small glands, 4 = fused or cribriform, 5 = sheets and single cells. */
export type Pattern = 3 | 4 | 5;

/** Part of a core, along its axis in px from its start. */
export interface Lesion {
  readonly from: number;
  readonly to: number;
  readonly pattern: Pattern;
}

/** A strip of tissue along the x axis. */
export interface Core {
  readonly x: number;
  readonly length: number;
  /** Centre line's y and half the width, one entry every CORE_STEP px. */
  readonly centre: Float32Array;
  readonly half: Float32Array;
  readonly seed: number;
  readonly lesions: readonly Lesion[];
}

const CORE_STEP = 8;

export function planCore(
  random: Random,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  lesions: readonly Lesion[],
): Core {
  const count = Math.ceil(box.width / CORE_STEP) + 1;
  const centre = new Float32Array(count);
  const half = new Float32Array(count);
  const seed = random.integer(0x7fffffff);
  const sway = box.height * 0.07;
  const widest = box.height * 0.42;
  // The needle tears its ends: one is blunt, the other drawn out.
  const ends = [random.between(0.5, 1.1) * widest, random.between(0.8, 2.2) * widest] as const;
  for (let i = 0; i < count; i++) {
    const u = i * CORE_STEP;
    centre[i] =
      box.y + box.height / 2 + sway * (smoothNoise(u / 1400, 0.5, seed) + 0.4 * smoothNoise(u / 420, 7.5, seed));
    const wobble = 1 + 0.1 * smoothNoise(u / 520, 3.5, seed) + 0.05 * smoothNoise(u / 130, 9.5, seed);
    const left = Math.min(1, u / ends[0]);
    const right = Math.min(1, (box.width - u) / ends[1]);
    const round = (t: number) => Math.sqrt(Math.max(0, 1 - (1 - t) * (1 - t)));
    half[i] = widest * wobble * round(left) * round(right);
  }
  return { x: box.x, length: box.width, centre, half, seed, lesions };
}

/** Roughly how many px inside the tissue a point lies; negative outside. */
export function tissueDepth(cores: readonly Core[], x: number, y: number): number {
  let best = -1e6;
  for (const core of cores) best = Math.max(best, coreDepth(core, x, y));
  return best;
}

function coreDepth(core: Core, x: number, y: number): number {
  const u = x - core.x;
  if (u <= 0 || u >= core.length) return -1e6;
  const at = u / CORE_STEP;
  const i = Math.floor(at);
  const t = at - i;
  const half = mix(core.half, i, t);
  const depth = half - Math.abs(y - mix(core.centre, i, t));
  if (depth > 60 || depth < -60) return depth;
  return depth + 11 * smoothNoise(x / 53, y / 53, core.seed) + 4 * smoothNoise(x / 13, y / 13, core.seed + 1) - 4;
}

/** The Gleason pattern of the area around a point, 0 where it is benign or no tissue. */
export function patternAt(cores: readonly Core[], x: number, y: number): Pattern | 0 {
  for (const core of cores) {
    const u = x - core.x;
    if (u <= 0 || u >= core.length || core.lesions.length === 0) continue;
    const at = u / CORE_STEP;
    const i = Math.floor(at);
    if (Math.abs(y - mix(core.centre, i, at - i)) > mix(core.half, i, at - i) + 24) continue;
    const edge =
      u + 90 * smoothNoise(x / 260, y / 170, core.seed + 2) + 30 * smoothNoise(x / 70, y / 60, core.seed + 3);
    for (const lesion of core.lesions) if (edge >= lesion.from && edge < lesion.to) return lesion.pattern;
  }
  return 0;
}

function mix(values: Float32Array, i: number, t: number): number {
  const a = values[i] ?? 0;
  return a + ((values[i + 1] ?? a) - a) * t;
}
