/** What a cohort of phantoms holds, and its table in PANDA's columns. */
import type { BiopsySpec } from './biopsy.ts';
import type { Pattern } from './cores.ts';
import { seededRandom } from './random.ts';
import { drawScanner, type Laboratory, SHARP_SCANNER } from './scanner.ts';

export interface CohortSlide {
  readonly id: string;
  readonly provider: Laboratory;
  /** 0 is benign, 1-5 malignant. */
  readonly isup: number;
  readonly spec: BiopsySpec;
}

/** Level-0 px of a cohort's slides: two short cores, so that a few hundred slides are made and read in minutes. */
const COHORT_SIZE = { width: 4096, height: 1920 } as const;

/** The sample slide of the app: three cores, cancer of pattern 4 in one, a fold and a line of pen. */
export const SAMPLE_SPEC: BiopsySpec = {
  seed: 20,
  width: 6144,
  height: 4096,
  cores: 3,
  gleason: [4, 4],
  lesionShare: 0.35,
  stainVariation: 0.3,
  fold: true,
  pen: true,
  scanner: SHARP_SCANNER,
};

/** Gleason patterns with their ISUP grade, as often as in PANDA's table (1 in a few hundred left out). */
const GRADES: readonly {
  readonly isup: number;
  readonly gleason: readonly [Pattern, Pattern];
  readonly parts: number;
}[] = [
  { isup: 1, gleason: [3, 3], parts: 35 },
  { isup: 2, gleason: [3, 4], parts: 17 },
  { isup: 3, gleason: [4, 3], parts: 16 },
  { isup: 4, gleason: [4, 4], parts: 15 },
  { isup: 4, gleason: [3, 5], parts: 1 },
  { isup: 4, gleason: [5, 3], parts: 1 },
  { isup: 5, gleason: [4, 5], parts: 10 },
  { isup: 5, gleason: [5, 4], parts: 3 },
  { isup: 5, gleason: [5, 5], parts: 2 },
];

/**
 * `count` slides, every other one benign, in a seeded order. Laboratory, scanner, stain, folds, pen and inflammation are
 * drawn without regard to the label, so that none of them gives it away.
 */
export function planCohort(count: number, seed: number): CohortSlide[] {
  const random = seededRandom(seed, 100);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  const digits = Math.max(4, String(count).length);
  return order.map((rank, i) => {
    const own = seededRandom(seed, 101, i);
    const grade = rank % 2 === 0 ? undefined : drawGrade(own.unit());
    const spec = {
      seed: own.integer(2 ** 31),
      ...COHORT_SIZE,
      cores: 2,
      gleason: grade?.gleason,
      lesionShare: own.between(0.2, 0.8),
      stainVariation: 1,
      fold: own.chance(0.15),
      pen: own.chance(0.1),
    };
    const provider = own.chance(0.5) ? 'phantom-a' : 'phantom-b';
    return {
      id: `phantom-${String(i + 1).padStart(digits, '0')}`,
      provider,
      isup: grade?.isup ?? 0,
      spec: { ...spec, scanner: drawScanner(own, provider) },
    };
  });
}

function drawGrade(at: number) {
  const total = GRADES.reduce((sum, grade) => sum + grade.parts, 0);
  let left = at * total;
  for (const grade of GRADES) {
    left -= grade.parts;
    if (left < 0) return grade;
  }
  return GRADES[0];
}

/** train.csv as PANDA has it: image_id,data_provider,isup_grade,gleason_score. */
export function cohortTable(slides: readonly CohortSlide[]): string {
  const rows = slides.map(({ id, provider, isup, spec }) => {
    const score = spec.gleason === undefined ? '0+0' : spec.gleason.join('+');
    return `${id},${provider},${isup},${score}\n`;
  });
  return `image_id,data_provider,isup_grade,gleason_score\n${rows.join('')}`;
}
