import { expect, it } from 'vitest';
import { isDigital, magnificationLabel, scaleBar, scanMagnification, toMagnification, toUmPerPx } from './scale-bar.ts';

it.each([
  [0.5, 120, 50, '50 µm'],
  [2, 120, 200, '200 µm'],
  [10, 120, 1000, '1 mm'],
  [100, 120, 10_000, '1 cm'],
  [0.25, 120, 20, '20 µm'],
  [0.01, 120, 1, '1 µm'],
  [0.0025, 120, 0.2, '200 nm'],
])('%f µm/px over %d px is a bar of %f µm', (umPerPx, maxPx, um, label) => {
  const bar = scaleBar(umPerPx, maxPx);
  expect(bar.um).toBeCloseTo(um, 9);
  expect(bar.label).toBe(label);
  expect(bar.px * umPerPx).toBeCloseTo(um, 9);
});

it('is never longer than asked and never shorter than two fifths', () => {
  for (let exponent = -3; exponent < 3; exponent += 0.01) {
    const { px } = scaleBar(10 ** exponent, 120);
    expect(px).toBeLessThanOrEqual(120 * (1 + 1e-9));
    expect(px).toBeGreaterThanOrEqual(120 * 0.4 - 1e-6);
  }
});

it('calls 0.25 µm/px 40x', () => {
  expect(toMagnification(0.25)).toBe(40);
  expect(toUmPerPx(20)).toBe(0.5);
  expect(magnificationLabel(toMagnification(0.499))).toBe('20×');
  expect(magnificationLabel(1.2345)).toBe('1.2×');
  expect(magnificationLabel(0.083)).toBe('0.083×');
});

it.each([
  [0.499, 20],
  [0.2631, 40],
  [0.23, 40],
  [0.25, 40],
  [1, 10],
  [0.16, 62.5],
  [0.35, 10 / 0.35],
])('a slide of %f µm/px was scanned at %f x', (umPerPx, scanned) => {
  expect(Math.abs(scanMagnification(umPerPx) / scanned - 1)).toBeLessThan(0.05);
});

it('calls digital what only enlarges the pixels of the scan', () => {
  expect(isDigital(40, scanMagnification(0.499))).toBe(true);
  expect(isDigital(20, scanMagnification(0.499))).toBe(false);
  expect(isDigital(40, scanMagnification(0.2631))).toBe(false);
  expect(isDigital(80, scanMagnification(0.2631))).toBe(true);
});
