/** What the first view loads: the page, and every script and style it names or imports at once; sizes after gzip. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from './project.mjs';

/** Bytes after gzip that the first view may take. Workers, models and wasm come later, when a slide is dropped. */
export const FIRST_VIEW_BUDGET = 250 * 1024;

/** Files of the built page's first view with their gzipped size in bytes. */
export function firstViewFiles() {
  const dist = path.join(root, 'dist');
  const seen = new Map();
  const add = (name) => {
    if (seen.has(name)) return;
    const bytes = readFileSync(path.join(dist, name));
    seen.set(name, gzipSync(bytes, { level: 9 }).length);
    if (!name.endsWith('.js')) return;
    for (const [, target] of bytes.toString('utf8').matchAll(/(?:\bfrom|^import|[;}]import)\s*"(\.[^"]+\.js)"/g)) {
      add(path.posix.join(path.posix.dirname(name), target));
    }
  };
  add('index.html');
  const html = readFileSync(path.join(dist, 'index.html'), 'utf8');
  for (const [, address] of html.matchAll(/(?:src|href)="\.?\/?(assets\/[^"]+\.(?:js|css))"/g)) add(address);
  return [...seen].map(([name, bytes]) => ({ name, bytes }));
}

export function firstViewBytes() {
  return firstViewFiles().reduce((sum, { bytes }) => sum + bytes, 0);
}
