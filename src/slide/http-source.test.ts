/** Slides by address: as the same slide on disk, by parts, and with a sentence for every server that cannot. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FileServer, startFileServer } from '../testing/file-server.ts';
import { syntheticSlideBytes } from '../testing/synthetic-slide.ts';
import { nameOfUrl, parseAddress } from './address.ts';
import { HTTP_LIMITS } from './http-request.ts';
import { httpSource, memorySource } from './http-source.ts';
import { openSlide, singleFile } from './open.ts';
import { readRegion } from './region.ts';
import { remoteFiles } from './remote-files.ts';

let server: FileServer;
beforeAll(async () => {
  server = await startFileServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.files.clear();
  server.requests.length = 0;
  server.sentBytes = 0;
  server.meddle = undefined;
});

const QUICK = { ...HTTP_LIMITS, waitsMs: [5, 5] };
const noise = (length: number) => {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 2654435761) >>> 24;
  return bytes;
};
const MB = 2 ** 20;
/** Quicker by far than comparing millions of elements one by one. */
const same = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0;

/** Puts bytes on the server and opens them there. */
async function opened(bytes: Uint8Array, limits = QUICK, more: { etag?: string; modified?: string } = {}) {
  server.files.set('/slide.bin', { bytes, ...more });
  return httpSource(`${server.address}/slide.bin`, undefined, limits);
}

