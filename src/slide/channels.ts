/** Grey channels shown as one picture: each in a colour of its own, their light added. */
import type { ChannelWindow, Color } from './channel-view.ts';
import type { Pixels } from './slide.ts';

/** Samples of one channel, row-major, as the file stores them. */
export type Samples =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

export interface Channel {
  readonly name: string;
  /** Of its brightest samples. */
  readonly color: Color;
  readonly window: ChannelWindow;
}

/** More channels than these are not offered. */
export const MAX_OFFERED = 128;

/** Colours of channels whose file gives none, in their order. One channel alone is white. */
const COLORS: readonly Color[] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 255],
  [0, 255, 255],
  [255, 0, 255],
  [255, 255, 0],
];

export function defaultColor(index: number, count: number): Color {
  return (count > 1 ? COLORS[index % COLORS.length] : undefined) ?? [255, 255, 255];
}

/** Adds samples of a channel to RGB pixels, [pixels,3], in place. */
export type AddLight = (target: Uint8Array, samples: Samples) => void;

/** How the light of a channel is added. Samples that are no number are black. */
export function lightOf({ color, window }: Omit<Channel, 'name'>): AddLight {
  const scale = 255 / Math.max(window.high - window.low, Number.MIN_VALUE);
  const shades = (part: number) => Uint8Array.from({ length: 256 }, (_, value) => Math.round((value * part) / 255));
  const [red, green, blue] = [shades(color[0]), shades(color[1]), shades(color[2])];
  return (target, samples) => {
    const count = Math.min(samples.length, target.length / 3);
    for (let i = 0; i < count; i++) {
      const scaled = Math.round(((samples[i] ?? 0) - window.low) * scale);
      // The comparison is false for NaN.
      const value = scaled > 0 ? Math.min(255, scaled) : 0;
      if (value === 0) continue;
      const at = i * 3;
      target[at] = Math.min(255, (target[at] ?? 0) + (red[value] ?? 0));
      target[at + 1] = Math.min(255, (target[at + 1] ?? 0) + (green[value] ?? 0));
      target[at + 2] = Math.min(255, (target[at + 2] ?? 0) + (blue[value] ?? 0));
    }
  };
}

/** A channel of one place, and how its light is added. */
export interface LitChannel {
  readonly addLight: AddLight;
  /** [height,width] of the place; undefined where the file leaves it out. */
  readonly read: () => Promise<Samples | undefined>;
}

/** Channels of one place as one picture; undefined where the file has none of them there. @throws what they throw */
export async function composeChannels(
  width: number,
  height: number,
  channels: readonly LitChannel[],
): Promise<Pixels | undefined> {
  // Room for the result only when there is something to show: a size is only a claim until the samples are there.
  let data: Uint8Array | undefined;
  for (const { addLight, read } of channels) {
    const samples = await read();
    if (!samples) continue;
    data ??= new Uint8Array(width * height * 3);
    addLight(data, samples);
  }
  return data && { width, height, data };
}

const BINS = 4096;
/** Share of samples that may be darker than black, and brighter than the full colour. */
const CLIPPED = 0.001;

/** The window that shows what the given pieces of a channel hold: all but their darkest and brightest thousandth. */
export function windowOf(pieces: readonly Samples[]): ChannelWindow {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (const samples of pieces)
    for (const value of samples) {
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
      count++;
    }
  if (count === 0) return { low: 0, high: 1 };
  if (high <= low) return { low: Math.min(0, low), high: Math.max(1, high) };
  const bins = new Uint32Array(BINS);
  const width = (high - low) / BINS;
  for (const samples of pieces)
    for (const value of samples) {
      const bin = Math.min(BINS - 1, Math.floor((value - low) / width));
      if (Number.isFinite(value)) bins[bin] = (bins[bin] ?? 0) + 1;
    }
  const edge = (from: number, step: 1 | -1) => {
    let seen = 0;
    for (let bin = from; bin >= 0 && bin < BINS; bin += step) {
      seen += bins[bin] ?? 0;
      if (seen > count * CLIPPED) return bin;
    }
    return from;
  };
  return { low: low + edge(0, 1) * width, high: low + (edge(BINS - 1, -1) + 1) * width };
}

/** Least and most that a sample can be. */
export function limitsOf(kind: 'unsigned' | 'signed' | 'float', bits: number): ChannelWindow {
  switch (kind) {
    case 'unsigned':
      return { low: 0, high: 2 ** bits - 1 };
    case 'signed':
      return { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 };
    case 'float':
      return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  }
}

/** How far from its first window a person may move: once its length down, twice up, within the limits of the samples. */
export function rangeOf(window: ChannelWindow, limits: ChannelWindow): ChannelWindow {
  const length = window.high - window.low;
  return {
    low: Math.min(window.low, Math.max(limits.low, window.low - length)),
    high: Math.max(window.high, Math.min(limits.high, window.high + 2 * length)),
  };
}

/** What the channels are, for the properties of a slide: `channel[0]: "DAPI, #00a1ff, 12 to 4000"`. */
export function channelProperties(channels: readonly Channel[]): Record<string, string> {
  const hex = (color: Color) => color.map((part) => part.toString(16).padStart(2, '0')).join('');
  const round = (value: number) => String(Number(value.toPrecision(6)));
  return Object.fromEntries(
    channels.map(({ name, color, window }, i) => [
      `channel[${i}]`,
      [name, `#${hex(color)}`, `${round(window.low)} to ${round(window.high)}`]
        .filter((part) => part !== '')
        .join(', '),
    ]),
  );
}
