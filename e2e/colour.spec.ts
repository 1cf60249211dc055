import { tiffBytes } from '../src/slide/tiff/write.ts';
import golden from '../src/testing/goldens/color.json' with { type: 'json' };
import { drop, expect, NO_SHARED_DATA, sharedSlide, slideViewPixels, test, writeTestFile } from './milscope.ts';

type Rgb = readonly [number, number, number];

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const rgbAt = (bytes: Uint8Array, at: number): Rgb => [
  bytes[at * 3] ?? 0,
  bytes[at * 3 + 1] ?? 0,
  bytes[at * 3 + 2] ?? 0,
];
const distance = (one: Rgb, other: Rgb) => Math.max(...one.map((value, i) => Math.abs(value - (other[i] ?? 0))));

/** A slide of one colour with a scanner's profile, and what Little CMS makes of that colour. */
async function slideWithProfile(name: string) {
  const [profile] = golden.profiles;
  const [stored, managed] = [bytesOf(golden.colors), bytesOf(profile?.srgb ?? '')];
  // The tissue-like colours stand last; one that the profile changes well.
  const at = Array.from({ length: 600 }, (_, i) => stored.length / 3 - 1 - i).find(
    (one) => distance(rgbAt(stored, one), rgbAt(managed, one)) > 25,
  );
  if (at === undefined) throw new Error('the golden profile changes no colour');
  const colour = rgbAt(stored, at);
  const pixel = Uint8Array.from({ length: 256 * 256 * 3 }, (_, i) => colour[i % 3] ?? 0);
  const bytes = await tiffBytes({
    images: [
      {
        width: 1024,
        height: 768,
        layout: { kind: 'tiles', width: 256, height: 256 },
        compression: 'deflate',
        mpp: 0.5,
        colorProfile: bytesOf(profile?.icc ?? ''),
        read: () => ({ width: 256, height: 256, data: pixel }),
      },
    ],
  });
  return { file: writeTestFile(name, bytes), name: profile?.name ?? '', stored: colour, managed: rgbAt(managed, at) };
}

test('the colours of the scanner are shown, or those stored, and the page says which', async ({ page }) => {
  const slide = await slideWithProfile('profile.tiff');
  await page.goto('/');
  await drop(page, slide.file);
  const line = page.getByTestId('colour-line');
  await expect(line).toHaveText(`Colour: scanner profile → sRGB (${slide.name})`);
  const middle = async () => {
    const picture = await slideViewPixels(page);
    return picture.at(Math.floor(picture.width / 2), Math.floor(picture.height / 2));
  };
  await expect.poll(async () => distance(await middle(), slide.managed)).toBeLessThan(3);
  await page.getByTestId('slide-view').click();
  await page.keyboard.press('c');
  await expect(line).toHaveText(`Colour: as stored: profile ${slide.name} is off`);
  await expect.poll(async () => distance(await middle(), slide.stored)).toBeLessThan(2);
  await page.getByTestId('display').getByText('Scanner colours').click();
  await expect.poll(async () => distance(await middle(), slide.managed)).toBeLessThan(3);
});

test('brightness, contrast and gamma change the slide by keys, say so, and go back', async ({ page }) => {
  const slide = await slideWithProfile('adjusted.tiff');
  await page.goto('/');
  await drop(page, slide.file);
  const middle = async () => {
    const picture = await slideViewPixels(page);
    return picture.at(Math.floor(picture.width / 2), Math.floor(picture.height / 2));
  };
  await expect.poll(async () => distance(await middle(), slide.managed)).toBeLessThan(3);
  await expect(page.getByTestId('adjusted')).toHaveCount(0);
  await page.getByRole('button', { name: 'Brightness, contrast, gamma' }).click();
  await page.getByRole('slider', { name: 'Brightness' }).focus();
  for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowLeft');
  await expect(page.getByTestId('adjusted')).toContainText('Display adjusted: brightness −10 %');
  const darker = slide.managed.map((value) => Math.max(0, value - 25.5)) as unknown as Rgb;
  await expect.poll(async () => distance(await middle(), darker)).toBeLessThan(4);
  await page.keyboard.press('d');
  await expect(page.getByTestId('adjusted')).toHaveCount(0);
  await expect.poll(async () => distance(await middle(), slide.managed)).toBeLessThan(3);
});

test('label and macro images stand on the screen only after a person asked', async ({ page }) => {
  const file = sharedSlide('aperio/CMU-1-Small-Region.svs');
  test.skip(file === undefined, NO_SHARED_DATA);
  if (file === undefined) return;
  await page.goto('/');
  await drop(page, file);
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-width', '2220');
  await expect(page.getByTestId('colour-line')).toHaveText('Colour: as stored: no profile in the slide');
  const label = page.getByRole('img', { name: 'label image' });
  await expect(label).toHaveCount(0);
  await page.getByRole('button', { name: /^Show .*label/ }).click();
  await expect.poll(() => label.evaluate((canvas) => (canvas as HTMLCanvasElement).width)).toBe(387);
  await page.getByRole('button', { name: /^Hide .*label/ }).click();
  await expect(label).toHaveCount(0);
});