describe('what is read', () => {
  it('is what lies there, wherever the range begins and ends', async () => {
    const bytes = noise(3 * MB + 17);
    const source = await opened(bytes);
    expect(source).toMatchObject({ name: 'slide.bin', sizeBytes: bytes.length });
    for (const [offset, length] of [
      [0, 10],
      [65530, 12],
      [65536, 65536],
      [131071, 300_000],
      [bytes.length - 5, 5],
      [bytes.length, 0],
      [1000, 2 * MB],
    ] as const)
      expect(same(await source.read(offset, length), bytes.subarray(offset, offset + length)), `${offset}`).toBe(true);
  });

  it('comes by parts: neighbours in one request, what was read not again, long reads not kept', async () => {
    const bytes = noise(12 * MB);
    const source = await opened(bytes);
    await Promise.all([source.read(2 * MB, 10), source.read(2 * MB + 20_000, 10), source.read(2 * MB + 40_000, 10)]);
    expect(server.requests).toHaveLength(2);
    await source.read(2 * MB + 1000, 1000);
    expect(server.requests).toHaveLength(2);
    expect(server.sentBytes).toBe(2 * 65536);
    await source.read(4 * MB, 6 * MB);
    expect(server.requests.at(-1)).toBe(`GET /slide.bin bytes=${4 * MB}-${10 * MB - 1}`);
    expect(server.requests).toHaveLength(3);
  });

  it('is fetched ahead for a reader that goes on and on, and only then', async () => {
    const source = await opened(noise(8 * MB));
    for (let at = 0; at < 4 * MB; at += 10_000) await source.read(at, 10_000);
    expect(server.requests.length).toBeLessThan(12);
    server.requests.length = 0;
    await source.read(7 * MB, 10);
    expect(server.requests).toEqual([`GET /slide.bin bytes=${7 * MB}-${7 * MB + 65535}`]);
  });

  it('is kept within its bytes', async () => {
    const source = await opened(noise(10 * MB), { ...QUICK, cacheBytes: 2 * MB });
    for (let at = 0; at < 10 * MB; at += 65536 * 2) await source.read(at, 10);
    server.requests.length = 0;
    await source.read(0, 10);
    expect(server.requests).toHaveLength(1);
    await source.read(10 * MB - 10, 5);
    expect(server.requests).toHaveLength(2);
    await source.read(10 * MB - 65536 * 2, 5);
    expect(server.requests).toHaveLength(2);
  });

  it('is refused past the end, without a request', async () => {
    const source = await opened(noise(1000));
    await expect(source.read(990, 20)).rejects.toMatchObject({ info: { code: 'slide/read-failed' } });
    expect(server.requests).toHaveLength(1);
  });

  it('is no longer waited for when it is not wanted', async () => {
    const source = await opened(noise(MB));
    server.meddle = () => true;
    const controller = new AbortController();
    const reading = source.read(500_000, 10, controller.signal);
    setTimeout(() => controller.abort(), 20);
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a server', () => {
  const reasonOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (one: { info?: { reason?: string } }) => one,
    );
    return error?.info?.reason ?? `no sentence: ${String(error)}`;
  };

  it('that stumbles is asked again', async () => {
    const bytes = noise(MB);
    const source = await opened(bytes);
    let stumbles = 0;
    server.meddle = (_, response) => {
      if (stumbles++ === 0) response.writeHead(503).end();
      else if (stumbles === 2) response.destroy();
      else return false;
      return true;
    };
    expect(await source.read(300_000, 100)).toEqual(bytes.subarray(300_000, 300_100));
    expect(stumbles).toBe(3);
  });

  it('that breaks off in the middle of a part is asked again, and nothing is made up', async () => {
    const bytes = noise(MB);
    const source = await opened(bytes);
    let breaks = 0;
    server.meddle = (request, response) => {
      if (breaks++ > 0) return false;
      const [, start] = /bytes=(\d+)/.exec(request.headers.range ?? '') ?? [];
      response.writeHead(206, { 'Content-Range': `bytes ${start}-${Number(start) + 65535}/${bytes.length}` });
      response.end(bytes.subarray(Number(start), Number(start) + 1000));
      return true;
    };
    expect(await source.read(600_000, 5000)).toEqual(bytes.subarray(600_000, 605_000));
  });

  it('that stays away is said to, and asked afresh by the next read', async () => {
    const bytes = noise(MB);
    const source = await opened(bytes);
    server.meddle = (_, response) => {
      response.writeHead(503).end();
      return true;
    };
    expect(await reasonOf(source.read(300_000, 10))).toBe('the server answered 503, 3 times');
    server.meddle = undefined;
    expect(await source.read(300_000, 10)).toEqual(bytes.subarray(300_000, 300_010));
  });

  it('that is silent is given up', async () => {
    const source = await opened(noise(MB), { ...QUICK, attemptMs: 40 });
    server.meddle = () => true;
    expect(await reasonOf(source.read(300_000, 10))).toBe('the server did not answer for 0 s, 3 times');
  });

  it.each([
    [401, 'the server asks for a login (401)'],
    [403, 'the server does not allow it (403)'],
    [404, 'the server has no such file (404)'],
    [418, 'the server answered (418)'],
  ])('that answers %i is asked once', async (status, reason) => {
    server.meddle = (_, response) => {
      response.writeHead(status).end();
      return true;
    };
    expect(await reasonOf(httpSource(`${server.address}/slide.bin`, undefined, QUICK))).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it('that is not there is said to be', async () => {
    const gone = await startFileServer();
    await gone.close();
    expect(await reasonOf(httpSource(`${gone.address}/x.svs`, undefined, QUICK))).toBe(
      'the connection broke off, 3 times',
    );
  });

  it('without ranges is named with the header it lacks, and not drained', async () => {
    const bytes = new Uint8Array(64 * MB);
    let sent = 0;
    server.meddle = (_, response) => {
      response.writeHead(200);
      const more = () => {
        while (sent < bytes.length) {
          const part = bytes.subarray(sent, sent + 65536);
          sent += part.length;
          if (!response.write(part)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
      return true;
    };
    const host = new URL(server.address).host;
    expect(await reasonOf(httpSource(`${server.address}/slide.bin`, undefined, QUICK))).toBe(
      `${host} cannot send parts of a file (it lacks the header Accept-Ranges: bytes), and a whole slide is never downloaded`,
    );
    expect(sent).toBeLessThan(16 * MB);
  });

  it('that hides the size is named with the header it lacks', async () => {
    server.meddle = (_, response) => {
      response.writeHead(206).end(noise(100));
      return true;
    };
    expect(await reasonOf(httpSource(`${server.address}/slide.bin`, undefined, QUICK))).toMatch(
      /lacks the header Access-Control-Expose-Headers: Content-Range/,
    );
  });

  it.each([
    ['another ETag', { etag: '"b"' }, 0],
    ['another date', { modified: 'Tue, 02 Jan 2024 00:00:00 GMT' }, 0],
    ['another size', {}, 10],
  ])('whose file has %s than when it was opened says so', async (_, change, more) => {
    const first = { etag: '"a"', modified: 'Mon, 01 Jan 2024 00:00:00 GMT' };
    const source = await opened(noise(MB), QUICK, first);
    server.files.set('/slide.bin', { bytes: noise(MB + more), ...first, ...change });
    expect(await reasonOf(source.read(500_000, 10))).toBe('it changed on the server while it was open');
    expect(server.requests).toHaveLength(2);
  });
});

describe('a slide by address', () => {
  it('is the slide on disk, by few and small parts', async () => {
    const paint = (x: number, y: number) => [(x * y) % 256, (x * 7 + y) % 256, (x ^ y) % 256] as const;
    const bytes = await syntheticSlideBytes({
      width: 2048,
      height: 2048,
      downsamples: [1, 4],
      compression: 'none',
      paint,
    });
    server.files.set('/my slide.tif', { bytes });
    const remote = await openSlide(await remoteFiles(`${server.address}/my%20slide.tif?key=1`));
    const local = await openSlide(singleFile(memorySource('my slide.tif', bytes)));
    expect(remote.info).toEqual(local.info);
    const region = { level: 0, x: 500, y: 300, width: 300, height: 300 };
    server.sentBytes = 0;
    const [over, here] = [await readRegion(remote, region), await readRegion(local, region)];
    expect(same(over.data, here.data)).toBe(true);
    expect(server.sentBytes).toBeGreaterThan(0);
    expect(server.sentBytes).toBeLessThan(bytes.length / 4);
    expect(server.requests.every((one) => one.includes('?key=1 bytes='))).toBe(true);
  });

  it('has a name, and only the web has addresses', () => {
    expect(nameOfUrl('https://example.org/a/CMU%201.svs?x=1')).toBe('CMU 1.svs');
    expect(nameOfUrl('https://example.org/')).toBe('example.org');
    for (const bad of ['', 'slide.svs', 'file:///etc/passwd', 'javascript:alert(1)', 'data:,x'])
      expect(() => parseAddress(bad)).toThrow('is not a web address');
  });
});
