/** The picture of a DICOM level: frames of colour, or of monochrome optical paths together, each in a colour of its own. */
import { AppError } from '../../errors.ts';
import { type ChannelView, type Color, defaultView, MAX_CHANNELS, type SlideChannel } from '../channel-view.ts';
import { type AddLight, lightOf, MAX_OFFERED } from '../channels.ts';
import { paste } from '../cut-and-paste.ts';
import type { Pixels } from '../slide.ts';
import { decodeFrame, type FrameSamples } from './decode-frame.ts';
import { type DicomLevel, framesAt, type OpticalPath, pathsOf } from './level.ts';

/** Of a label, an overview or a thumbnail, which are read whole. */
const WHOLE_PIXELS = 64 * 2 ** 20;

/** Display colours of monochrome optical paths, in their order. */
const PATH_COLORS: readonly Color[] = [
  [0, 0, 255],
  [0, 255, 0],
  [255, 0, 0],
  [0, 255, 255],
  [255, 0, 255],
  [255, 255, 0],
  [255, 255, 255],
];

const WHITE = [255, 255, 255] as const;
/** Samples come in 8 bits. */
const FULL = { low: 0, high: 255 } as const;

/** Grey optical paths as channels; one alone is white. */
export function channelsOf(paths: readonly OpticalPath[]): SlideChannel[] {
  return paths.slice(0, MAX_OFFERED).map(({ id, description }, i) => ({
    name: description || id,
    color: (paths.length > 1 ? PATH_COLORS[i % PATH_COLORS.length] : undefined) ?? WHITE,
    window: FULL,
    range: FULL,
    isShown: i < MAX_CHANNELS,
  }));
}

/** One tile, clipped to the level. @throws slide/corrupt, slide/unsupported, slide/read-failed */
export async function readTile(
  level: DicomLevel,
  paths: readonly OpticalPath[],
  /** Of a grey slide. */
  view: ChannelView,
  col: number,
  row: number,
  signal: AbortSignal | undefined,
): Promise<Pixels> {
  const width = Math.min(level.tileWidth, level.width - col * level.tileWidth);
  const height = Math.min(level.tileHeight, level.height - row * level.tileHeight);
  const isGrey = level.parts[0]?.instance.samples === 1;
  const data = new Uint8Array(width * height * 3).fill(isGrey ? 0 : 255);
  const lights = isGrey ? view : [{ channel: 0, color: WHITE, window: FULL }];
  for (const light of lights) {
    const path = paths[light.channel];
    if (!path) continue;
    const addLight = lightOf(light);
    for (const part of level.parts)
      for (const { frame, dx, dy } of framesAt(level, part, path.id, col, row)) {
        const samples = await decodeFrame(await part.read(frame, signal), part.instance);
        lay(samples, level, { width, height, data }, dx, dy, addLight);
      }
  }
  return { width, height, data };
}

/** Puts a frame at (dx, dy) of the tile: colour replaces, grey is added in the colour of its path. */
function lay(
  { components, data: frame }: FrameSamples,
  { tileWidth, tileHeight }: DicomLevel,
  tile: Pixels,
  dx: number,
  dy: number,
  addLight: AddLight,
): void {
  const fromX = Math.max(0, dx);
  const toX = Math.min(tile.width, dx + tileWidth);
  if (toX <= fromX) return;
  for (let y = Math.max(0, dy); y < Math.min(tile.height, dy + tileHeight); y++) {
    const from = (y - dy) * tileWidth + fromX - dx;
    const row = frame.subarray(from * components, (from + toX - fromX) * components);
    const to = (y * tile.width + fromX) * 3;
    if (components === 3) tile.data.set(row, to);
    else addLight(tile.data.subarray(to, to + row.length * 3), row);
  }
}

/** A level as one image. @throws slide/corrupt where it is too large for that */
export async function readWhole(level: DicomLevel, signal: AbortSignal | undefined): Promise<Pixels> {
  const { width, height, tileWidth, tileHeight } = level;
  if (width * height > WHOLE_PIXELS)
    throw new AppError({ code: 'slide/corrupt', where: `the image claims ${width} x ${height} px` });
  const whole = { width, height, data: new Uint8Array(width * height * 3).fill(255) };
  const paths = pathsOf(level);
  const view = defaultView(channelsOf(paths));
  for (let row = 0; row < level.rows; row++)
    for (let col = 0; col < level.cols; col++)
      paste(whole, await readTile(level, paths, view, col, row, signal), col * tileWidth, row * tileHeight);
  return whole;
}
