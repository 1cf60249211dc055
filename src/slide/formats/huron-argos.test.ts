import { expect, it } from 'vitest';
import { bytesSource, type Paint, pyramidImages } from '../../testing/synthetic-slide.ts';
import { paint } from '../../testing/written/paint.ts';
import { openSlide, singleFile } from '../open.ts';
import { readRegion } from '../region.ts';
import type { Slide } from '../slide.ts';
import { type TiffImageSpec, type TiffSpec, tiffBytes } from '../tiff/write.ts';

const stripped = (width: number, height: number, subfileType = 0): TiffImageSpec => ({
  width,
  height,
  layout: { kind: 'strips', rows: height },
  compression: 'deflate',
  subfileType,
  read: () => ({ width, height, data: new Uint8Array(width * height * 3).fill(width) }),
});

const levels = (of: Paint = paint) =>
  pyramidImages({ width: 300, height: 200, tile: 64, downsamples: [1, 4], mpp: 0.4, compression: 'jpeg', paint: of });

async function opened(spec: TiffSpec): Promise<Slide> {
  return openSlide(singleFile(bytesSource(await tiffBytes(spec))));
}

const whole = async (slide: Slide) =>
  Promise.all(
    slide.info.levels.map(({ index: level, width, height }) => readRegion(slide, { level, x: 0, y: 0, width, height })),
  );

/** Plain TIFF is compared with OpenSlide elsewhere. */
const plain = async (of?: Paint) => whole(await opened({ images: levels(of) }));

it('Huron: levels, label, macro, thumbnail, pixel size', async () => {
  const [first, second] = levels();
  if (!first || !second) throw new Error('two levels');
  const description = 'Huron Digital Pathology\nScanner = TissueScope LE\nBit Depth = 8\n';
  const slide = await opened({
    images: [
      { ...first, description, texts: { 271: 'Huron Digital Pathology' } },
      stripped(40, 30),
      second,
      stripped(50, 40, 1),
      stripped(60, 20, 9),
    ],
  });
  expect(slide.info.format).toBe('huron');
  expect(slide.info.mpp?.x).toBeCloseTo(0.4, 6);
  expect(slide.info.associated).toEqual(['thumbnail', 'label', 'macro']);
  expect((await slide.readAssociated('macro')).width).toBe(60);
  expect(slide.info.properties['huron.Scanner']).toBe('TissueScope LE');
  expect(await whole(slide)).toEqual(await plain());
  await slide.close();
});

it('ARGOS: the middle of three focal planes, thumbnail and macro, no barcode', async () => {
  const xml =
    '<?xml version="1.0"?><Argos.Scan.Metadata><MinZ>-1</MinZ><MaxZ>1</MaxZ><ObjectiveMagnification>20</ObjectiveMagnification><Barcode>NAME</Barcode></Argos.Scan.Metadata>';
  const dark: Paint = () => [9, 9, 9];
  const [first, ...rest] = [...levels(dark), ...levels(), ...levels(dark)];
  if (!first) throw new Error('a level');
  const slide = await opened({
    big: true,
    images: [{ ...first, texts: { 65000: xml } }, ...rest, stripped(40, 30), stripped(60, 20)],
  });
  expect(slide.info.format).toBe('argos-avs');
  expect(slide.info.objectivePower).toBe(20);
  expect(slide.info.mpp?.x).toBeCloseTo(0.4, 6);
  expect(slide.info.associated).toEqual(['thumbnail', 'macro']);
  expect((await slide.readAssociated('macro')).width).toBe(60);
  expect(JSON.stringify(slide.info)).not.toContain('NAME');
  expect(slide.info.properties['argos.plane']).toBe('1 of 3');
  expect(await whole(slide)).toEqual(await plain());
  await slide.close();
});

it('a TIFF with something else in tag 65000 is a plain one', async () => {
  const [first, second] = levels();
  if (!first || !second) throw new Error('two levels');
  const slide = await opened({ images: [{ ...first, texts: { 65000: 'mine' } }, second] });
  expect(slide.info.format).toBe('generic-tiff');
  await slide.close();
});

it('levels that do not go into the focal planes are refused', async () => {
  const xml = '<Argos.Scan.Metadata><MinZ>0</MinZ><MaxZ>2</MaxZ></Argos.Scan.Metadata>';
  const [first, second] = levels();
  if (!first || !second) throw new Error('two levels');
  await expect(opened({ images: [{ ...first, texts: { 65000: xml } }, second] })).rejects.toThrow(
    /2 levels for 3 focal planes/,
  );
});
