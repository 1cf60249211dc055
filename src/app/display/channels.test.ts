import { describe, expect, it } from 'vitest';
import type { SlideChannel } from '../../slide/channel-view.ts';
import { parseTyped } from '../shell/typed-number.ts';
import {
  changedSettings,
  channelName,
  channelWords,
  countOn,
  fromHex,
  movedWindow,
  sampleText,
  stepOf,
  toHex,
  toView,
  windowWith,
} from './channels.ts';

const channel = (name: string, isShown = true): SlideChannel => ({
  ...{ name, color: [0, 161, 255], window: { low: 100, high: 4100 } },
  ...{ range: { low: 0, high: 12_100 }, isShown },
});
const nine = Array.from({ length: 9 }, (_, i) => channel(`c${i}`, i < 7));

describe('settings of channels', () => {
  it('ask for nothing until one is changed, and for nothing again when it is changed back', () => {
    expect(toView(undefined)).toBeUndefined();
    const off = changedSettings(nine, undefined, 2, { isOn: false });
    expect(toView(off)?.map((one) => one.channel)).toEqual([0, 1, 3, 4, 5, 6]);
    expect(changedSettings(nine, off, 2, { isOn: true })).toBeUndefined();
  });

  it('keep colour and window of a channel that is off', () => {
    const red = changedSettings(nine, undefined, 0, { color: [255, 0, 0] });
    const off = changedSettings(nine, red, 0, { isOn: false });
    const on = changedSettings(nine, off, 0, { isOn: true });
    expect(toView(on)?.[0]).toEqual({ channel: 0, color: [255, 0, 0], window: { low: 100, high: 4100 } });
  });

  it('turn on seven at most', () => {
    expect(changedSettings(nine, undefined, 8, { isOn: true })).toBeUndefined();
    const six = changedSettings(nine, undefined, 0, { isOn: false });
    const seven = changedSettings(nine, six, 8, { isOn: true });
    expect(seven && countOn(seven)).toBe(7);
    expect(changedSettings(nine, seven, 7, { isOn: true })).toBe(seven);
    expect(toView(seven)?.at(-1)?.channel).toBe(8);
  });

  it('stand in words where a picture is kept', () => {
    const [first] = nine;
    if (!first) throw new Error('a channel');
    expect(channelWords([first], undefined)).toBeUndefined();
    const changed = changedSettings([first], undefined, 0, { window: { low: 0.01234, high: 5000 } });
    expect(channelWords([first], changed)).toBe('c0 #00a1ff 0.0123 to 5,000');
    expect(channelWords([first], changedSettings([first], undefined, 0, { isOn: false }))).toBe('none');
    expect(channelName({ ...first, name: '' }, 3)).toBe('Channel 4');
  });
});

describe('a window', () => {
  const range = { low: 0, high: 12_100 };
  const before = { low: 103, high: 4107 };

  it('changes only at the end that was moved', () => {
    // The slider rounds both ends to its steps.
    expect(movedWindow(before, range, [122, 4087])).toEqual({ low: 103, high: 4087 });
    expect(movedWindow(before, range, [976, 4087])).toEqual({ low: 976, high: 4107 });
  });

  it('never closes, and never leaves the range', () => {
    expect(movedWindow(before, range, [4107, 4107])).toEqual({ low: 4106, high: 4107 });
    expect(movedWindow(before, range, [103, 103])).toEqual({ low: 103, high: 104 });
    expect(windowWith(before, range, 'low', -7)).toEqual({ low: 0, high: 4107 });
    expect(windowWith(before, range, 'low', 99_999)).toEqual({ low: 4106, high: 4107 });
    expect(windowWith(before, range, 'high', 99_999)).toEqual({ low: 103, high: 12_100 });
    expect(windowWith({ low: 0, high: 0.5 }, { low: 0, high: 2 }, 'low', 1)).toEqual({ low: 0.49, high: 0.5 });
    // Typed closer than a step of the slider.
    const narrow = windowWith(before, range, 'high', 110);
    expect(narrow).toEqual({ low: 103, high: 110 });
    expect(movedWindow(narrow, range, [122, 110])).toEqual({ low: 109, high: 110 });
  });

  it('has a text that can be typed back', () => {
    for (const value of [0, 103, 4107.4, 65_535, 12.345, 0.01234, -0.5, -2048, 1e-7]) {
      const typed = parseTyped(sampleText(value));
      expect(Math.abs((typed ?? Number.NaN) - value)).toBeLessThanOrEqual(Math.max(Math.abs(value) * 0.005, 0));
    }
    expect([sampleText(4107.4), sampleText(0.01234)]).toEqual(['4107', '0.0123']);
  });

  it('has steps that suit its samples', () => {
    expect([stepOf({ low: 0, high: 255 }), stepOf({ low: 0, high: 65_535 }), stepOf({ low: 0, high: 2 })]).toEqual([
      1, 328, 0.01,
    ]);
  });
});

it('colours go to the colour field and back', () => {
  expect(toHex([0, 161, 255])).toBe('#00a1ff');
  expect(fromHex('#00a1ff')).toEqual([0, 161, 255]);
});
