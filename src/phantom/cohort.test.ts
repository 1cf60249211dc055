import { describe, expect, it } from 'vitest';
import { cohortTable, planCohort } from './cohort.ts';

describe('a cohort', () => {
  const slides = planCohort(200, 1);

  it('is half benign and holds every grade', () => {
    expect(slides.filter((slide) => slide.isup === 0)).toHaveLength(100);
    expect(new Set(slides.map((slide) => slide.isup))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });

  it('gives each slide its own id and seed', () => {
    expect(new Set(slides.map((slide) => slide.id)).size).toBe(200);
    expect(new Set(slides.map((slide) => slide.spec.seed)).size).toBe(200);
  });

  it('is the same for the same seed only', () => {
    expect(planCohort(200, 1)).toEqual(slides);
    expect(planCohort(200, 2)).not.toEqual(slides);
  });

  it('does not let laboratory, focus, fold or pen give the label away', () => {
    const share = (isBenign: boolean, has: (slide: (typeof slides)[number]) => boolean) => {
      const side = planCohort(2000, 3).filter((slide) => (slide.isup === 0) === isBenign);
      return side.filter(has).length / side.length;
    };
    for (const has of [
      (slide: (typeof slides)[number]) => slide.provider === 'phantom-a',
      (slide: (typeof slides)[number]) => slide.spec.scanner.blur > 0.5,
      (slide: (typeof slides)[number]) => slide.spec.fold,
      (slide: (typeof slides)[number]) => slide.spec.pen,
    ])
      expect(Math.abs(share(true, has) - share(false, has))).toBeLessThan(0.07);
  });

  it('has two scanners of their own pixel size, whose focus and compression differ from slide to slide', () => {
    for (const [provider, mpp] of [
      ['phantom-a', 0.48],
      ['phantom-b', 0.46],
    ] as const) {
      const own = slides.filter((slide) => slide.provider === provider).map((slide) => slide.spec.scanner);
      expect(new Set(own.map((scanner) => scanner.mpp))).toEqual(new Set([mpp]));
      expect(new Set(own.map((scanner) => scanner.quality)).size).toBeGreaterThan(10);
      const blurs = own.map((scanner) => scanner.blur);
      expect(Math.max(...blurs) - Math.min(...blurs)).toBeGreaterThan(0.5);
    }
  });

  it("is written in PANDA's columns", () => {
    const lines = cohortTable(slides).trimEnd().split('\n');
    expect(lines[0]).toBe('image_id,data_provider,isup_grade,gleason_score');
    expect(lines).toHaveLength(201);
    for (const line of lines.slice(1)) expect(line).toMatch(/^phantom-\d{4},phantom-[ab],([1-5],[345]\+[345]|0,0\+0)$/);
  });
});
