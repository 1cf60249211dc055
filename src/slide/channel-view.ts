/**
 * Which channels of a slide are on the screen, each in which colour and window: plain data that crosses to the workers. For
 * the eye only: what a model reads is always the picture that `readTile` gives.
 */
import type { Slide } from './slide.ts';

export type Color = readonly [number, number, number];

/** Sample that is black, and sample that has the full colour. */
export interface ChannelWindow {
  readonly low: number;
  readonly high: number;
}

/** More channels than these cannot be told apart by colour; no more are shown at once. */
export const MAX_CHANNELS = 7;

/** A channel that a person can choose. */
export interface SlideChannel {
  /** '' where the file gives none. */
  readonly name: string;
  /** Of its brightest samples. */
  readonly color: Color;
  readonly window: ChannelWindow;
  /** How far a window may reach: what a person would try, within what the samples can be. */
  readonly range: ChannelWindow;
  /** Part of the picture that `readTile` gives. */
  readonly isShown: boolean;
}

/** A channel that is on. */
export interface ChannelLight {
  /** Index into SlideInfo.channels. */
  readonly channel: number;
  readonly color: Color;
  readonly window: ChannelWindow;
}

/** The channels that are on; none of them: black. */
export type ChannelView = readonly ChannelLight[];

/** What `readTile` gives. */
export function defaultView(channels: readonly SlideChannel[]): ChannelView {
  return channels.flatMap(({ color, window, isShown }, channel) => (isShown ? [{ channel, color, window }] : []));
}

/** The same slide, its tiles in other light. It is owned, and closed, as the slide itself. */
export function composedAs(slide: Slide, view: ChannelView | undefined): Slide {
  const { readView } = slide;
  if (view === undefined || readView === undefined) return slide;
  return { ...slide, readTile: (level, col, row, signal) => readView(view, level, col, row, signal) };
}
