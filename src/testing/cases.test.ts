import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { openSlide } from '../slide/open.ts';
import { FORMATS } from '../slide/registry.ts';
import { BROKEN_FILES } from './cases.ts';
import { slideFiles } from './exercise.ts';

const LIMIT_MS = 1000;
const LIMIT_BYTES = 64 * 2 ** 20;

/** What opening or reading gives, by the code and text of its error. */
async function outcome(files: ReadonlyMap<string, Uint8Array>, main: string, tile = { level: 0, col: 0, row: 0 }) {
  let at = 'open';
  try {
    const slide = await openSlide(slideFiles(main, files));
    at = 'tile';
    await slide.readTile(tile.level, tile.col, tile.row);
    await slide.close();
    return { at: 'none' };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { at, code: error.info.code, text: error.message };
  }
}

/** What the names of the cases of a format begin with. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  aperio: ['aperio', 'j2k'],
  'hamamatsu-ndpi': ['ndpi'],
  'hamamatsu-vms': ['vms', 'vmu'],
  'dicom-wsi': ['dicom'],
  dicomweb: ['dicomweb'],
  'leica-scn': ['scn'],
  mirax: ['mirax'],
  'deep-zoom': ['dzi'],
  iiif: ['iiif'],
  'ome-tiff': ['ome'],
  'philips-tiff': ['philips'],
  'ventana-bif': ['bif'],
  trestle: ['trestle'],
  huron: ['huron'],
  'argos-avs': ['argos'],
  'zeiss-czi': ['czi'],
  'philips-isyntax': ['isyntax'],
  qptiff: ['qptiff'],
  'olympus-vsi': ['vsi'],
  sakura: ['sqlite'],
  jpeg2000: ['jp2'],
  webp: ['webp'],
  heif: ['heif'],
  gif: ['gif'],
  pdf: ['pdf'],
  zip: ['zip'],
  'generic-tiff': ['tiff', 'bigtiff', 'strips'],
  'plain-image': ['png', 'jpeg'],
};

describe('every format has broken files', () => {
  for (const { id, label } of FORMATS) {
    const cases = BROKEN_FILES.filter(({ name }) => PREFIXES[id]?.includes(name.split('-')[0] ?? ''));
    const broken = cases.filter(({ expect }) => expect.at !== 'none');
    it(`${label}: ${cases.length} cases, of which ${broken.length} must give an error`, () => {
      expect(broken.length).toBeGreaterThan(0);
    });
  }
});

describe('broken files', () => {
  it(`${BROKEN_FILES.length} have different names`, () => {
    expect(BROKEN_FILES.length).toBeGreaterThanOrEqual(150);
    expect(new Set(BROKEN_FILES.map(({ name }) => name)).size).toBe(BROKEN_FILES.length);
  });

  for (const file of BROKEN_FILES)
    it(file.name, async () => {
      const made = await file.make();
      const files = made instanceof Uint8Array ? new Map([[file.name, made]]) : made;
      const main = file.main ?? file.name;
      const size = [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
      // Codecs load once a session; that is not the file's doing.
      await outcome(files, main, file.tile);
      const before = process.memoryUsage();
      const start = performance.now();
      const got = await outcome(files, main, file.tile);
      const elapsed = performance.now() - start;
      const after = process.memoryUsage();
      if (file.expect.at === 'none') expect(got).toEqual({ at: 'none' });
      else {
        expect(got).toMatchObject({ at: file.expect.at, code: file.expect.code });
        expect('text' in got && got.text).toMatch(file.expect.text);
      }
      expect(elapsed).toBeLessThan(LIMIT_MS);
      const held = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed;
      expect(held).toBeLessThan(LIMIT_BYTES + 4 * size);
    });
});
