/** DICOM series on a DICOMweb server: the same slides as from their files, by few requests. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { onePart } from '../../testing/dicom-json.ts';
import { type DicomWebServer, openAddress, startDicomWebServer } from '../../testing/dicomweb-server.ts';
import golden from '../../testing/goldens/dicomweb.json' with { type: 'json' };
import { itWithShared, sharedPath } from '../../testing/shared-data.ts';
import { bytesSource } from '../../testing/synthetic-slide.ts';
import { dicomSeries } from '../../testing/written/dicom-series.ts';
import { parseDicomWeb } from '../dicom/web-service.ts';
import { openSlide } from '../open.ts';
import { readRegion } from '../region.ts';
import type { Slide } from '../slide.ts';

let server: DicomWebServer;
let written: Map<string, Uint8Array>;
beforeAll(async () => {
  server = await startDicomWebServer();
  written = await dicomSeries();
});
afterAll(() => server.close());
beforeEach(() => server.reset());

function fromFiles(files: ReadonlyMap<string, Uint8Array>): Promise<Slide> {
  const all = new Map([...files].map(([name, bytes]) => [name, bytesSource(bytes, name)]));
  const [main] = all.values();
  if (!main) throw new RangeError('no files');
  return openSlide({ main, find: (name) => all.get(name), list: () => [...all.keys()] });
}

/** Everything but what a slide is called, and every pixel of every level and image beside it. */
async function expectSame(remote: Slide, local: Slide): Promise<void> {
  const { id, name, format, formatLabel, ...facts } = remote.info;
  expect(local.info).toMatchObject(facts);
  expect(id).toMatch(/^[\da-f]{64}$/);
  expect([format, name]).toEqual(['dicomweb', facts.properties['dicom.SeriesInstanceUID']]);
  expect(formatLabel.replace('DICOMweb', 'DICOM whole slide')).toBe(local.info.formatLabel);
  expect(remote.colorProfile).toEqual(local.colorProfile);
  const same = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0;
  for (const { index: level, width, height } of local.info.levels) {
    const region = { level, x: 0, y: 0, width, height };
    const [over, here] = [await readRegion(remote, region), await readRegion(local, region)];
    expect(same(over.data, here.data), `level ${level}`).toBe(true);
  }
  for (const image of local.info.associated) {
    const [over, here] = [await remote.readAssociated(image), await local.readAssociated(image)];
    expect(same(over.data, here.data), image).toBe(true);
  }
}

const frameRequests = () => server.requests.filter((one) => one.includes('/frames/'));

