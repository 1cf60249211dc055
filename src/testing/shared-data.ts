/** The shared test data beside the checkout, which is not part of it. */
import { existsSync, openAsBlob } from 'node:fs';
import path from 'node:path';
import { it } from 'vitest';
import { blobSource } from '../slide/blob-source.ts';
import type { ByteSource } from '../slide/slide.ts';

const root = process.env.MILSCOPE_DATA ?? path.resolve(import.meta.dirname, '../../../shared/data');

/** Absolute path of a shared file, or undefined where it is absent. */
export function sharedPath(relative: string): string | undefined {
  const file = path.join(root, relative);
  return existsSync(file) ? file : undefined;
}

/** A shared file (under 2 GiB) as a ByteSource. */
export async function sharedSource(relative: string): Promise<ByteSource> {
  return blobSource(await openAsBlob(path.join(root, relative)), path.basename(relative));
}

/** A test of one shared file; skipped with the reason in its title where the file is absent. */
export function itWithShared(relative: string, title: string, test: () => Promise<void>): void {
  if (sharedPath(relative)) it(title, test);
  else it.skip(`${title} (skipped: shared data ${relative} is not here)`, () => {});
}
