/** The promise to whoever opens a broken file, tested on the mutants of one seed. */
import { expect, it } from 'vitest';
import type { Outcome } from './exercise.ts';
import { MUTANTS, mutant } from './mutants.ts';
import { mutantsOf, type Seed } from './seeds.ts';

const LIMIT_MS = 1000;
const LIMIT_BYTES = 64 * 2 ** 20;

type Exercise = (seed: Seed, files: ReadonlyMap<string, Uint8Array>) => Promise<Outcome>;

/** One test for each seed: every mutant ends in pixels or a typed error, within a second and 64 MiB and four times the file. */
export function testMutants(seeds: readonly Seed[], exercise: Exercise): void {
  for (const seed of seeds) {
    const count = mutantsOf(seed, MUTANTS);
    it(`${seed.name}: ${count}`, { timeout: 600_000 }, async () => {
      const files = await seed.make();
      const whole = files.get(seed.broken);
      if (!whole) throw new RangeError(`no file ${seed.broken}`);
      expect(await exercise(seed, files)).toBe('read');
      const seen = { read: 0, refused: 0, holes: 0 };
      for (let i = 0; i < count; i++) {
        const bytes = mutant(whole, i, count);
        const before = process.memoryUsage().arrayBuffers;
        let start = performance.now();
        let elapsed = 0;
        try {
          seen[await exercise(seed, new Map([...files, [seed.broken, bytes]]))]++;
          elapsed = performance.now() - start;
          if (elapsed > LIMIT_MS) {
            // Another process may have held the processor: it counts when it is slow twice.
            start = performance.now();
            await exercise(seed, new Map([...files, [seed.broken, bytes]]));
            elapsed = performance.now() - start;
          }
        } catch (error) {
          throw new Error(`mutant ${i} of ${count} of ${seed.name}`, { cause: error });
        }
        if (elapsed > LIMIT_MS) throw new Error(`mutant ${i} of ${count} of ${seed.name} takes ${elapsed} ms`);
        const held = process.memoryUsage().arrayBuffers - before;
        if (held > LIMIT_BYTES + 4 * bytes.length)
          throw new Error(`mutant ${i} of ${count} of ${seed.name} takes ${held} bytes`);
      }
      // A run in which nothing is refused, or nothing read, tests nothing.
      if (count >= 100) {
        expect(seen.refused + seen.holes).toBeGreaterThan(count / 20);
        expect(seen.read + seen.holes).toBeGreaterThan(count / 20);
      }
    });
  }
}
