import fc from 'fast-check';
import { expect, it } from 'vitest';
import { layOutStrip, lettersOf, type MapKey, type PictureKey, stripUnit } from './strip.ts';

const MAP: MapKey = {
  ...{ name: 'Contribution', unit: 'log-odds of malignant', low: 'towards benign', high: 'towards malignant' },
  ramp: { width: 1, height: 1, rgba: new Uint8ClampedArray(4), rect: { x: 0, y: 0, width: 1, height: 1 } },
  ticks: [
    { at: 0, label: '−0.2' },
    { at: 0.5, label: '0' },
    { at: 1, label: '+0.2' },
  ],
};
const NONE: PictureKey = { map: undefined, coverage: [] };
const BOTH: PictureKey = {
  map: MAP,
  coverage: [
    { name: 'tile', words: '6 analyzed' },
    { name: 'edge', words: '1,234 cut off by the edge of the image' },
  ],
};
/** Letters half as wide as they are high. */
const measureAt = (unit: number) => (text: string) => text.length * lettersOf(unit) * 0.5;
const LINES = ['Research use only. Not for diagnosis.', 'x'.repeat(400), 'a long note of many words '.repeat(12)];

/** Left and right end of a text. */
const ends = (text: { text: string; x: number; align: string }, width: number) => {
  const from = text.align === 'left' ? text.x : text.align === 'right' ? text.x - width : text.x - width / 2;
  return [from, from + width] as const;
};

it('no word is cut, squeezed or over another, at any width and size', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 300, max: 8000 }),
      fc.integer({ min: 320, max: 2000 }),
      fc.boolean(),
      (width, view, has) => {
        const unit = stripUnit(width, view);
        const measure = measureAt(unit);
        const letters = lettersOf(unit);
        const { texts, height, ramp, swatches } = layOutStrip(width, unit, LINES, has ? BOTH : NONE, measure);
        const boxes = texts.map((one) => ({ ...one, ends: ends(one, measure(one.text)) }));
        for (const {
          ends: [from, to],
          y,
        } of boxes) {
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(width);
          expect(y + letters / 2).toBeLessThanOrEqual(height);
        }
        boxes.forEach((one, i) => {
          for (const other of boxes.slice(i + 1)) {
            const isApart = one.ends[1] <= other.ends[0] || other.ends[1] <= one.ends[0];
            expect(isApart || Math.abs(one.y - other.y) >= letters).toBe(true);
          }
        });
        expect([ramp !== undefined, swatches.length]).toEqual([has, has ? 2 : 0]);
        if (ramp !== undefined) expect(ramp.x + ramp.width).toBeLessThanOrEqual(width);
        // All of it is there.
        const words = texts.map(({ text }) => text).join(' ');
        for (const part of [
          'Not for diagnosis.',
          'many words',
          ...(has ? ['towards benign', '+0.2', 'log-odds', '6 analyzed', 'of the image'] : []),
        ])
          expect(words.replace(/\s+/g, '')).toContain(part.replace(/\s+/g, ''));
        expect(words.match(/x/g)?.length).toBe(400);
      },
    ),
    { numRuns: 200 },
  );
});

it('letters grow with the picture and are never smaller than on screen', () => {
  expect(lettersOf(stripUnit(8000, 1000))).toBe(8 * lettersOf(stripUnit(1000, 1000)));
  expect(stripUnit(400, 1000)).toBe(1);
});

it('the first line stands out', () => {
  const { texts } = layOutStrip(1000, 1, ['One.', 'Two.'], NONE, measureAt(1));
  expect(texts.map(({ text, isBold }) => [text, isBold])).toEqual([
    ['One.', true],
    ['Two.', false],
  ]);
});
