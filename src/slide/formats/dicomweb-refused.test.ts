/** A DICOMweb server that cannot: a sentence for every way in which it fails. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { onePart } from '../../testing/dicom-json.ts';
import { type DicomWebServer, openAddress, startDicomWebServer } from '../../testing/dicomweb-server.ts';
import golden from '../../testing/goldens/dicomweb.json' with { type: 'json' };
import { dicomSeries } from '../../testing/written/dicom-series.ts';
import { memorySource } from '../http-source.ts';
import { openSlide, singleFile } from '../open.ts';

let server: DicomWebServer;
let written: Map<string, Uint8Array>;
beforeAll(async () => {
  server = await startDicomWebServer();
  written = await dicomSeries();
});
afterAll(() => server.close());
beforeEach(() => {
  server.reset();
  server.store(written.values());
});

const instead = (pattern: RegExp, status: number, headers: Record<string, string>, body: string | Uint8Array = '') => {
  server.meddle = (request, response) => {
    if (!pattern.test(request.url ?? '')) return false;
    response.writeHead(status, headers).end(body);
    return true;
  };
};
const json = { 'Content-Type': 'application/dicom+json' };
const parts = { 'Content-Type': 'multipart/related; boundary=x' };
const octets = 'application/octet-stream';

it.each([
  ['asks for a login', /metadata/, 401, {}, '', 'the server asks for a login (401)'],
  ['forbids it', /metadata/, 403, {}, '', 'the server does not allow it (403)'],
  ['has no such series', /metadata|instances/, 404, {}, '', 'the server has no such series (404)'],
  ['knows no JSON', /metadata|instances/, 406, {}, '', 'the server sends it in no form that milscope asks for (406)'],
  ['is broken', /metadata/, 500, {}, '', 'the server answered 500, 3 times'],
  ['sends on elsewhere', /metadata/, 302, { Location: 'http://example.org/' }, '', 'the server sends on to another'],
  ['sends a page', /metadata/, 200, { 'Content-Type': 'text/html; a=b' }, '<html>', 'sent text/html and no DICOM JSON'],
  ['sends other JSON', /metadata/, 200, json, '{"error":1}', 'sent application/dicom+json and no DICOM JSON'],
  ['sends half of it', /metadata/, 200, json, '[{"00080016":{"vr":"UI",', 'its DICOM JSON cannot be read'],
  [
    'sends a bomb',
    /metadata/,
    200,
    json,
    `[{"00080016":{}},${'[],'.repeat(99_999)}[]]`,
    'its DICOM JSON cannot be read',
  ],
  [
    'sends a million keys',
    /metadata/,
    200,
    json,
    `[{"00080016":{${Array.from({ length: 1_000_000 }, (_, i) => `"V${i}":1`).join(',')}}}]`,
    'its DICOM JSON cannot be read',
  ],
  [
    'sends a million attributes',
    /metadata/,
    200,
    json,
    `[{${Array.from({ length: 1_000_000 }, (_, i) => `"${10_000_000 + i}" :{}`).join(',')}}]`,
    'its DICOM JSON cannot be read',
  ],
  [
    'sends far too much JSON',
    /metadata/,
    200,
    json,
    `[{"00080016":{}},${' '.repeat(2 ** 24)}{}]`,
    'sent more than 16777216',
  ],
  ['sends no instance', /metadata/, 200, json, '[]', 'the server has no image in it'],
  ['has no frames', /frames/, 404, {}, '', 'the server has no such file (404)'],
  ['has frames in no form', /frames/, 406, {}, '', 'the server sends it in no form that milscope asks for (406)'],
  ['sends nothing', /frames/, 200, { 'Content-Type': octets }, '', 'the server sent nothing for it'],
  ['sends a page for a frame', /frames/, 200, { 'Content-Type': 'text/html' }, 'x', 'the server sent text/html for it'],
  ['has no boundary', /frames/, 200, parts, 'x', 'parts that are not as their boundary says'],
  ['breaks off within a part', /frames/, 200, parts, '--x\r\n\r\nabc', 'parts that are not as their boundary says'],
  ['sends two parts', /frames/, 200, parts, '--x\r\n\r\na\r\n--x\r\n\r\nb\r\n--x--', 'the server sent 2 parts for one'],
  [
    'sends a file',
    /frames/,
    200,
    parts,
    onePart('application/dicom', new Uint8Array(9), 'x'),
    'sent application/dicom',
  ],
  [
    'sends a frame of another size',
    /frames/,
    200,
    parts,
    onePart(`${octets}; transfer-syntax=1.2.840.10008.1.2.1`, new Uint8Array(99), 'x'),
    'the server sent 99 bytes for a frame of 36864',
  ],
  [
    'sends far too much',
    /frames/,
    200,
    { 'Content-Type': octets },
    new Uint8Array(2 ** 21),
    'sent more than 1122304 bytes',
  ],
  [
    'sends video',
    /frames/,
    200,
    parts,
    onePart(`${octets}; transfer-syntax=1.2.840.10008.1.2.4.100`, new Uint8Array(99), 'x'),
    'cannot read MPEG-2 video',
  ],
] as const)('a server that %s', async (_, pattern, status, headers, body, sentence) => {
  instead(pattern, status, headers, body);
  await expect(openAddress(server.series())).rejects.toThrow(sentence);
});

it('says which frame cannot be had, and goes on', async () => {
  const remote = await openAddress(server.series());
  instead(/\.9999\.2\/frames\/1$/, 404, {});
  await expect(remote.readTile(0, 1, 1)).rejects.toMatchObject({
    info: { code: 'slide/read-failed', name: 'Frame 1 of 1.2.826.0.1.3680043.10.9999.2' },
  });
  instead(/\.9999\.2\/frames\/2$/, 200, { 'Content-Type': 'image/jpeg' }, written.get('label.dcm') ?? '');
  await expect(remote.readTile(0, 2, 1)).rejects.toMatchObject({ info: { code: 'slide/tile-failed' } });
  expect((await remote.readTile(0, 0, 0)).width).toBe(128);
});

it('a description without its server is named', async () => {
  const bytes = new TextEncoder().encode(JSON.stringify(Object.values(golden.instances)));
  await expect(openSlide(singleFile(memorySource('a.json', bytes)))).rejects.toThrow(
    'a description without its server',
  );
});
