import { expect, type Page, test } from '@playwright/test';
import { openFiles } from '../src/cli/file-source.ts';
import { provideWasmFiles } from '../src/cli/wasm-files.ts';
import type { Rect } from '../src/geometry.ts';
import { openSlide } from '../src/slide/open.ts';
import { readRegion } from '../src/slide/region.ts';
import type { Slide } from '../src/slide/slide.ts';
import { BROKEN_FILES } from '../src/testing/cases.ts';
import { FAMILIES } from './families.ts';
import { drop, NO_SHARED_DATA, type RgbImage, sharedSlide, slideViewPixels, watch, writeTestFile } from './milscope.ts';

provideWasmFiles();

type Rgb = readonly [number, number, number];

/** Parts of the picture that are compared, at the most across and down, and how small they may be in px of the slide. */
const CELLS = { cols: 8, rows: 6, px: 24 } as const;
/** What the browser's own shrinking and enlarging may change of a mean colour. */
const TOLERANCE = 4;
/** More is not read of a slide to compare with, px. */
const MOST_PIXELS = 8e6;

/** One page for all tests, as a person opens one slide after another. */
let page: Page;
let watched: ReturnType<typeof watch>;
test.beforeAll(async ({ browser, baseURL }) => {
  page = await browser.newPage();
  watched = watch(page, baseURL);
  await page.goto('/');
  // Nothing listens for a drop before.
  await page.getByLabel('Open slide').first().waitFor({ state: 'attached' });
});
test.afterAll(() => page.close());
test.afterEach(() => watched.check());

/** Mean colour of `cols` x `rows` equal cells of a rectangle, whose edges may lie within a px. */
function cellMeans(image: RgbImage, part: Rect, cols: number, rows: number): Rgb[] {
  const means: Rgb[] = [];
  for (let cell = 0; cell < cols * rows; cell++) {
    const [width, height] = [part.width / cols, part.height / rows];
    const [left, top] = [part.x + (cell % cols) * width, part.y + Math.floor(cell / cols) * height];
    const sum: [number, number, number] = [0, 0, 0];
    for (let y = Math.floor(top); y < top + height; y++) {
      const share = Math.min(y + 1, top + height) - Math.max(y, top);
      for (let x = Math.floor(left); x < left + width; x++) {
        const weight = share * (Math.min(x + 1, left + width) - Math.max(x, left));
        const [red, green, blue] = image.at(Math.min(x, image.width - 1), Math.min(y, image.height - 1));
        sum[0] += weight * red;
        sum[1] += weight * green;
        sum[2] += weight * blue;
      }
    }
    const area = width * height;
    means.push([sum[0] / area, sum[1] / area, sum[2] / area]);
  }
  return means;
}

/** What the core reads in Node: the non-empty part of the finest level that is small enough. */
async function readWhole(slide: Slide): Promise<RgbImage> {
  const { info } = slide;
  const level = info.levels.find(({ width, height }) => width * height <= MOST_PIXELS);
  if (!level) throw new RangeError('no level is small enough');
  const { x, y } = info.bounds;
  const width = Math.max(1, Math.round((info.bounds.width * level.width) / info.width));
  const height = Math.max(1, Math.round((info.bounds.height * level.height) / info.height));
  const { data } = await readRegion(slide, { level: level.index, x, y, width, height });
  return {
    width,
    height,
    at: (x, y) => {
      const from = (y * width + x) * 3;
      return [data[from] ?? 0, data[from + 1] ?? 0, data[from + 2] ?? 0];
    },
  };
}

const furthest = (one: readonly Rgb[], other: readonly Rgb[]) =>
  Math.max(...one.flatMap((rgb, cell) => rgb.map((value, i) => Math.abs(value - (other[cell]?.[i] ?? 0)))));

/** The slide view without what floats over it. */
async function barePixels(): Promise<RgbImage> {
  await page.evaluate(() => {
    for (const one of document.querySelectorAll<HTMLElement>('.stage > :not(.slide-view), .slide-view .navigator'))
      one.style.visibility = 'hidden';
  });
  return slideViewPixels(page);
}

