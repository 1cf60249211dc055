import { expect, it } from 'vitest';
import { bytesSource, type Paint, pyramidImages } from '../../testing/synthetic-slide.ts';
import { argosBytes, huronBytes } from '../../testing/written/huron-argos.ts';
import { paint } from '../../testing/written/paint.ts';
import { openSlide, singleFile } from '../open.ts';
import { readRegion } from '../region.ts';
import type { Slide } from '../slide.ts';
import { tiffBytes } from '../tiff/write.ts';

const levels = (of: Paint = paint) =>
  pyramidImages({ width: 300, height: 200, tile: 64, downsamples: [1, 4], mpp: 0.4, compression: 'jpeg', paint: of });

async function opened(bytes: Promise<Uint8Array>): Promise<Slide> {
  return openSlide(singleFile(bytesSource(await bytes)));
}

const whole = async (slide: Slide) =>
  Promise.all(
    slide.info.levels.map(({ index: level, width, height }) => readRegion(slide, { level, x: 0, y: 0, width, height })),
  );

/** Plain TIFF is compared with OpenSlide elsewhere. */
const plain = async (of?: Paint) => whole(await opened(tiffBytes({ images: levels(of) })));

it('Huron: levels, label, macro, thumbnail, pixel size', async () => {
  const slide = await opened(huronBytes(levels()));
  expect(slide.info.format).toBe('huron');
  expect(slide.info.mpp?.x).toBeCloseTo(0.4, 6);
  expect(slide.info.associated).toEqual(['thumbnail', 'label', 'macro']);
  expect((await slide.readAssociated('macro')).width).toBe(60);
  expect(slide.info.properties['huron.Scanner']).toBe('TissueScope LE');
  expect(await whole(slide)).toEqual(await plain());
  await slide.close();
});

it('ARGOS: the middle of three focal planes, thumbnail and macro, no barcode', async () => {
  const dark: Paint = () => [9, 9, 9];
  const slide = await opened(argosBytes([levels(dark), levels(), levels(dark)]));
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
  const slide = await opened(tiffBytes({ images: [{ ...first, texts: { 65000: 'mine' } }, second] }));
  expect(slide.info.format).toBe('generic-tiff');
  await slide.close();
});

it('levels that do not go into the focal planes are refused', async () => {
  const xml = '<Argos.Scan.Metadata><MinZ>0</MinZ><MaxZ>2</MaxZ></Argos.Scan.Metadata>';
  const [first, second] = levels();
  if (!first || !second) throw new Error('two levels');
  const images = [{ ...first, texts: { 65000: xml } }, second];
  await expect(opened(tiffBytes({ images }))).rejects.toThrow(/2 levels for 3 focal planes/);
});
