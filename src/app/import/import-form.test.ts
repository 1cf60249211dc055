import { describe, expect, it } from 'vitest';
import type { ImportSettings } from '../../model/import.ts';
import { type ImportFields, toFields, toSettings } from './import-form.ts';

const ASSUMED: ImportSettings = {
  name: 'best',
  bag: { protocol: 'tissue-grid', tilePx: 256, mpp: 0.5, minTissue: 0.25, maxTiles: 99, seed: 7 },
  input: { color: 'rgb', scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  classes: ['benign', 'malignant'],
  threshold: 0.5,
  temperature: 1,
  tissue: 'unknown',
  stain: 'unknown',
};
const from = (change: Partial<ImportFields>) => toSettings({ ...toFields(ASSUMED), ...change }, ASSUMED);
const problems = (change: Partial<ImportFields>) => {
  const result = from(change);
  return 'problems' in result ? Object.keys(result.problems) : [];
};

describe('the fields of an import', () => {
  it('unchanged give what was assumed, also what no field asks', () => {
    expect(from({})).toEqual({ settings: ASSUMED });
  });

  it('take decimals of either kind, and lists', () => {
    expect(from({ mpp: '0,25', mean: '0.5 0.5 0.5', std: '.2; .3; .4', threshold: ' .3 ' })).toMatchObject({
      settings: {
        bag: { mpp: 0.25 },
        input: { mean: [0.5, 0.5, 0.5], std: [0.2, 0.3, 0.4] },
        threshold: 0.3,
      },
    });
    expect(from({ mean: '-1, −0.5, 0' })).toMatchObject({ settings: { input: { mean: [-1, -0.5, 0] } } });
  });

  it('make the article’s bag of one that was assumed otherwise, and back', () => {
    const bag = { protocol: 'darkest', tilePx: 128, count: 16, downsample: 16 } as const;
    expect(from({ protocol: 'darkest', tilePx: '128' })).toMatchObject({ settings: { bag } });
    const article = { ...ASSUMED, bag };
    expect(toSettings(toFields(article), article)).toEqual({ settings: article });
    const grid = toSettings({ ...toFields(article), protocol: 'tissue-grid' }, article);
    expect(grid).toMatchObject({ settings: { bag: { protocol: 'tissue-grid', tilePx: 128, mpp: 0.5, seed: 1 } } });
  });

  it('name what is wrong', () => {
    expect(problems({ name: ' ' })).toEqual(['name']);
    expect(problems({ tilePx: '8' })).toEqual(['tilePx']);
    expect(problems({ tilePx: '100.5' })).toEqual(['tilePx']);
    expect(problems({ mpp: 'half' })).toEqual(['mpp']);
    expect(problems({ mpp: '0' })).toEqual(['mpp']);
    expect(problems({ mpp: 'not asked', protocol: 'darkest' })).toEqual([]);
    expect(problems({ mean: '0.5, 0.5' })).toEqual(['mean']);
    expect(problems({ std: '1, 1, 1, 1' })).toEqual(['std']);
    expect(problems({ std: '0, 1, 1' })).toEqual(['std']);
    expect(problems({ threshold: '50' })).toEqual(['threshold']);
    expect(problems({ negative: 'malignant' })).toEqual(['positive']);
  });
});
