import { describe, expect, it } from 'vitest';
import { channelProperties, lightOf, windowOf } from './channels.ts';
import { wideSamples } from './codecs/wide-samples.ts';

describe('the light of a channel', () => {
  const window = { low: 100, high: 200 };

  it('is nothing at and below black, all of the colour at and above the end, and rounded between', () => {
    const target = new Uint8Array(6 * 3);
    lightOf({ color: [255, 128, 0], window })(target, Uint16Array.of(0, 100, 151, 200, 65535, 101));
    expect([...target]).toEqual([0, 0, 0, 0, 0, 0, 130, 65, 0, 255, 128, 0, 255, 128, 0, 3, 2, 0]);
  });

  it('adds up to white and no further', () => {
    const target = Uint8Array.of(250, 10, 0);
    lightOf({ color: [255, 255, 255], window })(target, Uint8Array.of(200));
    expect([...target]).toEqual([255, 255, 255]);
  });

  it('of no number is none', () => {
    const target = new Uint8Array(9);
    lightOf({ color: [255, 255, 255], window })(
      target,
      Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
    );
    expect([...target]).toEqual([0, 0, 0, 0, 0, 0, 255, 255, 255]);
  });
});

describe('the window of a channel', () => {
  it('leaves out the darkest and brightest thousandth', () => {
    const samples = new Uint16Array(10_000).map((_, i) => 1000 + (i % 1001));
    samples[7] = 0;
    samples[8] = 65_535;
    const { low, high } = windowOf([samples]);
    expect(low).toBeGreaterThan(980);
    expect(low).toBeLessThan(1010);
    expect(high).toBeGreaterThan(1990);
    expect(high).toBeLessThan(2020);
  });

  it('of one value, of nothing and of no numbers is a window all the same', () => {
    expect(windowOf([Uint8Array.of(7, 7)])).toEqual({ low: 0, high: 7 });
    expect(windowOf([Int16Array.of(-5)])).toEqual({ low: -5, high: 1 });
    expect(windowOf([])).toEqual({ low: 0, high: 1 });
    expect(windowOf([Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY)])).toEqual({ low: 0, high: 1 });
  });

  it('stands in the properties', () => {
    const channel = { name: 'DAPI', color: [0, 161, 255], window: { low: 12, high: 4000.25 } } as const;
    expect(channelProperties([channel])).toEqual({ 'channel[0]': 'DAPI, #00a1ff, 12 to 4000.25' });
  });
});

describe('samples of every depth', () => {
  const layout = { width: 2, height: 1, samples: 1, predictor: 1, littleEndian: true } as const;
  const bytes = (view: (view: DataView) => void, size: number) => {
    const buffer = new DataView(new ArrayBuffer(size));
    view(buffer);
    return new Uint8Array(buffer.buffer);
  };

  it('signed bytes, 32-bit numbers, double precision', () => {
    expect([...wideSamples(Uint8Array.of(255, 128), { ...layout, bits: 8, kind: 'signed' }, 0)]).toEqual([-1, -128]);
    const big = bytes((view) => view.setUint32(4, 0xfffffffe), 8);
    expect([...wideSamples(big, { ...layout, bits: 32, kind: 'unsigned', littleEndian: false }, 0)]).toEqual([
      0, 0xfffffffe,
    ]);
    const float = bytes((view) => view.setFloat64(8, -0.1, true), 16);
    expect([...wideSamples(float, { ...layout, bits: 64, kind: 'float' }, 0)]).toEqual([0, -0.1]);
  });

  it('the second sample of a pixel, differences undone with wrap-around', () => {
    // Pixels (1, 65535), (+2, +2), (+3, +3).
    const stored = bytes((view) => {
      [1, 65_535, 2, 2, 3, 3].forEach((value, i) => {
        view.setUint16(i * 2, value, true);
      });
    }, 12);
    const pair = { ...layout, width: 3, samples: 2, bits: 16, kind: 'unsigned', predictor: 2 } as const;
    expect([...wideSamples(stored, pair, 0)]).toEqual([1, 3, 6]);
    expect([...wideSamples(stored, pair, 1)]).toEqual([65_535, 1, 4]);
  });

  it('bytes that are missing are an error', () => {
    expect(() => wideSamples(new Uint8Array(3), { ...layout, bits: 16, kind: 'unsigned' }, 0)).toThrow(
      'has 3 bytes of pixels and needs 4',
    );
  });
});
