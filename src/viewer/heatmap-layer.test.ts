import { expect, it } from 'vitest';
import { applyAffine, toAffine } from './heatmap-layer.ts';

it('maps level-0 px to the screen at any zoom and rotation', () => {
  const turn = (30 * Math.PI) / 180;
  const zoom = 0.37;
  const place = (x: number, y: number) => ({
    x: 100 + zoom * (x * Math.cos(turn) - y * Math.sin(turn)),
    y: -40 + zoom * (x * Math.sin(turn) + y * Math.cos(turn)),
  });
  const map = toAffine(place(0, 0), place(46_000, 0), place(0, 32_914), 46_000, 32_914);
  for (const [x, y] of [
    [0, 0],
    [46_000, 32_914],
    [12_345, 678],
    [-200, 40_000],
  ] as const) {
    const there = applyAffine(map, x, y);
    expect(there.x).toBeCloseTo(place(x, y).x, 6);
    expect(there.y).toBeCloseTo(place(x, y).y, 6);
  }
});
