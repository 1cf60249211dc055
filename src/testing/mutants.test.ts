import { describe, expect, it } from 'vitest';
import { exerciseSlide, exerciseWeights, slideFiles } from './exercise.ts';
import { MUTANTS } from './mutants.ts';
import { testMutants } from './mutate.ts';
import { IMAGE_SEEDS, MAKER_SEEDS, mutantsOf, WEIGHT_SEEDS } from './seeds.ts';

it(`${MUTANTS} mutants are made of all seeds`, () => {
  const all = [...IMAGE_SEEDS, ...MAKER_SEEDS, ...WEIGHT_SEEDS];
  expect(all.reduce((sum, seed) => sum + mutantsOf(seed, MUTANTS), 0)).toBeGreaterThanOrEqual(MUTANTS);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

describe('mutants of images', () => {
  testMutants(IMAGE_SEEDS, ({ main }, files) => exerciseSlide(slideFiles(main, files)));
});

describe('mutants of weights', () => {
  testMutants(WEIGHT_SEEDS, ({ main }, files) => exerciseWeights(files.get(main) ?? new Uint8Array()));
});
