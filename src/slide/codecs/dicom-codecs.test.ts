import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { itWithShared, sharedPath } from '../../testing/shared-data.ts';
import { decodeDicomRle } from './dicom-rle.ts';
import { decodeHtj2k, encodeHtj2k } from './htj2k.ts';
import { decodeLosslessJpeg } from './jpeg-lossless.ts';
import { decodeJpegLs } from './jpeg-ls.ts';
import { decodeJpeg2000 } from './jpeg2000.ts';

const FOLDER = 'slides/codec-tiles';
const bytes = (name: string) => new Uint8Array(readFileSync(sharedPath(`${FOLDER}/${name}`) ?? ''));
const raw = (kind: string) => bytes(`Explicit_VR_Little_Endian-${kind}.raw`);
const difference = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length ? a.reduce((most, v, i) => Math.max(most, Math.abs(v - (b[i] ?? 0))), 0) : 256;

describe('one H&E tile of 240 x 240 px in every coding equals its raw samples', () => {
  for (const kind of ['RGB-8', 'GRAYSCALE-8', 'GRAYSCALE-16']) {
    itWithShared(FOLDER, `JPEG-LS lossless, ${kind}`, async () => {
      const { data } = await decodeJpegLs(bytes(`JPEG-LS_Lossless_Image_Compression-${kind}.jls`));
      expect(difference(data, raw(kind))).toBe(0);
    });
    itWithShared(FOLDER, `lossless JPEG, ${kind}`, async () => {
      const { data } = await decodeLosslessJpeg(bytes(`JPEG_Lossless,_Non-Hierarchical_(Process_14)-${kind}.jpg`));
      expect(difference(data, raw(kind))).toBe(0);
    });
    itWithShared(FOLDER, `RLE, ${kind}`, async () => {
      const coded = bytes(`RLE_Lossless-${kind}.rle`);
      const samples = kind === 'RGB-8' ? 3 : 1;
      expect(difference(decodeDicomRle(coded, 240 * 240, samples, kind.endsWith('16') ? 2 : 1), raw(kind))).toBe(0);
    });
    itWithShared(FOLDER, `HTJ2K there and back, ${kind}`, async () => {
      const data = raw(kind);
      const bits = kind.endsWith('16') ? 16 : 8;
      const samples = { width: 240, height: 240, components: kind === 'RGB-8' ? 3 : 1, bits, data };
      expect(difference((await decodeHtj2k(await encodeHtj2k(samples))).data, data)).toBe(0);
    });
  }
  for (const kind of ['RGB-8', 'GRAYSCALE-8'])
    itWithShared(FOLDER, `JPEG 2000 lossless, ${kind}`, async () => {
      const coded = bytes(`JPEG_2000_Image_Compression_(Lossless_Only)-${kind}.jp2`);
      expect(difference((await decodeJpeg2000(coded, 'rgb')).data, raw(kind))).toBe(0);
    });
});

describe('damaged frames', () => {
  const decoders = { decodeJpegLs, decodeHtj2k, decodeLosslessJpeg } as const;
  for (const [name, decode] of Object.entries(decoders))
    it(`${name} refuses nonsense with a typed error`, async () => {
      const nonsense = [
        new Uint8Array(0),
        new Uint8Array(64),
        Uint8Array.of(0xff, 0xd8, 0xff, 0xf7, 0, 11, 8, 255, 255),
      ];
      for (const one of nonsense) await expect(decode(one)).rejects.toMatchObject({ info: { code: 'slide/corrupt' } });
    });
  it('RLE refuses planes that lie outside', () => {
    const bad = new Uint8Array(70);
    new DataView(bad.buffer).setUint32(0, 1, true);
    new DataView(bad.buffer).setUint32(4, 1e9, true);
    expect(() => decodeDicomRle(bad, 16, 1, 1)).toThrow('lies outside it');
  });
});
