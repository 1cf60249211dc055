import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Affine, applyAffine, scaleOf } from '../../../viewer/affine.ts';
import {
  inverse,
  MOST_SIDE,
  MOST_WIDTH,
  type PicturePlan,
  planPicture,
  planReading,
  type ViewOnScreen,
  widestPicture,
} from './picture-plan.ts';

/** Turned clockwise and mirrored about the place (x, y) of the screen, which shows the level-0 px (cx, cy). */
function place(
  scale: number,
  degrees: number,
  isMirrored: boolean,
  at: readonly [number, number, number, number],
): Affine {
  const [x, y, cx, cy] = at;
  const turn = (degrees * Math.PI) / 180;
  const flip = isMirrored ? -1 : 1;
  const [a, b] = [flip * scale * Math.cos(turn), scale * Math.sin(turn)];
  const [c, d] = [-flip * scale * Math.sin(turn), scale * Math.cos(turn)];
  return { a, b, c, d, e: x - a * cx - c * cy, f: y - b * cx - d * cy };
}

const view = (affine: Affine): ViewOnScreen => ({ width: 960, height: 617, affine });
const level = (index: number, width: number, height: number) => ({
  ...{ index, width, height, tileWidth: 240, tileHeight: 240 },
  downsample: 46_000 / width,
});
const CMU = {
  width: 46_000,
  height: 32_914,
  levels: [level(0, 46_000, 32_914), level(1, 11_500, 8228), level(2, 2875, 2057)],
};

it('shows as much of the slide as the screen, about the same middle, at any width', () => {
  const affine = place(0.02, 30, true, [480, 308.5, 23_000, 16_000]);
  for (const width of [960, 2000, 8000, 333]) {
    const plan = planPicture(view(affine), width);
    expect(plan.width).toBe(width);
    expect(plan.height).toBe(Math.round((617 * width) / 960));
    const middle = applyAffine(plan.affine, 23_000, 16_000);
    expect(middle.x).toBeCloseTo(width / 2, 6);
    expect(middle.y).toBeCloseTo((308.5 * width) / 960, 6);
    expect(scaleOf(plan.affine)).toBeCloseTo((0.02 * width) / 960, 9);
    // Still mirrored.
    expect(Math.sign(plan.affine.a * plan.affine.d - plan.affine.b * plan.affine.c)).toBe(-1);
  }
});

it.each([
  // px of the picture for one level-0 px, the level that has as many, and how much smaller that is made.
  [0.01, 2, 4],
  [0.03, 2, 2],
  [0.0625, 2, 1],
  [0.064, 1, 2],
  [0.2, 1, 1],
  [0.3, 0, 2],
  [0.6, 0, 1],
  [1, 0, 1],
  [7.5, 0, 1],
])('at %d px for each of level 0 it reads level %d made smaller by %d', (scale, expected, factor) => {
  const picture = planPicture(view(place(scale, 0, false, [480, 308, 20_000, 16_000])), 960);
  expect(planReading(CMU, picture)).toMatchObject({ level: expected, factor });
});

it('a slide of one large level is made smaller, whatever the width', () => {
  const huge = { width: 100_000, height: 80_000, levels: [{ ...level(0, 100_000, 80_000), downsample: 1 }] };
  const picture = planPicture(view(place(0.0096, 0, false, [480, 308, 50_000, 40_000])), 2000);
  const { level: read, factor, blocks } = planReading(huge, picture);
  expect([read, factor]).toEqual([0, 32]);
  // Not so much at once that the worker seems to hang.
  expect(blocks.every(({ source }) => Math.max(source.width, source.height) * factor <= 8192)).toBe(true);
});

const anyPicture = fc.record({
  scale: fc.double({ min: 0.002, max: 8, noNaN: true }),
  degrees: fc.double({ min: 0, max: 360, noNaN: true }),
  isMirrored: fc.boolean(),
  cx: fc.double({ min: -1000, max: 47_000, noNaN: true }),
  cy: fc.double({ min: -1000, max: 33_900, noNaN: true }),
  width: fc.integer({ min: 320, max: 3000 }),
});
const toPicture = ({
  scale,
  degrees,
  isMirrored,
  cx,
  cy,
  width,
}: typeof anyPicture extends fc.Arbitrary<infer T> ? T : never): PicturePlan =>
  planPicture(view(place(scale, degrees, isMirrored, [480, 308.5, cx, cy])), width);

