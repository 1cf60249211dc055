/** A web server on this machine for the tests of remote slides: serves bytes by range, and misbehaves as told. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  readonly bytes: Uint8Array;
  readonly etag?: string;
  readonly modified?: string;
}

export interface FileServer {
  /** Without a slash at the end. */
  readonly address: string;
  readonly files: Map<string, Served>;
  /** "GET /path bytes=0-9" in the order of arrival. */
  readonly requests: string[];
  /** Bytes of bodies sent. */
  sentBytes: number;
  /** Answers instead of the server where it gives true. */
  meddle: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  close(): Promise<void>;
}

export async function startFileServer(): Promise<FileServer> {
  const files = new Map<string, Served>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').replace(/\?.*/, ''));
    made.requests.push([request.method, request.url, request.headers.range].filter(Boolean).join(' '));
    if (made.meddle?.(request, response)) return;
    const file = files.get(path);
    if (!file) return void response.writeHead(404).end();
    const { bytes, etag, modified } = file;
    const headers = {
      'Accept-Ranges': 'bytes',
      ...(etag === undefined ? {} : { ETag: etag }),
      ...(modified === undefined ? {} : { 'Last-Modified': modified }),
    };
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const start = range ? Number(range[1]) : 0;
    const end = range ? Math.min(Number(range[2]), bytes.length - 1) : bytes.length - 1;
    if (range && start > end)
      return void response.writeHead(416, { ...headers, 'Content-Range': `bytes */${bytes.length}` }).end();
    const body = bytes.subarray(start, end + 1);
    const isHead = request.method === 'HEAD';
    made.sentBytes += isHead ? 0 : body.length;
    if (range)
      response.writeHead(206, {
        ...headers,
        'Content-Range': `bytes ${start}-${end}/${bytes.length}`,
        'Content-Length': body.length,
      });
    else response.writeHead(200, { ...headers, 'Content-Length': body.length });
    response.end(isHead ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const made: FileServer = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files,
    requests: [],
    sentBytes: 0,
    meddle: undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return made;
}
