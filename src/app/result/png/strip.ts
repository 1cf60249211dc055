/** Where everything stands below the view in a picture: the words, and beside or above them the key to its colors. Pure. */
import type { HeatmapPicture, HeatmapScale } from '../../../analysis/heatmap.ts';
import type { CoverageName } from '../../../tiling/coverage.ts';
import { type Measure, wrap } from './wrap.ts';

/** The scale of the map over the tissue. */
export interface MapKey {
  readonly name: string;
  readonly unit: string;
  /** What the two ends of the scale stand for. */
  readonly low: string;
  readonly high: string;
  readonly ramp: HeatmapPicture;
  readonly ticks: HeatmapScale['ticks'];
}

/** What is drawn over the tissue, explained. */
export interface PictureKey {
  readonly map: MapKey | undefined;
  /** What became of the tiles, where that is shown. */
  readonly coverage: readonly { readonly name: CoverageName; readonly words: string }[];
}

/** Lengths of the strip for letters of 13 px: all of them grow with it. */
const LETTERS = 13;
const LINE = 19;
const EDGE = 14;
const GAP = 28;
const RAMP = 10;
const SWATCH = 14;
/** Width of the key, and the width of the picture from which on words fit beside it. */
export const KEY_WIDTH = 270;
const WIDE = 680;

interface Text {
  readonly text: string;
  readonly x: number;
  /** Of the middle of the line. */
  readonly y: number;
  readonly align: 'left' | 'center' | 'right';
  readonly isBold: boolean;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** px from the top left of the strip. */
export interface StripLayout {
  readonly height: number;
  /** px of the picture for a length of 1. */
  readonly unit: number;
  readonly texts: readonly Text[];
  readonly ramp: Place | undefined;
  readonly swatches: readonly (Place & { readonly name: CoverageName })[];
}

/** Width of a text in the letters of the strip, px. */
export type MeasureText = (text: string, isBold: boolean) => number;

/** px of the picture for a length of the strip: as on screen, but never smaller than can be read. */
export function stripUnit(widthPx: number, viewWidth: number): number {
  return Math.max(1, widthPx / viewWidth);
}

/** Height of the letters, px. */
export function lettersOf(unit: number): number {
  return LETTERS * unit;
}

export function fontOf(letters: number, isBold: boolean): string {
  return `${isBold ? '600 ' : ''}${letters}px system-ui, sans-serif`;
}

/** `width`: of the picture, px. */
export function layOutStrip(
  width: number,
  unit: number,
  lines: readonly string[],
  key: PictureKey,
  measure: MeasureText,
): StripLayout {
  const [edge, line] = [EDGE * unit, LINE * unit];
  const hasKey = key.map !== undefined || key.coverage.length > 0;
  const keyWidth = Math.min(KEY_WIDTH * unit, width - 2 * edge);
  const isBeside = hasKey && width >= WIDE * unit;
  const pen = startPen(isBeside ? width - edge - keyWidth : edge, edge, keyWidth, unit, measure);
  const ramp = key.map && writeMapKey(pen, key.map);
  const swatches = key.coverage.map(({ name, words }) => ({ name, ...writeSwatch(pen, words) }));
  const keyEnd = hasKey ? pen.y() : 0;
  const wordsWidth = width - 2 * edge - (isBeside ? keyWidth + GAP * unit : 0);
  const words = startPen(edge, hasKey && !isBeside ? keyEnd + line / 2 : edge, wordsWidth, unit, measure);
  lines.forEach((text, index) => {
    words.write(text, 'left', { isBold: index === 0 });
  });
  return {
    height: Math.ceil(Math.max(words.y(), keyEnd) + edge),
    unit,
    texts: [...pen.texts, ...words.texts],
    ramp,
    swatches,
  };
}

/** Writes one line below the other in a column. */
interface Pen {
  readonly texts: readonly Text[];
  readonly x: number;
  readonly width: number;
  readonly unit: number;
  /** Where the next line begins. */
  y(): number;
  measure: Measure;
  /** In as many lines as it needs; `indent` px from the left. */
  write(text: string, align: 'left' | 'right', style?: { readonly isBold?: boolean; readonly indent?: number }): void;
  /** At a place of the line, which is not ended. */
  put(text: string, at: number, align: Text['align']): void;
  skip(height: number): void;
}

function startPen(x: number, top: number, width: number, unit: number, measure: MeasureText): Pen {
  const line = LINE * unit;
  const texts: Text[] = [];
  let y = top;
  const put = (text: string, at: number, align: Text['align'], isBold = false) =>
    texts.push({ text, x: x + at, y: y + line / 2, align, isBold });
  return {
    ...{ texts, x, width, unit },
    y: () => y,
    measure: (text) => measure(text, false),
    write: (text, align, { isBold = false, indent = 0 } = {}) => {
      for (const part of wrap(text, width - indent, (one) => measure(one, isBold))) {
        put(part, align === 'left' ? indent : width, align, isBold);
        y += line;
      }
    },
    put: (text, at, align) => void put(text, at, align),
    skip: (height) => {
      y += height;
    },
  };
}

/** Its place is that of the colors. */
function writeMapKey(pen: Pen, { name, unit: unitWords, low, high, ticks }: MapKey): Place {
  const { unit, width, x } = pen;
  const line = LINE * unit;
  pen.write(name, 'left', { isBold: true });
  const [left, right] = [`← ${low}`, `${high} →`];
  if (pen.measure(left) + pen.measure(right) + line / 2 <= width) {
    pen.put(left, 0, 'left');
    pen.put(right, width, 'right');
    pen.skip(line);
  } else {
    pen.write(left, 'left');
    pen.write(right, 'right');
  }
  const ramp = { x, y: pen.y() + 2 * unit, width, height: RAMP * unit };
  pen.skip((RAMP + 4) * unit);
  for (const { at, label } of ticks) pen.put(label, at * width, at <= 0 ? 'left' : at >= 1 ? 'right' : 'center');
  pen.skip(line);
  pen.write(unitWords, 'left');
  return ramp;
}

function writeSwatch(pen: Pen, words: string): Place {
  const side = SWATCH * pen.unit;
  const place = { x: pen.x, y: pen.y() + ((LINE - SWATCH) / 2) * pen.unit, width: side, height: side };
  pen.write(words, 'left', { indent: side + 8 * pen.unit });
  return place;
}
