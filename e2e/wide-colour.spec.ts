import { tiffBytes } from '../src/slide/tiff/write.ts';
import golden from '../src/testing/goldens/color.json' with { type: 'json' };
import { drop, expect, test, writeTestFile } from './milscope.ts';
import { BROWSER_FLAGS } from './playwright.config.ts';

// A screen of Display-P3, as far as the page can tell.
test.use({
  launchOptions: async ({ launchOptions }, use) => {
    await use({ ...launchOptions, args: [...BROWSER_FLAGS, '--force-color-profile=display-p3-d65'] });
  },
});

type Rgb = readonly [number, number, number];

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const rgbAt = (bytes: Uint8Array, at: number): Rgb => [
  bytes[at * 3] ?? 0,
  bytes[at * 3 + 1] ?? 0,
  bytes[at * 3 + 2] ?? 0,
];
const distance = (one: Rgb, other: Rgb) => Math.max(...one.map((value, i) => Math.abs(value - (other[i] ?? 0))));

const [profile] = golden.profiles;
const [stored, inSrgb, inP3] = [golden.colors, profile?.srgb ?? '', profile?.displayP3 ?? ''].map(bytesOf) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
/** A colour of the scanner that sRGB lacks and Display-P3 has. */
const outside = Array.from({ length: stored.length / 3 }, (_, at) => at).find((at) => {
  const [srgb, p3] = [rgbAt(inSrgb, at), rgbAt(inP3, at)];
  return srgb.includes(0) && Math.min(...p3) > 40 && Math.max(...p3) < 230;
});

function slideOf(colour: Rgb, icc: Uint8Array | undefined): Promise<Uint8Array> {
  const data = Uint8Array.from({ length: 256 * 256 * 3 }, (_, i) => colour[i % 3] ?? 0);
  const layout = { kind: 'tiles', width: 256, height: 256 } as const;
  const read = () => ({ width: 256, height: 256, data });
  const image = { width: 1024, height: 768, layout, compression: 'deflate', mpp: 0.5, read } as const;
  return tiffBytes({ images: [icc === undefined ? image : { ...image, colorProfile: icc }] });
}

/** What a canvas of the page holds in its middle, in the numbers of a colour space. */
const middleOf = (
  locator: ReturnType<Parameters<Parameters<typeof test>[2]>[0]['page']['locator']>,
  colorSpace: 'srgb' | 'display-p3',
) =>
  locator.evaluate((canvas, colorSpace): [number, number, number] => {
    const { width, height } = canvas as HTMLCanvasElement;
    const context = (canvas as HTMLCanvasElement).getContext('2d');
    const pixel = context?.getImageData(width >> 1, height >> 1, 1, 1, { colorSpace }).data;
    return [pixel?.[0] ?? 0, pixel?.[1] ?? 0, pixel?.[2] ?? 0];
  }, colorSpace);

test('on a screen of Display-P3 the colours of the scanner reach it unclipped', async ({ page }) => {
  if (outside === undefined) throw new Error('the golden colours have none outside sRGB');
  const file = writeTestFile('wide.tiff', await slideOf(rgbAt(stored, outside), bytesOf(profile?.icc ?? '')));
  await page.goto('/');
  await drop(page, file);
  const line = page.getByTestId('colour-line');
  await expect(line).toHaveText(`Colour: scanner profile → Display-P3 (${profile?.name})`);
  const wide = rgbAt(inP3, outside);
  const slide = page.getByTestId('slide-view').locator('.openseadragon-canvas > canvas').first();
  const overview = page.locator('.navigator canvas').first();
  for (const canvas of [slide, overview])
    await expect.poll(async () => distance(await middleOf(canvas, 'display-p3'), wide)).toBeLessThan(4);

  await page.keyboard.press('c');
  await expect(line).toHaveText(`Colour: as stored: profile ${profile?.name} is off`);
  await expect.poll(async () => distance(await middleOf(slide, 'srgb'), rgbAt(stored, outside))).toBeLessThan(3);
  await page.keyboard.press('c');
  await expect.poll(async () => distance(await middleOf(slide, 'display-p3'), wide)).toBeLessThan(4);
  // The heatmap's colours are those of its legend, which the page draws in sRGB.
  const space = page.locator('.heatmap-layer').evaluate((canvas) => {
    return (canvas as HTMLCanvasElement).getContext('2d')?.getContextAttributes().colorSpace;
  });
  expect(await space).toBe('srgb');
});

test('a slide without a profile is drawn there as everywhere', async ({ page }) => {
  const colour: Rgb = [190, 90, 160];
  await page.goto('/');
  await drop(page, writeTestFile('no-profile.tiff', await slideOf(colour, undefined)));
  await expect(page.getByTestId('colour-line')).toHaveText('Colour: as stored: no profile in the slide');
  const slide = page.getByTestId('slide-view').locator('.openseadragon-canvas > canvas').first();
  await expect.poll(async () => distance(await middleOf(slide, 'srgb'), colour)).toBe(0);
});