describe('a series on a DICOMweb server', () => {
  it('is the series of files: levels, pixel size, label, overview, profile, every pixel', async () => {
    server.store(written.values());
    const remote = await openAddress(server.series());
    await expectSame(remote, await fromFiles(written));
    expect(remote.info).toMatchObject({ mpp: { x: 0.5, y: 0.5 }, objectivePower: 20, associated: ['label', 'macro'] });
    expect(remote.info.colorProfile).toEqual({ name: 'milscope test', problem: undefined });
    // Metadata once, each of the 13 frames once, nothing else.
    expect(server.requests.filter((one) => one.endsWith('/metadata'))).toHaveLength(1);
    expect(new Set(frameRequests()).size).toBe(13);
    expect(server.requests).toHaveLength(14);
  });

  it('is told of as pydicom tells of it', async () => {
    server.store(written.values());
    server.meddle = (request, response) => {
      if (!request.url?.endsWith('/metadata')) return false;
      response.writeHead(200, { 'Content-Type': 'application/dicom+json' });
      response.end(JSON.stringify(Object.values(golden.instances)));
      return true;
    };
    await expectSame(await openAddress(server.series()), await fromFiles(written));
  });

  it('opens by few and small parts', async () => {
    server.store(written.values());
    const remote = await openAddress(server.series());
    // The metadata, and the smallest frame.
    expect(server.requests).toHaveLength(2);
    server.sentBytes = 0;
    await remote.readTile(0, 1, 1);
    await remote.readTile(0, 1, 1);
    expect(frameRequests()).toHaveLength(2);
    expect(frameRequests()[1]).toMatch(/\.9999\.2\/frames\/1$/);
    expect(server.sentBytes).toBeLessThan((written.get('level-0-b.dcm')?.length ?? 0) / 3);
  });

  for (const [what, change] of [
    ['that sends frames alone', { frames: 'alone' }],
    ['that does not say how a frame is coded', { frames: 'unstated' }],
    ['that never says how a frame is coded', { frames: 'unstated', tellsSyntax: false }],
    ['that wants quotes', { needsQuotes: true }],
    ['that has no metadata of series', { hasSeriesMetadata: false }],
  ] as const)
    it(`a server ${what} gives the same slide`, async () => {
      Object.assign(server, change);
      server.store(written.values());
      await expectSame(await openAddress(server.series()), await fromFiles(written));
      expect(new Set(frameRequests()).size).toBe(13);
      // A form that is not understood is asked for once.
      expect(frameRequests().length).toBe('needsQuotes' in change ? 14 : 13);
    });

  it('a server that decodes sends the pixels that come out of its decoder', async () => {
    const local = await fromFiles(new Map([['level-1.dcm', written.get('level-1.dcm') ?? new Uint8Array()]]));
    server.store([written.get('level-1.dcm') ?? new Uint8Array()]);
    const pixels = new Uint8Array(128 * 96 * 3).map((_, i) => (i * 7) & 255);
    server.meddle = (request, response) => {
      if (!request.url?.includes('/frames/')) return false;
      response.writeHead(200, { 'Content-Type': 'multipart/related; boundary=x' });
      response.end(onePart('application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1', pixels, 'x'));
      return true;
    };
    const remote = await openAddress(server.series());
    expect(remote.info.formatLabel).toBe('DICOMweb, uncompressed');
    expect(remote.info.levels).toEqual(local.info.levels);
    const { data } = await readRegion(remote, { level: 0, x: 0, y: 0, width: 22, height: 1 });
    expect([...data]).toEqual([...pixels.subarray(0, 66)]);
  });

  it('frames are asked for six at a time, and not at all when nobody waits for them any more', async () => {
    server.store(written.values());
    const remote = await openAddress(server.series());
    let [open0, most] = [0, 0];
    server.meddle = (request, response) => {
      if (!request.url?.includes('/frames/')) return false;
      most = Math.max(most, ++open0);
      response.on('close', () => open0--);
      setTimeout(() => response.writeHead(404).end(), 50);
      return true;
    };
    const before = frameRequests().length;
    const controller = new AbortController();
    const all = [0, 1, 2].flatMap((row) => [0, 1, 2].map((col) => remote.readTile(0, col, row, controller.signal)));
    const ends = Promise.allSettled(all);
    await expect.poll(() => most).toBe(6);
    controller.abort();
    expect((await ends).every(({ status }) => status === 'rejected')).toBe(true);
    await expect.poll(() => open0).toBe(0);
    expect(frameRequests().length - before).toBe(6);
  });

  it('its profile may lie at an address of its own, below the service and nowhere else', async () => {
    const local = await fromFiles(written);
    const at = (place: string) => (number: string) => (number === '00282000' ? place : undefined);
    const bulk = '/pacs/dicom-web/instances/1.2.826.0.1.3680043.10.9999.1/bulk/00282000';
    // Also where the server knows itself by another name: the one that was given is asked.
    for (const place of [new URL(bulk, server.address).href, bulk, `http://inside.example.org:8042${bulk}`]) {
      server.instances.length = 0;
      server.requests.length = 0;
      server.store(written.values(), at(place));
      expect((await openAddress(server.series())).colorProfile).toEqual(local.colorProfile);
      expect(server.requests.filter((one) => one.includes('/bulk/'))).toHaveLength(1);
    }
    for (const place of [
      'https://example.org/profiles/1',
      '../../../../../../other',
      `${new URL(server.address).origin}/other/bulk`,
      'http://[',
    ]) {
      server.instances.length = 0;
      server.requests.length = 0;
      server.store(written.values(), at(place));
      const { info } = await openAddress(server.series());
      expect(info.colorProfile).toEqual({ name: 'unnamed', problem: 'it is no ICC profile' });
      expect(server.requests).toHaveLength(2);
    }
  });

  it('a server that stumbles is asked again', async () => {
    server.store(written.values());
    let failures = 0;
    server.meddle = (_, response) => {
      if (failures++ % 2 === 1) return false;
      response.writeHead(503).end();
      return true;
    };
    await expectSame(await openAddress(server.series()), await fromFiles(written));
  });
});

