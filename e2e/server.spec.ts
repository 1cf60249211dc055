import { readFileSync } from 'node:fs';
import { expect, sampleSlide, test } from './milscope.ts';

test('the server answers byte ranges, as a slide is read', async ({ request }) => {
  const bytes = readFileSync(sampleSlide);
  const part = await request.get('/sample/prostate-phantom.tiff', { headers: { Range: 'bytes=1000-1099' } });
  expect(part.status()).toBe(206);
  expect(part.headers()['content-range']).toBe(`bytes 1000-1099/${bytes.length}`);
  expect((await part.body()).equals(bytes.subarray(1000, 1100))).toBe(true);
  const end = await request.get('/sample/prostate-phantom.tiff', { headers: { Range: 'bytes=-16' } });
  expect((await end.body()).equals(bytes.subarray(-16))).toBe(true);
  const past = await request.get('/sample/prostate-phantom.tiff', { headers: { Range: `bytes=${bytes.length}-` } });
  expect(past.status()).toBe(416);
});

test('nothing outside the built page is served, and every file carries the policy', async ({ request }) => {
  for (const path of ['/../package.json', '/..%2fpackage.json', '/.stamp', '/no-such-file', '/%']) {
    expect([400, 404], path).toContain((await request.get(path)).status());
  }
  const page = await request.get('/');
  expect(page.headers()['content-security-policy']).toContain("default-src 'none'");
  expect(page.headers()['content-security-policy']).toContain("frame-ancestors 'none'");
  const worker = (await page.text()).match(/assets\/[^"]+\.js/)?.[0] ?? '';
  expect((await request.get(`/${worker}`)).headers()['content-security-policy']).toContain("connect-src 'self'");
});
