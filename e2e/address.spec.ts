import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { type FileServer, startFileServer } from '../src/testing/file-server.ts';
import { expect, isStained, sampleSlide, share, slideViewPixels, test } from './milscope.ts';

let server: FileServer;
test.beforeAll(async () => {
  server = await startFileServer();
  server.files.set('/slides/prostate.tiff', { bytes: readFileSync(sampleSlide), etag: '"1"' });
});
test.afterAll(() => server.close());
test.beforeEach(() => {
  server.requests.length = 0;
  server.sentBytes = 0;
});

const allow = (headers: Readonly<Record<string, string>>) => {
  server.meddle = (_, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    return false;
  };
};
const EVERYBODY = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Content-Range, ETag' };

async function openAddress(page: Page, address: string): Promise<void> {
  await page.getByRole('button', { name: 'Open an address' }).click();
  await page.getByRole('textbox', { name: 'Address of the slide' }).fill(address);
  await page.keyboard.press('Enter');
}

test('a slide by address: asked for when a person opens it and not before, by parts, and drawn', async ({
  page,
  watched,
}) => {
  allow(EVERYBODY);
  await page.goto('/');
  await page.getByRole('button', { name: 'Open an address' }).click();
  await page.keyboard.press('Escape');
  expect(watched.foreign).toEqual([]);
  const address = `${server.address}/slides/prostate.tiff`;
  await openAddress(page, address);
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-mpp', /\d/);
  await expect(page.getByTestId('slide-info')).toContainText(new URL(address).host);
  await expect.poll(async () => share(await slideViewPixels(page), isStained)).toBeGreaterThan(0.01);
  // Only that address, only reading.
  expect(watched.foreign.length).toBeGreaterThan(0);
  expect(watched.foreign.filter((one) => one !== `GET ${address}`)).toEqual([]);
  expect(server.requests.every((one) => /^GET \/slides\/prostate.tiff bytes=\d+-\d+$/.test(one))).toBe(true);
  watched.foreign.length = 0;
});

for (const { name, headers, says } of [
  { name: 'does not allow this page', headers: {}, says: 'it lacks the header Access-Control-Allow-Origin' },
  {
    name: 'hides the size',
    headers: { 'Access-Control-Allow-Origin': '*' },
    says: 'it lacks the header Access-Control-Expose-Headers: Content-Range',
  },
])
  test(`a server that ${name} is named with the header it lacks`, async ({ page, watched }) => {
    allow(headers);
    await page.goto('/');
    await openAddress(page, `${server.address}/slides/prostate.tiff`);
    await expect(page.getByText(says)).toBeVisible();
    expect(server.sentBytes).toBeLessThan(2 ** 18);
    watched.foreign.length = 0;
  });

test('the page itself may ask nobody else', async ({ page, watched }) => {
  allow(EVERYBODY);
  await page.goto('/');
  const answer = await page.evaluate(
    (address) =>
      fetch(address).then(
        () => 'answered',
        () => 'blocked',
      ),
    `${server.address}/slides/prostate.tiff`,
  );
  expect(answer).toBe('blocked');
  expect(server.requests).toEqual([]);
  watched.thrown.length = 0;
  watched.foreign.length = 0;
});
