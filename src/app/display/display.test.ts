import { expect, it } from 'vitest';
import { NEUTRAL } from '../../viewer/display-curve.ts';
import { adjustmentWords, canvasSpace, colorWords, displayOn, fromSlider, onSlider } from './display.ts';

it('says which colours are on the screen, and why', () => {
  const profile = { name: 'AT2', problem: undefined };
  expect(colorWords(profile, 'managed')).toBe('scanner profile → sRGB (AT2)');
  expect(colorWords(profile, 'managed-p3')).toBe('scanner profile → Display-P3 (AT2)');
  expect(colorWords(profile, 'stored')).toBe('as stored: profile AT2 is off');
  expect(colorWords(undefined, 'managed')).toBe('as stored: no profile in the slide');
  expect(colorWords({ name: 'AT2', problem: 'its end is missing' }, 'managed')).toBe(
    'as stored: its profile cannot be used (its end is missing)',
  );
});

it('offers Display-P3 where the screen does, and only to slides whose profile leads there', () => {
  expect(displayOn('srgb')).toMatchObject({ colors: 'managed', managed: 'managed' });
  expect(displayOn('display-p3')).toMatchObject({ colors: 'managed-p3', managed: 'managed-p3' });
  expect(canvasSpace({ name: 'AT2', problem: undefined }, 'managed-p3')).toBe('display-p3');
  expect(canvasSpace({ name: 'AT2', problem: 'its end is missing' }, 'managed-p3')).toBe('srgb');
  expect(canvasSpace(undefined, 'managed-p3')).toBe('srgb');
  expect(canvasSpace({ name: 'AT2', problem: undefined }, 'managed')).toBe('srgb');
});

it('names what is adjusted, and nothing else', () => {
  expect(adjustmentWords(NEUTRAL)).toBeUndefined();
  expect(adjustmentWords({ brightness: -0.1, contrast: 1, gamma: 1.5 })).toBe('brightness −10 %, gamma 1.50');
  expect(adjustmentWords({ brightness: 0, contrast: 0.5, gamma: 1 })).toBe('contrast 0.50');
});

it('has the neutral value in the middle of each slider, from a quarter to four times', () => {
  expect(onSlider.brightness(0)).toBe(0.5);
  expect(onSlider.factor(1)).toBe(0.5);
  expect(fromSlider.brightness(0.503)).toBe(0);
  expect(fromSlider.factor(0.497)).toBe(1);
  expect(fromSlider.factor(0)).toBe(0.25);
  expect(fromSlider.factor(1)).toBe(4);
  for (const value of [0.3, 2, 3.5]) expect(fromSlider.factor(onSlider.factor(value))).toBeCloseTo(value, 10);
  for (const value of [-0.4, 0.2]) expect(fromSlider.brightness(onSlider.brightness(value))).toBeCloseTo(value, 10);
});
