import { expect, it } from 'vitest';
import { applyCurve, isNeutral, NEUTRAL, toCurve } from './display-curve.ts';

const at = (adjustment: Partial<typeof NEUTRAL>, value: number) => toCurve({ ...NEUTRAL, ...adjustment })[value] ?? -1;

it('leaves every value as it is when neutral', () => {
  expect(isNeutral(NEUTRAL)).toBe(true);
  toCurve(NEUTRAL).forEach((shown, value) => {
    expect(shown).toBeCloseTo(value / 255, 12);
  });
});

it('adds brightness, stretches contrast about the middle, and lifts the dark parts with gamma', () => {
  expect(at({ brightness: 0.2 }, 51)).toBeCloseTo(0.4, 12);
  expect(at({ contrast: 2 }, 102)).toBeCloseTo(0.3, 12);
  expect(at({ contrast: 2 }, 30)).toBe(0);
  expect(at({ contrast: 2 }, 250)).toBe(1);
  expect(at({ gamma: 2 }, 51)).toBeCloseTo(Math.sqrt(0.2), 12);
  expect(at({ gamma: 0.5 }, 51)).toBeCloseTo(0.04, 12);
  for (const one of [{ brightness: 0.1 }, { contrast: 1.1 }, { gamma: 0.9 }])
    expect(isNeutral({ ...NEUTRAL, ...one })).toBe(false);
});

it('keeps the transparency of a picture', () => {
  const rgba = Uint8ClampedArray.of(51, 102, 153, 7, 255, 0, 128, 255);
  applyCurve(rgba, toCurve({ ...NEUTRAL, brightness: 0.2 }));
  expect([...rgba]).toEqual([102, 153, 204, 7, 255, 51, 179, 255]);
});