for (const family of FAMILIES)
  test(`${family.name}: dropped, named, described and drawn as the core reads it`, async () => {
    const given = await family.give();
    test.skip(given === undefined, NO_SHARED_DATA);
    if (given === undefined) return;
    const opened = await openFiles(given.main);
    const slide = await openSlide(opened.files);
    const { info } = slide;
    await drop(page, given.dropped);
    await expect(page.getByRole('application', { name: `Slide ${info.name}`, exact: true })).toBeVisible();
    const facts = page.getByTestId('slide-info');
    await expect(facts).toHaveAttribute('data-width', String(info.width));
    await expect(facts).toHaveAttribute('data-height', String(info.height));
    await expect(facts).toHaveAttribute('data-levels', String(info.levels.length));
    const mpp = info.mpp && (info.mpp.x + info.mpp.y) / 2;
    expect(Number(await facts.getAttribute('data-mpp'))).toBeCloseTo(mpp ?? 0, 6);
    await expect(facts.getByText(family.format, { exact: true })).toBeVisible();
    // The pixels as stored are what is compared.
    const colours = page.getByTestId('colour-line');
    if (/→/.test((await colours.textContent()) ?? '')) await page.keyboard.press('c');

    const { bounds } = info;
    const cols = Math.max(1, Math.min(CELLS.cols, Math.floor(bounds.width / CELLS.px)));
    const rows = Math.max(1, Math.min(CELLS.rows, Math.floor(bounds.height / CELLS.px)));
    const whole = await readWhole(slide);
    const read = cellMeans(whole, { x: 0, y: 0, width: whole.width, height: whole.height }, cols, rows);
    const difference = async () => {
      const screen = await barePixels();
      // The whole slide is in the middle of the view, as large as fits.
      const scale = Math.min(screen.width / bounds.width, screen.height / bounds.height);
      const [width, height] = [bounds.width * scale, bounds.height * scale];
      const part = { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height };
      return furthest(cellMeans(screen, part, cols, rows), read);
    };
    await expect.poll(difference, { message: 'largest difference of a part of the picture' }).toBeLessThan(TOLERANCE);
    await expect(page.getByTestId('error')).toHaveCount(0);
    await expect(facts).not.toContainText('could not be decoded');
    await slide.close();
    await opened.close();
  });

/** Files of the case table that are named and refused, and their sentences. */
const REFUSED: Readonly<Record<string, string>> = {
  'isyntax-any': 'This is a Philips iSyntax file; milscope cannot read this format yet.',
  'vsi-any': 'This is an Olympus VSI file; milscope cannot read this format yet.',
  'qptiff-description': 'This is an Akoya QPTIFF file; milscope cannot read this format yet.',
  'sqlite-any': 'This is a Sakura SVSLIDE or other SQLite file; milscope cannot read this format yet.',
  'czi-jpeg-xr': 'This is a Zeiss CZI file; milscope cannot read JPEG XR compression yet.',
  'ndpi-jpeg-xr': 'This is a Hamamatsu NDPI file; milscope cannot read JPEG XR compression yet.',
  'jp2-any': 'This is a JPEG 2000 file; milscope cannot read plain JPEG 2000 images yet.',
  'webp-any': 'This is a WebP file; milscope cannot read plain WebP images yet.',
  'heif-any': 'This is a HEIF or AVIF file; milscope cannot read such images yet.',
  'gif-any': 'This is a GIF file; milscope cannot read GIF images yet.',
  'pdf-any': 'This is a PDF file; milscope cannot read documents yet.',
  'iiif-without-its-server':
    'This is an IIIF Image API file; milscope cannot read a description without its server yet.',
  'dicomweb-without-its-server': 'This is a DICOMweb file; milscope cannot read a description without its server yet.',
  'zip-any': 'This is a ZIP file; milscope cannot read slides inside an archive yet.',
};
const REFUSED_REAL: Readonly<Record<string, string>> = {
  'vsi/vsi-ets-test-jpg2k.vsi': 'This is an Olympus VSI file; milscope cannot read this format yet.',
  'dicom/highdicom/seg_image_sm_dots_tiled_full.dcm': 'This is a DICOM file; milscope cannot read segmentations yet.',
  'dicom/highdicom/sm_annotations.dcm': 'This is a DICOM file; milscope cannot read bulk annotations yet.',
};

async function refuses(file: string, sentence: string): Promise<void> {
  await drop(page, file);
  const notice = page.getByTestId('error').first();
  await expect(notice.locator('.notice-title')).toHaveText(sentence);
  const dismiss = notice.getByRole('button', { name: 'Dismiss' });
  // On a first visit the notice stands alone until something opens.
  if ((await dismiss.count()) > 0) await dismiss.click();
}

test('what cannot be read is named, each by its own sentence', async () => {
  for (const [name, sentence] of Object.entries(REFUSED)) {
    const file = BROKEN_FILES.find((one) => one.name === name);
    const made = await file?.make();
    const bytes = made instanceof Uint8Array ? made : made?.get(file?.main ?? name);
    if (!bytes) throw new RangeError(`no file ${name}`);
    await refuses(writeTestFile(`families/${name}`, bytes), sentence);
  }
});

for (const [place, sentence] of Object.entries(REFUSED_REAL))
  test(`real: ${place}: named and refused`, async () => {
    const file = sharedSlide(place);
    test.skip(file === undefined, NO_SHARED_DATA);
    if (file !== undefined) await refuses(file, sentence);
  });
