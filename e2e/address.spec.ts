import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { type DicomWebServer, startDicomWebServer } from '../src/testing/dicomweb-server.ts';
import { type FileServer, startFileServer } from '../src/testing/file-server.ts';
import { dicomSeries } from '../src/testing/written/dicom-series.ts';
import '../src/testing/setup.ts';
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

test.describe('a series on a DICOMweb server', () => {
  let pacs: DicomWebServer;
  test.beforeAll(async () => {
    pacs = await startDicomWebServer();
    pacs.store((await dicomSeries()).values());
  });
  test.afterAll(() => pacs.close());
  test.beforeEach(() => {
    pacs.requests.length = 0;
    pacs.needsQuotes = false;
  });

  /** Every answer with these headers; requests for permission are answered, too. */
  const permit = (headers: Readonly<Record<string, string>>) => {
    pacs.meddle = (request, response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      if (request.method !== 'OPTIONS') return false;
      response.writeHead(204).end();
      return true;
    };
  };
  const PAGES = { 'Access-Control-Allow-Origin': '*' };
  const isPainted = ([, green, blue]: readonly [number, number, number]) =>
    Math.abs(green - 200) < 25 && Math.abs(blue - 90) < 25;

  test('is drawn from its frames, each asked for without asking for permission first', async ({ page, watched }) => {
    permit(PAGES);
    await page.goto('/');
    await openAddress(page, pacs.series());
    await expect(page.getByTestId('slide-info')).toHaveAttribute('data-mpp', '0.5');
    await expect.poll(async () => share(await slideViewPixels(page), isPainted)).toBeGreaterThan(0.02);
    const foreign = new Set(watched.foreign);
    expect([...foreign].every((one) => one.startsWith(`GET ${pacs.series()}/`))).toBe(true);
    expect(pacs.requests.every((one) => /^GET .*(\/metadata|\/frames\/\d+)$/.test(one))).toBe(true);
    watched.foreign.length = 0;
  });

  for (const { name, headers, needsQuotes, says } of [
    {
      name: 'does not allow this page',
      headers: {},
      needsQuotes: false,
      says: 'it lacks the header Access-Control-Allow-Origin',
    },
    {
      name: 'wants quotes and permits none',
      headers: PAGES,
      needsQuotes: true,
      says: 'it lacks the header Access-Control-Allow-Headers: Accept',
    },
  ])
    test(`where it ${name}, the header it lacks is named`, async ({ page, watched }) => {
      permit(headers);
      pacs.needsQuotes = needsQuotes;
      await page.goto('/');
      await openAddress(page, pacs.series());
      await expect(page.getByText(says)).toBeVisible();
      watched.foreign.length = 0;
    });

  test('is drawn where it wants quotes and permits them', async ({ page, watched }) => {
    permit({ ...PAGES, 'Access-Control-Allow-Headers': 'Accept' });
    pacs.needsQuotes = true;
    await page.goto('/');
    await openAddress(page, pacs.series());
    await expect.poll(async () => share(await slideViewPixels(page), isPainted)).toBeGreaterThan(0.02);
    expect(pacs.requests.some((one) => one.startsWith('OPTIONS '))).toBe(true);
    watched.foreign.length = 0;
  });
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
