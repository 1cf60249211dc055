import { expect, it } from 'vitest';
import { tissueRule } from './overview.ts';
import { BLACK, classifyPixel, DEFAULT_TISSUE_RULE, GLASS, otsuThreshold, PEN, TISSUE } from './tissue.ts';

const classify = (r: number, g: number, b: number) => classifyPixel(DEFAULT_TISSUE_RULE, r, g, b);

it.each([
  ['white glass', GLASS, [255, 255, 255]],
  ['grey glass', GLASS, [228, 227, 230]],
  ['eosin', TISSUE, [220, 140, 185]],
  ['pale eosin', TISSUE, [236, 208, 224]],
  ['haematoxylin', TISSUE, [88, 60, 130]],
  ['blue haematoxylin', TISSUE, [70, 75, 135]],
  ['dense nuclei, nearly black', TISSUE, [52, 25, 66]],
  ['blood', TISSUE, [178, 52, 84]],
  ['brown chromogen', TISSUE, [120, 80, 50]],
  ['folded tissue', TISSUE, [95, 40, 110]],
  ['green felt pen', PEN, [25, 120, 80]],
  ['blue felt pen', PEN, [40, 70, 165]],
  ['red felt pen', PEN, [205, 35, 45]],
  ['edge of a black felt pen', PEN, [75, 76, 80]],
  ['black felt pen', BLACK, [25, 24, 28]],
  ['fill of a scanner', BLACK, [0, 0, 0]],
] as const)('tells %s', (_, expected, [r, g, b]) => {
  expect(classify(r, g, b)).toBe(expected);
});

it('splits two humps between them', () => {
  const histogram = new Array(256).fill(0);
  for (let i = 0; i < 8; i++) histogram[i] = 1000;
  for (let i = 60; i < 90; i++) histogram[i] = 100;
  // Every threshold from 8 to 60 has the same variance.
  expect(otsuThreshold(histogram)).toBe(34);
  expect(otsuThreshold([0, 0, 0])).toBe(0);
});

function picture(colours: readonly (readonly [number, number, number, number])[]) {
  const data = colours.flatMap(([count, r, g, b]) => Array.from({ length: count }, () => [r, g, b]).flat());
  return [{ width: data.length / 3, height: 1, data: Uint8Array.from(data) }];
}

it('finds grey glass and does not call it tissue', () => {
  const rule = tissueRule(
    picture([
      [600, 205, 203, 206],
      [200, 170, 90, 140],
      [100, 255, 255, 255],
    ]),
  );
  expect(rule.glass.map(Math.round)).toEqual([205, 203, 206]);
  expect(classifyPixel(rule, 205, 203, 206)).toBe(GLASS);
  expect(classifyPixel(rule, 170, 160, 165)).toBe(GLASS);
  expect(classifyPixel(rule, 170, 90, 140)).toBe(TISSUE);
});

it('lowers the threshold for a pale stain, and never throws half of an all-tissue picture away', () => {
  const pale = tissueRule(
    picture([
      [700, 245, 244, 245],
      [300, 236, 220, 230],
    ]),
  );
  expect(pale.minChroma).toBeLessThan(16);
  expect(classifyPixel(pale, 236, 220, 230)).toBe(TISSUE);
  const full = tissueRule(
    picture([
      [500, 222, 180, 210],
      [500, 90, 45, 130],
    ]),
  );
  expect(full).toEqual(DEFAULT_TISSUE_RULE);
  expect(classifyPixel(full, 222, 180, 210)).toBe(TISSUE);
});
