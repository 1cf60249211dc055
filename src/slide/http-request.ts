/**
 * One request to another server, bounded in time and bytes: made again when it fails in passing, without cookies, and with
 * a sentence that names what the server lacks.
 *
 * @see RFC 9110 section 15 (status codes); Fetch Standard, "CORS protocol"
 */
import { AppError, isAbort } from '../errors.ts';

export interface HttpLimits {
  /** One attempt; all attempts together end before a worker that waits for them is taken for hung. */
  readonly attemptMs: number;
  /** Waits before the second, third, ... attempt. */
  readonly waitsMs: readonly number[];
  /** Of blocks kept, bytes. */
  readonly cacheBytes: number;
}

export const HTTP_LIMITS: HttpLimits = { attemptMs: 15_000, waitsMs: [250, 1_000], cacheBytes: 32 * 2 ** 20 };

/** A failure that the next attempt may not meet. */
export class Passing extends Error {
  override readonly name = 'Passing';
}

export function readFailed(name: string, reason: string, cause?: unknown): AppError {
  return new AppError({ code: 'slide/read-failed', name, reason }, cause === undefined ? undefined : { cause });
}

/** Answers that mean "later". */
const PASSING_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export function refused(name: string, response: Response): Error {
  void response.body?.cancel();
  const { status } = response;
  if (PASSING_STATUS.has(status)) return new Passing(`the server answered ${status}`);
  const words: Readonly<Record<number, string>> = {
    401: 'the server asks for a login',
    403: 'the server does not allow it',
    404: 'the server has no such file',
    406: 'the server sends it in no form that milscope asks for',
    410: 'the server has it no longer',
  };
  return readFailed(name, `${words[status] ?? 'the server answered'} (${status})`);
}

/** Runs `once` again after failures in passing. @throws slide/read-failed, AbortError */
export async function attempt<T>(
  name: string,
  signal: AbortSignal | undefined,
  { attemptMs, waitsMs }: HttpLimits,
  once: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted();
    const timeout = AbortSignal.timeout(attemptMs);
    try {
      return await once(signal ? AbortSignal.any([signal, timeout]) : timeout);
    } catch (error) {
      signal?.throwIfAborted();
      const isLate = timeout.aborted || isAbort(error);
      if (error instanceof AppError) throw error;
      const reason = isLate
        ? `the server did not answer for ${Math.round(attemptMs / 1000)} s`
        : error instanceof Passing
          ? error.message
          : 'the connection broke off';
      const wait = waitsMs[tries];
      if (wait === undefined) throw readFailed(name, `${reason}, ${tries + 1} times`, error);
      await unlessAborted(new Promise((resolve) => setTimeout(resolve, wait)), signal);
    }
  }
}

/** One request: no cookies, no address of ours, and no copy in the browser's own cache. */
const PRIVATE = { credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store' } as const;

export function ask(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
  redirect: RequestRedirect = 'follow',
): Promise<Response> {
  return fetch(url, { ...PRIVATE, headers, signal, redirect });
}

interface FirstRequest {
  readonly redirect?: RequestRedirect;
  /** The header that a server lacks which answers and may not be read. */
  readonly lacking?: string;
}

/** The first request. A browser does not say that it may not; one whose answer nobody can read tells the cases apart. */
export async function askFirst(
  url: string,
  name: string,
  headers: Record<string, string>,
  signal: AbortSignal,
  { redirect = 'follow', lacking = 'Access-Control-Allow-Origin' }: FirstRequest = {},
): Promise<Response> {
  try {
    return await ask(url, headers, signal, redirect);
  } catch (error) {
    signal.throwIfAborted();
    // Node, which may ask everybody, states the cause.
    const isMute = error instanceof Error && error.cause === undefined;
    const isThere =
      isMute &&
      (await fetch(url, { ...PRIVATE, signal, method: 'HEAD', mode: 'no-cors' }).then(
        ({ type }) => type === 'opaque',
        () => false,
      ));
    signal.throwIfAborted();
    if (!isThere) throw error;
    const reason = `${new URL(url).host} does not allow other pages to read it (it lacks the header ${lacking})`;
    throw readFailed(name, reason, error);
  }
}

/** The body, or undefined past the limit: then the rest is not taken from the network. */
export async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array | undefined> {
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array();
  if (response.status === 200 && Number(response.headers.get('content-length') ?? 0) > maxBytes) {
    await reader.cancel();
    return undefined;
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      return undefined;
    }
    parts.push(value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export interface Question {
  /** What is asked for, in errors. */
  readonly name: string;
  readonly accept: string;
  readonly maxBytes: number;
  /** Answers besides 200 that are no failure; they come back without their bytes. */
  readonly expected: readonly number[];
  /** True where nothing was read of this kind before: then it is found out whether the server forbids it to pages. */
  readonly isFirst: boolean;
}

export interface Answer {
  readonly status: number;
  /** '' where the server does not say. */
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/**
 * One whole answer in the form that is asked for, from this address only: a server that sends on to another is refused.
 * @throws slide/read-failed, also past `maxBytes`
 */
export async function fetchAnswer(
  url: string,
  { name, accept, maxBytes, expected, isFirst }: Question,
  signal: AbortSignal | undefined,
  limits: HttpLimits,
): Promise<Answer> {
  // A form with quotes in it is asked for after a request for permission. @see Fetch Standard, "CORS-unsafe request-header byte"
  const lacking = accept.includes('"') ? 'Access-Control-Allow-Headers: Accept' : 'Access-Control-Allow-Origin';
  return attempt(name, signal, limits, async (stop) => {
    const headers = { Accept: accept };
    const response = isFirst
      ? await askFirst(url, name, headers, stop, { redirect: 'manual', lacking })
      : await ask(url, headers, stop, 'manual');
    const contentType = response.headers.get('content-type') ?? '';
    const { status } = response;
    if (expected.includes(status)) {
      await response.body?.cancel();
      return { status, contentType, bytes: new Uint8Array() };
    }
    if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
      await response.body?.cancel();
      throw readFailed(name, 'the server sends on to another address, which nobody chose: give that one instead');
    }
    if (status !== 200) throw refused(name, response);
    const bytes = await readAtMost(response, maxBytes);
    if (bytes === undefined) throw readFailed(name, `the server sent more than ${maxBytes} bytes for it`);
    return { status, contentType, bytes };
  });
}

/** Rejects at once on abort; what was begun runs on. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
