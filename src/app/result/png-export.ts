/** The view as a picture to keep: tissue and heatmap as on screen, with what they are and what they are not for. */
import type { HeatmapPicture, HeatmapScale } from '../../analysis/heatmap.ts';
import { scaleBar } from '../../viewer/scale-bar.ts';

export interface PictureWords {
  /** Lines under the picture, the most important first. */
  readonly lines: readonly string[];
  /** µm per CSS px of the screen, or undefined when nobody knows the pixel size. */
  readonly umPerPx: number | undefined;
  /** Of the heatmap, where one is shown. */
  readonly legend: PictureLegend | undefined;
}

export interface PictureLegend {
  readonly title: string;
  readonly ramp: HeatmapPicture;
  readonly ticks: HeatmapScale['ticks'];
}

/** Adds a scale bar and a caption below; the canvas of the view is left as it is. */
export async function toPicture(view: HTMLCanvasElement, ratio: number, words: PictureWords): Promise<Blob> {
  const line = 20 * ratio;
  const canvas = document.createElement('canvas');
  canvas.width = view.width;
  canvas.height = view.height + (words.lines.length + 0.8) * line;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser draws no canvas');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(view, 0, 0);
  context.textBaseline = 'middle';
  if (words.umPerPx !== undefined) drawScaleBar(context, view.height, ratio, words.umPerPx);
  if (words.legend !== undefined) drawLegend(context, view.width, view.height, ratio, words.legend);
  context.fillStyle = '#18181b';
  words.lines.forEach((text, index) => {
    context.font = `${index === 0 ? '600 ' : ''}${13 * ratio}px system-ui, sans-serif`;
    context.fillText(text, 12 * ratio, view.height + (index + 0.9) * line, canvas.width - 24 * ratio);
  });
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error('the picture is too large')) : resolve(blob)),
      'image/png',
    );
  });
}

function drawScaleBar(context: CanvasRenderingContext2D, bottom: number, ratio: number, umPerPx: number): void {
  const bar = scaleBar(umPerPx, 160);
  const left = 16 * ratio;
  const top = bottom - 24 * ratio;
  const width = bar.px * ratio;
  context.fillStyle = 'rgba(255,255,255,.9)';
  context.fillRect(left - 8 * ratio, top - 20 * ratio, width + 16 * ratio, 32 * ratio);
  context.fillStyle = '#18181b';
  context.fillRect(left, top, width, 3 * ratio);
  context.font = `${12 * ratio}px system-ui, sans-serif`;
  context.textAlign = 'center';
  context.fillText(bar.label, left + width / 2, top - 9 * ratio);
  context.textAlign = 'left';
}

const LEGEND_WIDTH = 230;

function drawLegend(
  context: CanvasRenderingContext2D,
  right: number,
  bottom: number,
  ratio: number,
  { title, ramp, ticks }: PictureLegend,
): void {
  const left = right - (LEGEND_WIDTH + 20) * ratio;
  const top = bottom - 62 * ratio;
  context.fillStyle = 'rgba(255,255,255,.95)';
  context.fillRect(left - 12 * ratio, top, (LEGEND_WIDTH + 24) * ratio, 54 * ratio);
  const small = document.createElement('canvas');
  small.width = ramp.width;
  small.height = ramp.height;
  small.getContext('2d')?.putImageData(new ImageData(ramp.rgba, ramp.width, ramp.height), 0, 0);
  context.drawImage(small, left, top + 22 * ratio, LEGEND_WIDTH * ratio, 9 * ratio);
  context.strokeStyle = '#d4d4d8';
  context.strokeRect(left, top + 22 * ratio, LEGEND_WIDTH * ratio, 9 * ratio);
  context.fillStyle = '#18181b';
  context.font = `${12 * ratio}px system-ui, sans-serif`;
  context.fillText(title, left, top + 11 * ratio);
  for (const { at, label } of ticks) {
    context.textAlign = at <= 0 ? 'left' : at >= 1 ? 'right' : 'center';
    context.fillText(label, left + at * LEGEND_WIDTH * ratio, top + 42 * ratio);
  }
  context.textAlign = 'left';
}

/** Offers a file to the person who pressed the button. */
export function saveFile(name: string, blob: Blob): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has read the address by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
