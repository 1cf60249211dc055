import { expect, it } from 'vitest';
import { count, duration, micrometres, probability, signed, timeLeft, times } from './numbers.ts';

it('never rounds a probability to certainty', () => {
  expect([0, 0.0001, 0.826, 0.9999, 1].map(probability)).toEqual(['0.00', '<0.01', '0.83', '>0.99', '1.00']);
});

it('keeps the digits that matter', () => {
  expect([0.034, 0.996, 8, 99.6].map(times)).toEqual(['0.03×', '1.0×', '8.0×', '100×']);
  expect([0.213, -1.3, -0.00123, 0].map(signed)).toEqual(['+0.21', '−1.30', '−0.0012', '0']);
  expect(count(22_792)).toBe('22,792');
  expect(micrometres(0.2634)).toBe('0.263 µm');
});

it('words time', () => {
  expect([340, 4100, 59_960, 125_000].map(duration)).toEqual(['340 ms', '4.1 s', '1 min 00 s', '2 min 05 s']);
  expect([0.2, 11.2, 200].map(timeLeft)).toEqual(['almost done', '12 s left', '3 min left']);
});
