/** Models on disk: the folders of models/, or any folder with a manifest. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../errors.ts';
import type { ModelFiles } from '../model/files.ts';
import { parseManifest } from '../model/manifest.ts';
import { projectRoot } from './root.ts';

/** Ids of the models that ship, sorted. */
export async function listModels(folder = path.join(projectRoot(), 'models')): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(path.join(folder, entry.name, 'manifest.json')))
    .map((entry) => entry.name)
    .sort();
}

/**
 * A model by the name of its folder in models/, or by the path of a folder.
 * @throws model/unknown, model/invalid
 */
export async function openModel(idOrFolder: string): Promise<ModelFiles> {
  const shipped = path.join(projectRoot(), 'models', idOrFolder);
  const isName = /^[\w.-]+$/.test(idOrFolder);
  const folder = isName && existsSync(path.join(shipped, 'manifest.json')) ? shipped : path.resolve(idOrFolder);
  let text: string;
  try {
    text = await readFile(path.join(folder, 'manifest.json'), 'utf8');
  } catch (cause) {
    throw new AppError({ code: 'model/unknown', id: idOrFolder }, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AppError({ code: 'model/invalid', path: 'manifest.json', problem: 'it is not JSON' }, { cause });
  }
  const manifest = parseManifest(json, 'manifest.json');
  return {
    manifest,
    async read(name) {
      const file = path.resolve(folder, name);
      // A manifest must not reach out of its folder.
      if (!file.startsWith(folder + path.sep)) throw new AppError({ code: 'model/missing-file', path: name });
      try {
        const bytes = await readFile(file);
        return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
      } catch (cause) {
        throw new AppError({ code: 'model/missing-file', path: name }, { cause });
      }
    },
  };
}