it('parts are whole, lie beside each other, and none is larger than can be read at once', () => {
  fc.assert(
    fc.property(anyPicture, (one) => {
      const picture = toPicture(one);
      const { blocks, factor, level: at } = planReading(CMU, picture);
      const size = CMU.levels[at] ?? CMU.levels[0];
      let area = 0;
      for (const { picture: part, source } of blocks) {
        area += part.width * part.height;
        for (const value of [...Object.values(part), ...Object.values(source)])
          expect(Number.isInteger(value)).toBe(true);
        expect(Math.max(source.width, source.height)).toBeLessThanOrEqual(1024);
        expect(Math.min(source.x, source.y)).toBeGreaterThanOrEqual(0);
        expect(source.x + source.width).toBeLessThanOrEqual(Math.ceil((size?.width ?? 0) / factor));
        expect(source.y + source.height).toBeLessThanOrEqual(Math.ceil((size?.height ?? 0) / factor));
      }
      expect(area).toBeLessThanOrEqual(picture.width * picture.height);
      expect(new Set(blocks.map(({ picture: part }) => `${part.x} ${part.y}`)).size).toBe(blocks.length);
    }),
    { numRuns: 300 },
  );
});

it('each px of the picture that shows the slide lies in a part that reads what it shows, and around it', () => {
  fc.assert(
    fc.property(
      anyPicture,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (one, u, v) => {
        const picture = toPicture(one);
        const { blocks, affine, factor, level: at } = planReading(CMU, picture);
        const size = CMU.levels[at] ?? CMU.levels[0];
        const [x, y] = [
          Math.min(Math.floor(u * picture.width), picture.width - 1),
          Math.min(Math.floor(v * picture.height), picture.height - 1),
        ];
        const shown = applyAffine(inverse(picture.affine), x + 0.5, y + 0.5);
        if (shown.x < 0 || shown.y < 0 || shown.x >= CMU.width || shown.y >= CMU.height) return;
        const block = blocks.find(
          ({ picture: part }) => x >= part.x && y >= part.y && x < part.x + part.width && y < part.y + part.height,
        );
        const { source } = block ?? { source: { x: 0, y: 0, width: 0, height: 0 } };
        // The px that is read there is the one of the slide that the screen shows there.
        const read = applyAffine(inverse(affine), x + 0.5, y + 0.5);
        expect(read.x).toBeCloseTo((shown.x * (size?.width ?? 0)) / CMU.width / factor, 3);
        expect(read.y).toBeCloseTo((shown.y * (size?.height ?? 0)) / CMU.height / factor, 3);
        const edge = { x: Math.ceil((size?.width ?? 0) / factor), y: Math.ceil((size?.height ?? 0) / factor) };
        expect(source.x).toBeLessThanOrEqual(Math.max(0, read.x - 3));
        expect(source.y).toBeLessThanOrEqual(Math.max(0, read.y - 3));
        expect(source.x + source.width).toBeGreaterThanOrEqual(Math.min(edge.x, read.x + 3));
        expect(source.y + source.height).toBeGreaterThanOrEqual(Math.min(edge.y, read.y + 3));
      },
    ),
    { numRuns: 500 },
  );
});

it('a view beside the slide needs nothing of it', () => {
  const picture = planPicture(view(place(1, 0, false, [480, 308, -5000, -5000])), 960);
  expect(planReading(CMU, picture).blocks).toEqual([]);
});

it('a view that is very high is not offered wider than a canvas can be high', () => {
  expect(widestPicture({ width: 960, height: 617 })).toBe(MOST_WIDTH);
  const widest = widestPicture({ width: 390, height: 1800 });
  expect(widest).toBeLessThan(4000);
  expect((widest * 1800) / 390).toBeLessThan(MOST_SIDE);
});
