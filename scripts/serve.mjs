/** A small server for dist/: byte ranges, the page's own content security policy as a header, nothing else. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
  '.tiff': 'image/tiff',
  '.webmanifest': 'application/manifest+json',
};

/** Serves `folder` to this machine only; resolves to the address, or rejects when the port is taken. */
export async function serve(folder, port) {
  const page = await readFile(path.join(folder, 'index.html'), 'utf8');
  const policy = page.match(/http-equiv="Content-Security-Policy" content="([^"]+)"/)?.[1]?.replaceAll('&#39;', "'");
  // A worker loaded from a URL does not inherit the page's policy, so every file carries it; and only a header can say
  // who may frame the page. The workers that read slides may ask other servers, because a person may open a slide by its
  // address; the page itself may not.
  const isWorker = (wanted) => /\.worker-[^/]*\.js$/.test(wanted);
  const policyOf = (wanted) =>
    isWorker(wanted) ? policy?.replace("connect-src 'self'", "connect-src 'self' https: http:") : policy;
  const headersOf = (wanted) => ({
    ...(policy ? { 'Content-Security-Policy': `${policyOf(wanted)}; frame-ancestors 'none'` } : {}),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Accept-Ranges': 'bytes',
  });
  const headers = headersOf('');
  const listen = (host) =>
    new Promise((resolve, reject) => {
      const server = createServer((request, response) => {
        answer(request, response).catch(() => {
          if (!response.headersSent) response.writeHead(500, headers);
          response.end();
        });
      });
      server.once('error', reject);
      server.listen(port, host, resolve);
    });

  const answer = async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405, headers).end();
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    let wanted;
    try {
      wanted = path.normalize(decodeURIComponent(pathname));
    } catch {
      return void response.writeHead(400, headers).end();
    }
    const hidden = wanted.split(/[\\/]/).some((part) => part.startsWith('.'));
    const file = path.join(folder, wanted.endsWith(path.sep) ? path.join(wanted, 'index.html') : wanted);
    const facts = hidden || !file.startsWith(folder) ? undefined : await stat(file).catch(() => undefined);
    if (!facts?.isFile())
      return void response.writeHead(404, { ...headers, 'Content-Type': 'text/plain' }).end('Not found');

    const tag = `"${facts.size.toString(36)}-${Math.floor(facts.mtimeMs).toString(36)}"`;
    const all = {
      ...headersOf(wanted),
      'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      // Names under assets/ carry a hash of their content.
      'Cache-Control': wanted.startsWith(`${path.sep}assets${path.sep}`)
        ? 'public, max-age=31536000, immutable'
        : 'no-cache',
      ETag: tag,
    };
    if (request.headers['if-none-match'] === tag) return void response.writeHead(304, all).end();
    const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
    let [start, end] = [0, facts.size - 1];
    if (range && (range[1] || range[2])) {
      start = range[1] ? Number(range[1]) : Math.max(0, facts.size - Number(range[2]));
      end = range[1] && range[2] ? Math.min(Number(range[2]), facts.size - 1) : facts.size - 1;
      if (start > end) return void response.writeHead(416, { ...all, 'Content-Range': `bytes */${facts.size}` }).end();
      response.writeHead(206, {
        ...all,
        'Content-Range': `bytes ${start}-${end}/${facts.size}`,
        'Content-Length': end - start + 1,
      });
    } else response.writeHead(200, { ...all, 'Content-Length': facts.size });
    if (request.method === 'HEAD' || facts.size === 0) return void response.end();
    const stream = createReadStream(file, { start, end });
    stream.on('error', () => response.destroy());
    response.on('close', () => stream.destroy());
    stream.pipe(response);
  };

  // localhost means either; a machine without IPv6 has only the first.
  await listen('127.0.0.1');
  await listen('::1').catch((error) => {
    if (error.code === 'EADDRINUSE') throw error;
  });
  return `http://localhost:${port}`;
}