describe('an address of a DICOMweb service', () => {
  const path = (address: string) => {
    const found = parseDicomWeb(new URL(`https://example.org${address}`));
    return found && [found.root, found.study, found.series];
  };
  it.each([
    ['/dicom-web/studies/1.2/series/3.4', ['/dicom-web', '1.2', '3.4']],
    ['/studies/1.2/series/3.4/', ['', '1.2', '3.4']],
    ['/a/b/studies/1.2/series/3.4/metadata', ['/a/b', '1.2', '3.4']],
    ['/rs/studies/1.2/series/3.4/instances', ['/rs', '1.2', '3.4']],
    ['/rs/studies/1.2/series/3.4/instances/5.6/frames/1', ['/rs', '1.2', '3.4']],
    ['/rs/studies/1.2', ['/rs', '1.2', undefined]],
    ['/rs/studies/1.2/series', ['/rs', '1.2', undefined]],
    ['/dicomStores/a/dicomWeb', ['/dicomStores/a/dicomWeb', undefined, undefined]],
    ['/dicom-web/studies', ['/dicom-web', undefined, undefined]],
    ['/studies/12/slide.svs', undefined],
    ['/slides/rs.svs', undefined],
    ['/', undefined],
  ])('%s', (address, expected) => {
    expect(path(address)).toEqual(expected);
  });

  it.each(['', '/', '/metadata', '/instances'])('the series may end in "%s"', async (end) => {
    server.store(written.values());
    expect((await openAddress(server.series() + end)).info.width).toBe(300);
  });

  it('may be a study or the service with one slide; the key in its query goes with every request', async () => {
    server.store(written.values());
    const [study = ''] = server.series().split('/series');
    for (const address of [study, `${server.address}/studies`, server.address]) {
      server.requests.length = 0;
      expect((await openAddress(`${address}?key=1`)).info.width).toBe(300);
      expect(server.requests[0]).toMatch(/series\?key=1&Modality=SM$/);
      expect(server.requests.slice(1).every((one) => one.endsWith('?key=1'))).toBe(true);
    }
  });

  it('with several slides lists their addresses, and with none says so', async () => {
    server.store(written.values());
    const [first] = server.instances;
    if (!first) throw new Error('nothing stored');
    server.instances.push({
      ...first,
      series: '7.8',
      json: { ...first.json, '0020000E': { vr: 'UI', Value: ['7.8'] } },
    });
    await expect(openAddress(server.address)).rejects.toMatchObject({ info: { code: 'usage' } });
    await expect(openAddress(server.address)).rejects.toThrow(
      new RegExp(`has 2 slides.*${server.series()} , .*/studies/${first.study}/series/7.8 \\.$`),
    );
    await expect(openAddress(`${server.address}/studies/1.2`)).rejects.toThrow(
      'Study 1.2 could not be read: the server has no slide (modality SM) there.',
    );
  });
});

/** Of real series: the folder of each, its files, and how many frames they have together. */
const REAL = [
  ['jcupitt-cmu-1-small-region', /./, 52],
  ['BPAEC', /_0$|^2$/, 58],
  ['highdicom', /^sm_image_jpegls/, 25],
  ['highdicom', /^sm_image_grayscale/, 25],
] as const;

function realFiles(folder: string, isPart: RegExp): Map<string, Uint8Array> {
  const place = sharedPath(`slides/dicom/${folder}`) ?? '';
  const names = readdirSync(place).filter((name) => isPart.test(name));
  return new Map(names.map((name) => [name, new Uint8Array(readFileSync(path.join(place, name)))]));
}

describe('real series', () => {
  for (const [folder, isPart, frames] of REAL)
    itWithShared(`slides/dicom/${folder}`, `${folder} ${isPart.source}, every pixel as from its files`, async () => {
      const files = realFiles(folder, isPart);
      server.store(files.values());
      await expectSame(await openAddress(server.series()), await fromFiles(files));
      expect(new Set(frameRequests()).size).toBe(frames);
      expect(server.requests).toHaveLength(1 + frames);
    });
});

/**
 * A server that others wrote: MILSCOPE_ORTHANC=http://localhost:8042, an Orthanc with its DICOMweb plugin at /dicom-web and
 * nothing in it that is missed (Debian: orthanc, orthanc-dicomweb). The tests put slides there.
 */
describe('on Orthanc', () => {
  const orthanc = process.env.MILSCOPE_ORTHANC;
  if (!orthanc) {
    it.skip('series are as from their files (skipped: MILSCOPE_ORTHANC names no server)', () => {});
    return;
  }
  const expectSameThere = async (files: ReadonlyMap<string, Uint8Array>) => {
    for (const body of files.values()) {
      const { ok } = await fetch(`${orthanc}/instances`, { method: 'POST', body: body.slice() });
      expect(ok).toBe(true);
    }
    server.store(files.values());
    const [first] = server.instances;
    const remote = await openAddress(`${orthanc}/dicom-web/studies/${first?.study}/series/${first?.series}`);
    await expectSame(remote, await fromFiles(files));
  };
  it('the written series is as from its files', () => expectSameThere(written));
  for (const [folder, isPart] of REAL)
    itWithShared(`slides/dicom/${folder}`, `${folder} ${isPart.source} is as from its files`, () =>
      expectSameThere(realFiles(folder, isPart)),
    );
});
