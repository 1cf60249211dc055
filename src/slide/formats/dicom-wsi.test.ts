import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { itWithShared, sharedPath } from '../../testing/shared-data.ts';
import { blobSource } from '../blob-source.ts';
import { openSlide } from '../open.ts';
import { readRegion } from '../region.ts';
import type { SlideFiles } from '../slide.ts';

/** Made by testing/goldens/make-dicom-goldens.py. */
interface Golden {
  readonly pydicom: string;
  /** Each level: width, height, µm per px, sha256 of its RGB. */
  readonly slides: Readonly<Record<string, readonly (readonly [number, number, number, string])[]>>;
}

const golden: Golden = JSON.parse(readFileSync(new URL('../../testing/goldens/dicom.json', import.meta.url), 'utf8'));

/** A file, or a folder of files dropped together with `main` opened. */
function dropped(relative: string, main?: string): SlideFiles {
  const root = sharedPath(`slides/dicom/${relative}`) ?? '';
  const names = statSync(root).isDirectory() ? readdirSync(root) : [''];
  const source = (name: string) => blobSource(new Blob([readFileSync(path.join(root, name))]), name || relative);
  const all = new Map(names.map((name) => [name || relative, source(name)]));
  const found = all.get(main ?? names[0] ?? '') ?? [...all.values()][0];
  if (!found) throw new Error(`nothing in ${relative}`);
  return { main: found, find: (name) => all.get(name), list: () => [...all.keys()] };
}

describe(`DICOM whole slides, frame by frame as pydicom ${golden.pydicom} reads them`, () => {
  for (const [name, expected] of Object.entries(golden.slides))
    itWithShared(`slides/dicom/${name}`, `${name}, ${expected.length} levels`, async () => {
      const slide = await openSlide(dropped(name));
      expect(slide.info.levels.map(({ width, height }) => [width, height])).toEqual(
        expected.map(([width, height]) => [width, height]),
      );
      const um = expected[0]?.[2] ?? 0;
      // Pixel sizes that no microscope has (highdicom's 10 µm and more) are not believed.
      expect(slide.info.mpp?.x).toBe(um <= 10 ? um : undefined);
      for (const [level, [width, height, , hash]] of expected.entries()) {
        const pixels = await readRegion(slide, { level, x: 0, y: 0, width, height });
        expect(`${level} ${createHash('sha256').update(pixels.data).digest('hex')}`).toBe(`${level} ${hash}`);
      }
      await slide.close();
    });
});

describe('what else a DICOM file can be', () => {
  itWithShared('slides/dicom/BPAEC', 'the label dropped with its slide opens the slide, the label apart', async () => {
    const { info } = await openSlide(dropped('BPAEC', '2'));
    expect([info.width, info.height, info.associated]).toEqual([3072, 2304, ['label']]);
  });
  itWithShared('slides/dicom/highdicom', 'segmentations and annotations are named', async () => {
    const open = (name: string) => openSlide(dropped(`highdicom/${name}`));
    await expect(open('seg_image_sm_dots_tiled_full.dcm')).rejects.toThrow('cannot read segmentations yet');
    await expect(open('sm_annotations.dcm')).rejects.toThrow('cannot read bulk annotations yet');
  });
});
