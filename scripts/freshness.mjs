/** Whether a thing that was made still fits what it was made from: a stamp of paths, sizes and times lies beside it. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './project.mjs';

function* filesUnder(relative) {
  const absolute = path.join(root, relative);
  if (!existsSync(absolute)) return;
  if (!statSync(absolute).isDirectory()) {
    yield relative;
    return;
  }
  for (const name of readdirSync(absolute).sort()) yield* filesUnder(path.join(relative, name));
}

function stampOf(sources, key) {
  const hash = createHash('sha256').update(`${process.versions.node}${key}`);
  for (const file of sources.flatMap((source) => [...filesUnder(source)])) {
    if (/\.test\.tsx?$/.test(file)) continue;
    const { size, mtimeMs } = statSync(path.join(root, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/**
 * Calls `make` unless `product` exists and nothing in `sources` (files or folders), nor `key`, changed since it was last made.
 * Resolves to whether it was made now.
 */
export async function makeIfStale({ product, stamp, sources, key = '', make }) {
  const stampFile = path.join(root, stamp);
  const wanted = stampOf(sources, key);
  const isFresh =
    existsSync(path.join(root, product)) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted;
  if (isFresh) return false;
  // A half-made product must not pass for a whole one.
  rmSync(stampFile, { force: true });
  await make();
  mkdirSync(path.dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, wanted);
  return true;
}
