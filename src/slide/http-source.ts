/**
 * Byte ranges of a file on a server: read as they are asked for, never the whole. What was read is kept in blocks, bounded
 * in bytes; a request that fails in passing is made again; a file that changes in between is an error.
 *
 * @see RFC 9110 sections 8.8 (validators), 14 (range requests); Fetch Standard, "CORS protocol"
 */

import { nameOfUrl } from './address.ts';
import { isByteRange } from './byte-range.ts';
import {
  ask,
  askFirst,
  attempt,
  HTTP_LIMITS,
  type HttpLimits,
  Passing,
  readAtMost,
  readFailed,
  refused,
  unlessAborted,
} from './http-request.ts';
import type { ByteSource } from './slide.ts';

/** Small enough for a tile, large enough that a header is one request. */
const BLOCK_BYTES = 64 * 1024;
/** Most blocks of one request, when they are asked for or when a reader goes on and on. */
const RUN_BLOCKS = 16;
/** A longer read (a strip, a whole plain image) is one request of its own and not kept. */
const DIRECT_BYTES = 4 * 2 ** 20;
/** A description (Deep Zoom, IIIF) may come whole from a server that knows no ranges; a slide may not. */
const SMALL_BYTES = 2 ** 20;

/**
 * A ByteSource over an address. Reads its first 64 KiB, and from then on what is asked for.
 * @throws slide/read-failed with the header that the server lacks, its answer, or what became of the connection
 */
export async function httpSource(
  url: string,
  signal?: AbortSignal,
  limits: HttpLimits = HTTP_LIMITS,
): Promise<ByteSource> {
  const name = nameOfUrl(url);
  const failed = (reason: string, cause?: unknown) => readFailed(name, reason, cause);
  const opened = await attempt(name, signal, limits, async (stop) => {
    const response = await askFirst(url, name, { Range: `bytes=0-${BLOCK_BYTES - 1}` }, stop);
    if (response.status === 416) throw failed('it is empty');
    if (response.status !== 200 && response.status !== 206) throw refused(name, response);
    // A server without ranges sends everything: more than a description is not taken.
    const most = response.status === 200 ? SMALL_BYTES : BLOCK_BYTES;
    const bytes = await readAtMost(response, most);
    return { response, bytes };
  });
  const { response, bytes } = opened;
  if (response.status === 200) {
    if (bytes === undefined)
      throw failed(
        `${new URL(url).host} cannot send parts of a file (it lacks the header Accept-Ranges: bytes), and a whole slide is never downloaded`,
      );
    return memorySource(name, bytes);
  }
  const range = contentRange(response);
  if (range === undefined)
    throw failed(
      `${new URL(url).host} does not say how large it is (it lacks the header Access-Control-Expose-Headers: Content-Range)`,
    );
  if (bytes?.length !== Math.min(BLOCK_BYTES, range.total))
    throw failed('the server sent another part than was asked for');
  return blockSource(url, name, range.total, validatorsOf(response), bytes, limits);
}

/**
 * The whole of a small file. Undefined where the server has none (404).
 * @throws slide/read-failed, also past `maxBytes`
 */
export async function fetchSmall(
  url: string,
  maxBytes: number,
  signal?: AbortSignal,
  limits: HttpLimits = HTTP_LIMITS,
): Promise<Uint8Array | undefined> {
  const name = nameOfUrl(url);
  return attempt(name, signal, limits, async (stop) => {
    const response = await ask(url, {}, stop);
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    if (response.status !== 200) throw refused(name, response);
    const bytes = await readAtMost(response, maxBytes);
    if (bytes === undefined) throw readFailed(name, `it is larger than ${maxBytes} bytes`);
    return bytes;
  });
}

