import { describe } from 'vitest';
import { exerciseSlide, slideFiles } from './exercise.ts';
import { testMutants } from './mutate.ts';
import { MAKER_SEEDS } from './seeds.ts';

describe('mutants of the formats of makers', () => {
  testMutants(MAKER_SEEDS, ({ main }, files) => exerciseSlide(slideFiles(main, files)));
});
