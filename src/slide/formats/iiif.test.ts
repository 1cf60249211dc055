/** Pictures by address: IIIF as libvips lays it out, Deep Zoom from a folder on a server. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FileServer, startFileServer } from '../../testing/file-server.ts';
import golden from '../../testing/goldens/iiif.json' with { type: 'json' };
import { itWithShared, sharedPath } from '../../testing/shared-data.ts';
import { memorySource } from '../http-source.ts';
import { openSlide, singleFile } from '../open.ts';
import { readRegion } from '../region.ts';
import { remoteFiles } from '../remote-files.ts';
import { parseInfo, tilePath } from './iiif.ts';

let server: FileServer;
beforeAll(async () => {
  server = await startFileServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.files.clear();
  server.requests.length = 0;
  server.meddle = undefined;
});

const open = async (address: string) => openSlide(await remoteFiles(server.address + address));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.each(golden)('IIIF Image API $version', ({ version, levels, files }) => {
  beforeEach(() => {
    for (const [name, base64] of Object.entries(files))
      server.files.set(`/a b/pic/${name}`, { bytes: new Uint8Array(Buffer.from(base64, 'base64')) });
  });

  it('is read tile by tile from where libvips put it, pixels as Pillow puts them together', async () => {
    const slide = await open('/a%20b/pic/info.json');
    expect(slide.info).toMatchObject({ format: 'iiif', formatLabel: `IIIF Image API ${version}`, mpp: undefined });
    expect(slide.info.levels.map(({ width, height }) => [width, height])).toEqual(levels.map(([w, h]) => [w, h]));
    for (const [level, [width, height, hash]] of levels.entries()) {
      const { data } = await readRegion(slide, { level, x: 0, y: 0, width: Number(width), height: Number(height) });
      expect(sha256(data)).toBe(hash);
    }
    // The "id" names another server: it is not asked.
    expect(server.requests.every((one) => one.startsWith('GET /a%20b/pic/'))).toBe(true);
  });

  it('fails by tile where one is missing, and at once where all are', async () => {
    const slide = await open('/a%20b/pic/info.json');
    for (const name of server.files.keys()) if (name.includes('256,256,')) server.files.delete(name);
    await expect(slide.readTile(0, 1, 1)).rejects.toThrow('the server has no such part of the picture');
    for (const name of server.files.keys()) if (name.endsWith('.jpg')) server.files.delete(name);
    await expect(open('/a%20b/pic/info.json')).rejects.toThrow('the server has no such part of the picture');
  });

  it('is refused without its server', async () => {
    const bytes = new Uint8Array(Buffer.from(files['info.json'], 'base64'));
    await expect(openSlide(singleFile(memorySource('info.json', bytes)))).rejects.toThrow(
      'a description without its server',
    );
  });
});

describe('an info.json', () => {
  const base = { '@context': 'http://iiif.io/api/image/3/context.json', width: 3000, height: 2000 };
  it('without tiles is for servers that make any part', () => {
    const info = parseInfo(JSON.stringify({ ...base, profile: 'level2' }));
    expect(info).toMatchObject({ version: 3, tileWidth: 512, tileHeight: 512, scaleFactors: [1, 2, 4, 8] });
    expect(tilePath(info, 1, 5, 3)).toBe('2560,1536,440,464/440,464/0/default.jpg');
    expect(tilePath(info, 8, 0, 0)).toBe('full/375,250/0/default.jpg');
    expect(tilePath({ ...info, version: 2 }, 8, 0, 0)).toBe('full/375,/0/default.jpg');
  });

  it('may say the size of a pixel', () => {
    const service = [
      { profile: 'http://iiif.io/api/annex/services/physdim', physicalScale: 0.0005, physicalUnits: 'mm' },
    ];
    expect(parseInfo(JSON.stringify({ ...base, service })).mpp).toEqual({ x: 0.5, y: 0.5, origin: 'vendor' });
    // A scan of a page, not of a slide.
    const page = [{ physicalScale: 0.0025, physicalUnits: 'in' }];
    expect(parseInfo(JSON.stringify({ ...base, service: page })).mpp).toBeUndefined();
  });

  it.each([
    [{ width: 0 }, 'width = 0'],
    [{ width: 1e300 }, 'width = 1e+300'],
    [{ height: 'many' }, 'height = "many"'],
    [{ tiles: [{ width: 100_000, scaleFactors: [1] }] }, 'width = 100000'],
    [{ tiles: [{ width: 256, scaleFactors: [2, 4] }] }, 'scaleFactors = [2,4]'],
    [{ tiles: [{ width: 256 }] }, 'scaleFactors = undefined'],
    [{ profile: 'level0' }, 'a picture that has no tiles'],
  ])('with %j is refused', (change, sentence) => {
    expect(() => parseInfo(JSON.stringify({ ...base, ...change }))).toThrow(sentence);
  });

  it('that is broken off is refused', () => {
    expect(() => parseInfo('{ "@context": "http://iiif.io/api/image/3/context.json", ')).toThrow(
      'nothing that can be read',
    );
  });
});

describe('Deep Zoom by address', () => {
  itWithShared('slides/dzi/cmu1-small.dzi', 'is the folder on disk', async () => {
    const folder = path.dirname(sharedPath('slides/dzi/cmu1-small.dzi') ?? '');
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      if (/\.\w+$/.test(name)) server.files.set(`/dz/${name}`, { bytes: readFileSync(path.join(folder, name)) });
    const slide = await open('/dz/cmu1-small.dzi');
    expect(slide.info).toMatchObject({ format: 'deep-zoom', width: 2220, height: 2967 });
    const { data } = await readRegion(slide, { level: 3, x: 0, y: 0, width: 278, height: 371 });
    // As deep-zoom.test.ts has it from the folder.
    expect(sha256(data)).toBe('da0616eb6a0efe712e4253888a40f3c5d4553344f73203524ad997b6c3e1930a');
  });

  it('without its tiles says so, and does not show an empty slide', async () => {
    const xml =
      '<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpg" Overlap="1" TileSize="254"><Size Width="900" Height="80"/></Image>';
    server.files.set('/dz/a.dzi', { bytes: new TextEncoder().encode(xml) });
    await expect(open('/dz/a.dzi')).rejects.toThrow('the server has no tiles beside the description');
    expect(server.requests.at(-1)).toBe('GET /dz/a_files/8/0_0.jpg');
  });

  it('comes whole from a server without ranges, because it is small', async () => {
    const xml =
      '<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpg" Overlap="0" TileSize="256"><Size Width="99" Height="80"/></Image>';
    server.meddle = (request, response) => {
      if (request.url !== '/a.dzi') return false;
      response.writeHead(200).end(xml);
      return true;
    };
    await expect(open('/a.dzi')).rejects.toThrow('a_files could not be read');
  });
});