/** Bytes that are there already. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      if (!isByteRange(offset, length, bytes.length))
        throw readFailed(name, `there are no bytes ${offset} to ${offset + length}`);
      return bytes.slice(offset, offset + length);
    },
  };
}

interface Validators {
  readonly etag: string | null;
  readonly modified: string | null;
}

function blockSource(
  url: string,
  name: string,
  sizeBytes: number,
  validators: Validators,
  firstBlock: Uint8Array,
  limits: HttpLimits,
): ByteSource {
  // The first key is the block used longest ago.
  const blocks = new Map<number, Promise<Uint8Array>>([[0, Promise.resolve(firstBlock)]]);
  const blockCount = Math.ceil(sizeBytes / BLOCK_BYTES);
  const mostBlocks = Math.max(2 * RUN_BLOCKS, Math.floor(limits.cacheBytes / BLOCK_BYTES));
  /** Where the request before ended, and how far the next one looks ahead if it goes on there. */
  let lastEnd = 1;
  let ahead = 0;

  const fetchRange = (offset: number, length: number, signal?: AbortSignal) =>
    attempt(name, signal, limits, async (stop) => {
      const response = await ask(url, { Range: `bytes=${offset}-${offset + length - 1}` }, stop);
      const now = validatorsOf(response);
      const isOther = (one: string | null, other: string | null) => one !== null && other !== null && one !== other;
      if (
        response.status === 416 ||
        isOther(now.etag, validators.etag) ||
        isOther(now.modified, validators.modified) ||
        (response.status === 206 && contentRange(response)?.total !== sizeBytes)
      ) {
        await response.body?.cancel();
        throw readFailed(name, 'it changed on the server while it was open');
      }
      if (response.status !== 206) throw refused(name, response);
      const bytes = await readAtMost(response, length);
      // A connection that ends early gives fewer bytes and no error.
      if (bytes?.length !== length) throw new Passing('the connection broke off');
      return bytes;
    });

  const touch = (index: number): Promise<Uint8Array> | undefined => {
    const block = blocks.get(index);
    if (block === undefined) return undefined;
    blocks.delete(index);
    blocks.set(index, block);
    return block;
  };

  /** One request for blocks that lie together; each reader waits for its own part of it. */
  const fetchRun = (first: number, count: number): void => {
    const offset = first * BLOCK_BYTES;
    const run = fetchRange(offset, Math.min(count * BLOCK_BYTES, sizeBytes - offset));
    for (let i = 0; i < count; i++) {
      const block = run.then((bytes) => bytes.slice(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES));
      block.catch(() => {
        if (blocks.get(first + i) === block) blocks.delete(first + i);
      });
      blocks.set(first + i, block);
    }
    for (const oldest of blocks.keys()) {
      if (blocks.size <= mostBlocks) break;
      blocks.delete(oldest);
    }
  };

  const request = (first: number, last: number): Promise<Uint8Array>[] => {
    for (let at = first; at <= last; ) {
      if (touch(at) !== undefined) {
        at++;
        continue;
      }
      let end = at + 1;
      while (end <= last && end - at < RUN_BLOCKS && !blocks.has(end)) end++;
      // A reader that goes on where the last request ended gets more each time.
      ahead = at === lastEnd ? Math.min(RUN_BLOCKS, 2 * ahead + 1) : 0;
      const wanted = Math.min(blockCount, at + Math.min(RUN_BLOCKS, end - at + ahead));
      while (end < wanted && !blocks.has(end)) end++;
      fetchRun(at, end - at);
      lastEnd = end;
      at = end;
    }
    const parts: Promise<Uint8Array>[] = [];
    for (let at = first; at <= last; at++)
      parts.push(blocks.get(at) ?? Promise.reject(readFailed(name, 'it was dropped from memory; try again')));
    return parts;
  };

  return {
    name,
    sizeBytes,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      if (!isByteRange(offset, length, sizeBytes))
        throw readFailed(name, `bytes ${offset} to ${offset + length} were asked for and it has ${sizeBytes}`);
      if (length === 0) return new Uint8Array();
      if (length > DIRECT_BYTES) return fetchRange(offset, length, signal);
      const first = Math.floor(offset / BLOCK_BYTES);
      const last = Math.floor((offset + length - 1) / BLOCK_BYTES);
      // What was begun is finished for the next reader, who is often close by; only this one stops waiting.
      const parts = await unlessAborted(Promise.all(request(first, last)), signal);
      const out = new Uint8Array(length);
      for (const [i, part] of parts.entries()) {
        const start = (first + i) * BLOCK_BYTES;
        const from = Math.max(0, offset - start);
        out.set(part.subarray(from, Math.min(part.length, offset + length - start)), start + from - offset);
      }
      return out;
    },
  };
}

function validatorsOf({ headers }: Response): Validators {
  return { etag: headers.get('etag'), modified: headers.get('last-modified') };
}

function contentRange({ headers }: Response): { readonly total: number } | undefined {
  const match = /^bytes \d+-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '');
  return match ? { total: Number(match[1]) } : undefined;
}
