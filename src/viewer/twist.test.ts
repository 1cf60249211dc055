import { expect, it } from 'vitest';
import { createTwist, toQuarter } from './twist.ts';

it('does not turn for fingers that only tremble while they zoom', () => {
  const twist = createTwist();
  for (const degrees of [4, 5, 5, -20, 8, -9, -4]) expect(twist.turn(degrees)).toBe(0);
  expect(twist.end()).toBe(false);
});

it('turns beyond the dead zone, without a jump, and then with the fingers', () => {
  const twist = createTwist();
  expect(twist.turn(14)).toBe(0);
  expect(twist.turn(3)).toBe(2);
  expect(twist.turn(10)).toBe(10);
  expect(twist.turn(-40)).toBe(-40);
  expect(twist.end()).toBe(true);
  // The next pinch begins anew.
  expect(twist.turn(-14)).toBe(0);
  expect(twist.turn(-2)).toBe(-1);
});

it('takes the short way past half a turn', () => {
  const twist = createTwist();
  twist.turn(20);
  // From 179 to -179 degrees.
  expect(twist.turn(-358)).toBeCloseTo(2, 9);
});

it.each([
  [84, 90],
  [-6, 0],
  [273, 270],
  [367, 360],
  [98, 98],
  [45, 45],
])('lets go of %f degrees at %f', (degrees, at) => {
  expect(toQuarter(degrees)).toBe(at);
});
