/** Draws what stands below the view in a picture. */
import { hatchSquare } from '../../../viewer/hatching.ts';
import { markColors } from '../../../viewer/mark-colors.ts';
import { fontOf, lettersOf, type MapKey, type StripLayout } from './strip.ts';

/** Below `top`, over all of the width. */
export function drawStrip(
  context: CanvasRenderingContext2D,
  { height, unit, texts, ramp, swatches }: StripLayout,
  top: number,
  map: MapKey | undefined,
): void {
  context.save();
  context.translate(0, top);
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, context.canvas.width, height);
  context.lineWidth = unit;
  context.strokeStyle = '#71717a';
  if (ramp !== undefined && map !== undefined) {
    context.drawImage(toCanvas(map), ramp.x, ramp.y, ramp.width, ramp.height);
    context.strokeRect(ramp.x, ramp.y, ramp.width, ramp.height);
  }
  const { hatch } = markColors(false);
  for (const { x, y, width, height: high, name } of swatches) {
    context.fillStyle = '#f4f4f5';
    context.fillRect(x, y, width, high);
    const pattern = name === 'tile' ? null : context.createPattern(hatchSquare(name, unit, hatch), 'repeat');
    if (pattern !== null) {
      context.fillStyle = pattern;
      context.fillRect(x, y, width, high);
    } else {
      context.strokeStyle = '#3f3f46';
      context.lineWidth = 2 * unit;
      context.strokeRect(x + unit, y + unit, width - 2 * unit, high - 2 * unit);
    }
  }
  context.fillStyle = '#18181b';
  context.textBaseline = 'middle';
  for (const { text, x, y, align, isBold } of texts) {
    context.font = fontOf(lettersOf(unit), isBold);
    context.textAlign = align;
    context.fillText(text, x, y);
  }
  context.restore();
}

function toCanvas({ ramp: { width, height, rgba } }: MapKey): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}
