/** A model folder on disk as ModelFiles, for tests and scripts in Node. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../errors.ts';
import type { ModelFiles } from '../model/files.ts';
import { parseManifest } from '../model/manifest.ts';

/** The model in `folder`. @throws model/invalid */
export async function modelFolder(folder: string): Promise<ModelFiles> {
  const manifest = parseManifest(
    JSON.parse(await readFile(path.join(folder, 'manifest.json'), 'utf8')),
    'manifest.json',
  );
  return {
    manifest,
    async read(file) {
      const bytes = await readFile(path.join(folder, file)).catch(() => {
        throw new AppError({ code: 'model/missing-file', path: file });
      });
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    },
  };
}
