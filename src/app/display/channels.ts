/** The channels of the slide on screen, as a person sets them. No number of a model depends on it. */

import {
  type ChannelView,
  type ChannelWindow,
  type Color,
  MAX_CHANNELS,
  type SlideChannel,
} from '../../slide/channel-view.ts';
import { count } from '../../words/numbers.ts';

/** Kept of a channel that is off too, so that it comes back as it was. */
export interface ChannelSetting {
  readonly isOn: boolean;
  readonly color: Color;
  readonly window: ChannelWindow;
}

/** As models get them. */
export function startSettings(channels: readonly SlideChannel[]): readonly ChannelSetting[] {
  return channels.map(({ isShown, color, window }) => ({ isOn: isShown, color, window }));
}

/**
 * The settings with one changed; undefined when they are as models get them again. A channel is not turned on where as many
 * as can be told apart are on.
 */
export function changedSettings(
  channels: readonly SlideChannel[],
  before: readonly ChannelSetting[] | undefined,
  index: number,
  change: Partial<ChannelSetting>,
): readonly ChannelSetting[] | undefined {
  const start = startSettings(channels);
  const settings = before ?? start;
  if (change.isOn && countOn(settings) >= MAX_CHANNELS) return before;
  const next = settings.map((one, at) => (at === index ? { ...one, ...change } : one));
  return JSON.stringify(next) === JSON.stringify(start) ? undefined : next;
}

export function countOn(settings: readonly ChannelSetting[]): number {
  return settings.filter(({ isOn }) => isOn).length;
}

/** What the workers are asked for. */
export function toView(settings: readonly ChannelSetting[] | undefined): ChannelView | undefined {
  return settings?.flatMap(({ isOn, color, window }, channel) => (isOn ? [{ channel, color, window }] : []));
}

export function channelName({ name }: SlideChannel, index: number): string {
  return name === '' ? `Channel ${index + 1}` : name;
}

/** "#00a1ff" */
export function toHex(color: Color): string {
  return `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

export function fromHex(hex: string): Color {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** Of a window's slider: about 200 places, whole numbers where there are as many. */
export function stepOf({ low, high }: ChannelWindow): number {
  const step = (high - low) / 200;
  return step >= 1 ? Math.round(step) : high - low >= 100 ? 1 : step;
}

/** The window with one end elsewhere: inside the range, and apart from the other end by what a sample can differ. */
export function windowWith(
  before: ChannelWindow,
  range: ChannelWindow,
  end: keyof ChannelWindow,
  value: number,
): ChannelWindow {
  const gap = Math.min(1, stepOf(range));
  return end === 'low'
    ? { low: Math.max(range.low, Math.min(value, before.high - gap)), high: before.high }
    : { low: before.low, high: Math.min(range.high, Math.max(value, before.low + gap)) };
}

/** The window after its slider was moved: only the end that was moved changes, because the slider rounds both. */
export function movedWindow(before: ChannelWindow, range: ChannelWindow, moved: readonly number[]): ChannelWindow {
  const [low = before.low, high = before.high] = moved;
  return Math.abs(low - before.low) > Math.abs(high - before.high)
    ? windowWith(before, range, 'low', low)
    : windowWith(before, range, 'high', high);
}

/** A sample as it stands in a field, to be typed over: "4100", "0.0123". */
export function sampleText(value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

/** A sample in words: "4,100", "0.0123". */
export function sampleWords(value: number): string {
  return Math.abs(value) >= 100 ? count(value) : String(Number(value.toPrecision(3)));
}

/** "DAPI #00a1ff 100 to 4,100; FITC #00ff00 0 to 900": those that are on; undefined when they are as models get them. */
export function channelWords(
  channels: readonly SlideChannel[] | undefined,
  settings: readonly ChannelSetting[] | undefined,
): string | undefined {
  if (channels === undefined || settings === undefined) return undefined;
  const on = channels.flatMap((channel, index) => {
    const setting = settings[index];
    if (!setting?.isOn) return [];
    const { color, window } = setting;
    return [`${channelName(channel, index)} ${toHex(color)} ${sampleWords(window.low)} to ${sampleWords(window.high)}`];
  });
  return on.length === 0 ? 'none' : on.join('; ');
}
