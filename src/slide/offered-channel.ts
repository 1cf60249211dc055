/** A channel as a person is offered it: what its file states, and where the file says nothing, what its samples show. */
import { isAppError } from '../errors.ts';
import type { ChannelWindow, Color, SlideChannel } from './channel-view.ts';
import { defaultColor, limitsOf, rangeOf, type Samples, windowOf } from './channels.ts';
import type { WideLayout } from './codecs/wide-samples.ts';

/** Read of each channel, at most, to find what is its black and what its brightest, px. */
const WINDOW_PIXELS = 4 * 2 ** 20;
/** The same of each channel that is not shown at first. */
const MORE_WINDOW_PIXELS = 2 ** 18;

/** What a file says of a channel. */
export interface StatedChannel {
  /** '' where it says none. */
  readonly name: string;
  readonly color: Color | undefined;
  readonly window: ChannelWindow | undefined;
  /** Of its samples. */
  readonly kind: WideLayout['kind'];
  readonly bits: number;
}

/**
 * Channel `index` of those that are offered, of which the first `shownCount` are shown. `readPieces` gives samples spread
 * over the channel, about as many pixels as it is asked for. @throws what it throws
 */
export async function offeredChannel(
  { name, color, window, kind, bits }: StatedChannel,
  index: number,
  shownCount: number,
  readPieces: (pixels: number) => Promise<readonly Samples[]>,
): Promise<SlideChannel> {
  const isShown = index < shownCount;
  const limits = limitsOf(kind, bits);
  // Bytes need no choice: the screen shows all of their range.
  const isByte = kind === 'unsigned' && bits === 8;
  const most = isShown ? WINDOW_PIXELS : MORE_WINDOW_PIXELS;
  const start = window ?? (isByte ? limits : windowOf(await readPieces(most)));
  return {
    name,
    color: color ?? defaultColor(index, shownCount),
    window: start,
    range: rangeOf(start, limits),
    isShown,
  };
}

/**
 * `wanted` of `count` pieces, spread evenly over them. What is damaged is left out: it only concerns whoever looks at
 * that place. @throws slide/read-failed, slide/unsupported
 */
export async function readSpread<T>(
  count: number,
  wanted: number,
  read: (index: number) => Promise<T | undefined>,
): Promise<T[]> {
  const pieces: T[] = [];
  for (let i = 0; i < wanted; i++)
    try {
      const piece = await read(Math.floor(((i + 0.5) * count) / wanted));
      if (piece !== undefined) pieces.push(piece);
    } catch (error) {
      if (!isAppError(error, 'slide/corrupt')) throw error;
    }
  return pieces;
}
