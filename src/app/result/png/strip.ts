/** What stands below the view in a picture: the words, and beside or above them the legend of the map. Pure but for drawing. */
import type { HeatmapPicture, HeatmapScale } from '../../../analysis/heatmap.ts';
import { type Measure, wrap } from './wrap.ts';

export interface PictureLegend {
  readonly name: string;
  readonly unit: string;
  /** What the two ends of the scale stand for. */
  readonly low: string;
  readonly high: string;
  readonly ramp: HeatmapPicture;
  readonly ticks: HeatmapScale['ticks'];
}

/** Lengths of the strip for a letter size of 13: all of them grow with it. */
const LETTERS = 13;
const LINE = 19;
const EDGE = 14;
const GAP = 28;
/** px of the legend, and the width from which on words fit beside it. */
export const LEGEND_WIDTH = 240;
const WIDE = 680;
const RAMP = 10;

interface Text {
  readonly text: string;
  readonly x: number;
  /** Of the middle of the line. */
  readonly y: number;
  readonly align: 'left' | 'center' | 'right';
  readonly isBold: boolean;
}

/** Where everything stands, px from the top left of the strip. */
export interface StripLayout {
  readonly height: number;
  readonly letters: number;
  readonly texts: readonly Text[];
  readonly ramp:
    | { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
    | undefined;
}

/** Width of a text in the letters of the strip, px. */
export type MeasureText = (text: string, isBold: boolean) => number;

/** px of the picture for a length of the strip: as on screen, but never smaller than can be read. */
export function stripUnit(widthPx: number, viewWidth: number): number {
  return Math.max(1, widthPx / viewWidth);
}

export function lettersOf(unit: number): number {
  return LETTERS * unit;
}

/** `width`: of the picture, px. */
export function layOutStrip(
  width: number,
  unit: number,
  lines: readonly string[],
  legend: PictureLegend | undefined,
  measure: MeasureText,
): StripLayout {
  const [edge, line] = [EDGE * unit, LINE * unit];
  const legendWidth = Math.min(LEGEND_WIDTH * unit, width - 2 * edge);
  const isBeside = legend !== undefined && width >= WIDE * unit;
  const key =
    legend && layOutLegend(legend, isBeside ? width - edge - legendWidth : edge, edge, legendWidth, unit, measure);
  const wordsTop = key === undefined || isBeside ? edge : key.bottom + line / 2;
  const wordsWidth = width - 2 * edge - (isBeside ? legendWidth + GAP * unit : 0);
  const texts: Text[] = [];
  let y = wordsTop;
  lines.forEach((given, index) => {
    const isBold = index === 0;
    for (const text of wrap(given, wordsWidth, (one) => measure(one, isBold))) {
      texts.push({ text, x: edge, y: y + line / 2, align: 'left', isBold });
      y += line;
    }
  });
  return {
    height: Math.ceil(Math.max(y, key?.bottom ?? 0) + edge),
    letters: lettersOf(unit),
    texts: [...(key?.texts ?? []), ...texts],
    ramp: key?.ramp,
  };
}

function layOutLegend(
  { name, unit: unitWords, low, high, ticks }: PictureLegend,
  x: number,
  top: number,
  width: number,
  unit: number,
  measure: MeasureText,
) {
  const line = LINE * unit;
  const plain: Measure = (text) => measure(text, false);
  const texts: Text[] = [];
  let y = top;
  const add = (text: string, at: number, align: Text['align'], isBold = false) =>
    texts.push({ text, x: x + at, y: y + line / 2, align, isBold });
  for (const text of wrap(name, width, (one) => measure(one, true))) {
    add(text, 0, 'left', true);
    y += line;
  }
  const ends = [`← ${low}`, `${high} →`] as const;
  const fitBeside = plain(ends[0]) + plain(ends[1]) + line <= width;
  for (const text of wrap(ends[0], width, plain)) {
    add(text, 0, 'left');
    y += line;
  }
  if (fitBeside) y -= line;
  for (const text of wrap(ends[1], width, plain)) {
    add(text, width, 'right');
    y += line;
  }
  const ramp = { x, y: y + 2 * unit, width, height: RAMP * unit };
  y = ramp.y + ramp.height + 2 * unit;
  for (const { at, label } of ticks) add(label, at * width, at <= 0 ? 'left' : at >= 1 ? 'right' : 'center');
  y += line;
  for (const text of wrap(unitWords, width, plain)) {
    add(text, 0, 'left');
    y += line;
  }
  return { texts, ramp, bottom: y };
}

export function fontOf(letters: number, isBold: boolean): string {
  return `${isBold ? '600 ' : ''}${letters}px system-ui, sans-serif`;
}

/** Draws the strip below `top`, over all of the width. */
export function drawStrip(
  context: CanvasRenderingContext2D,
  { height, letters, texts, ramp }: StripLayout,
  top: number,
  legend: PictureLegend | undefined,
): void {
  context.save();
  context.translate(0, top);
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, context.canvas.width, height);
  if (ramp !== undefined && legend !== undefined) {
    const small = document.createElement('canvas');
    small.width = legend.ramp.width;
    small.height = legend.ramp.height;
    const { rgba, width, height: high } = legend.ramp;
    small.getContext('2d')?.putImageData(new ImageData(rgba, width, high), 0, 0);
    context.drawImage(small, ramp.x, ramp.y, ramp.width, ramp.height);
    context.strokeStyle = '#71717a';
    context.lineWidth = ramp.height / RAMP;
    context.strokeRect(ramp.x, ramp.y, ramp.width, ramp.height);
  }
  context.fillStyle = '#18181b';
  context.textBaseline = 'middle';
  for (const { text, x, y, align, isBold } of texts) {
    context.font = fontOf(letters, isBold);
    context.textAlign = align;
    context.fillText(text, x, y);
  }
  context.restore();
}
