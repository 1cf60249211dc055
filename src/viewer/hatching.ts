/** Patterns of lines that differ without color, one for each reason why a tile was left out. */

type Strokes = (path: CanvasPath, side: number) => void;

const line = (path: CanvasPath, x0: number, y0: number, x1: number, y1: number) => {
  path.moveTo(x0, y0);
  path.lineTo(x1, y1);
};
/** Across the corners, too, so that the lines go on in the next square. */
const rising: Strokes = (path, s) => {
  line(path, 0, s, s, 0);
  line(path, -s / 2, s / 2, s / 2, -s / 2);
  line(path, s / 2, s * 1.5, s * 1.5, s / 2);
};
const falling: Strokes = (path, s) => {
  line(path, 0, 0, s, s);
  line(path, s / 2, -s / 2, s * 1.5, s / 2);
  line(path, -s / 2, s / 2, s / 2, s * 1.5);
};
const level: Strokes = (path, s) => line(path, 0, s / 2, s, s / 2);
const upright: Strokes = (path, s) => line(path, s / 2, 0, s / 2, s);
const both =
  (...all: readonly Strokes[]): Strokes =>
  (path, s) => {
    for (const one of all) one(path, s);
  };
const dots: Strokes = (path, s) => path.rect(s / 2 - 0.5, s / 2 - 0.5, 1, 1);

interface Hatch {
  /** Distance of the lines, CSS px. */
  readonly side: number;
  readonly strokes: Strokes;
}

/** By the names of src/tiling; what has no name of its own gets one of `OTHERS`. */
const HATCHES: Readonly<Record<string, Hatch>> = {
  background: { side: 14, strokes: rising },
  pen: { side: 9, strokes: falling },
  black: { side: 9, strokes: both(rising, falling) },
  blur: { side: 9, strokes: level },
  edge: { side: 7, strokes: dots },
  unreadable: { side: 8, strokes: both(level, upright) },
  cap: { side: 7, strokes: upright },
};
const OTHERS: readonly Hatch[] = [
  { side: 6, strokes: rising },
  { side: 18, strokes: falling },
  { side: 14, strokes: level },
  { side: 14, strokes: upright },
];

/** The name of a pattern: no two of the reasons have the same one, as far as there are enough. */
export function hatchOf(reason: string): Hatch {
  const known = Object.hasOwn(HATCHES, reason) ? HATCHES[reason] : undefined;
  if (known !== undefined) return known;
  let sum = 0;
  for (const letter of reason) sum += letter.codePointAt(0) ?? 0;
  return OTHERS[sum % OTHERS.length] ?? { side: 6, strokes: rising };
}

export interface HatchColors {
  readonly line: string;
  /** Beside each line, so that it is seen on dark and on pale. */
  readonly casing: string;
}

/** One square of the pattern, to be repeated; `ratio`: px of the picture on one CSS px. */
export function hatchSquare(reason: string, ratio: number, colors: HatchColors): HTMLCanvasElement {
  const { side, strokes } = hatchOf(reason);
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(side * ratio));
  canvas.height = canvas.width;
  const context = canvas.getContext('2d');
  if (context === null) return canvas;
  context.scale(canvas.width / side, canvas.height / side);
  for (const [color, width] of [
    [colors.casing, 2.5],
    [colors.line, 1],
  ] as const) {
    context.beginPath();
    strokes(context, side);
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke();
  }
  return canvas;
}

/** Fills a canvas with the pattern of a reason: for legends. */
export function paintHatch(canvas: HTMLCanvasElement, reason: string, colors: HatchColors): void {
  const context = canvas.getContext('2d');
  const square = hatchSquare(reason, window.devicePixelRatio, colors);
  const pattern = context?.createPattern(square, 'repeat');
  if (!context || !pattern) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = pattern;
  context.fillRect(0, 0, canvas.width, canvas.height);
}
