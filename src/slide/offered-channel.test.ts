import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { offeredChannel, readSpread } from './offered-channel.ts';

const stated = { name: 'DAPI', color: undefined, window: undefined, kind: 'unsigned', bits: 16 } as const;

describe('the offer of a channel', () => {
  it('looks for its window in its samples, in fewer of them where it is not shown at first', async () => {
    const asked: number[] = [];
    const pieces = async (pixels: number) => {
      asked.push(pixels);
      return [Uint16Array.of(100, 300)];
    };
    const shown = await offeredChannel(stated, 0, 2, pieces);
    expect(shown).toMatchObject({ name: 'DAPI', color: [255, 0, 0], isShown: true });
    expect(shown.window.low).toBe(100);
    expect(shown.window.high).toBeCloseTo(300, 6);
    expect(shown.range.low).toBe(0);
    const more = await offeredChannel(stated, 2, 2, pieces);
    expect(more.isShown).toBe(false);
    expect(asked[1]).toBeLessThan((asked[0] ?? 0) / 2);
  });

  it('reads nothing where the file states a window, or the samples are bytes', async () => {
    const none = () => Promise.reject(new Error('read'));
    const window = { low: 5, high: 50 };
    const color = [1, 2, 3] as const;
    expect(await offeredChannel({ ...stated, window, color }, 0, 1, none)).toMatchObject({ window, color });
    const byte = await offeredChannel({ ...stated, bits: 8 }, 0, 1, none);
    expect(byte.window).toEqual({ low: 0, high: 255 });
    await expect(offeredChannel({ ...stated, bits: 8, kind: 'signed' }, 0, 1, none)).rejects.toThrow('read');
  });
});

describe('pieces spread over a channel', () => {
  it('lie in the middle of equal parts', async () => {
    expect(await readSpread(10, 2, async (index) => index)).toEqual([2, 7]);
    expect(await readSpread(3, 3, async (index) => index)).toEqual([0, 1, 2]);
  });

  it('are fewer where the file is damaged or leaves some out, and no other error is passed over', async () => {
    const broken = new AppError({ code: 'slide/corrupt', where: 'here' });
    const some = async (index: number) => {
      if (index === 1) throw broken;
      return index === 2 ? undefined : index;
    };
    expect(await readSpread(4, 4, some)).toEqual([0, 3]);
    const gone = new AppError({ code: 'slide/read-failed', name: 'a', reason: 'gone' });
    await expect(readSpread(1, 1, () => Promise.reject(gone))).rejects.toBe(gone);
  });
});
