/** The files of a model, and the one place where their hashes are checked. */
import { AppError } from '../errors.ts';
import type { ModelManifest } from './manifest.ts';

/** A model folder, wherever it lies: bundled with the page, on disk, or imported by the user. */
export interface ModelFiles {
  readonly manifest: ModelManifest;
  /** All bytes of one file of the folder. @throws model/missing-file */
  read(path: string): Promise<ArrayBuffer>;
}

/**
 * All bytes of one file that the manifest names, after its length and sha256 were found right.
 * @throws model/missing-file, model/integrity
 */
export async function readModelFile(files: ModelFiles, path: string, signal?: AbortSignal): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const entry = files.manifest.files.find((file) => file.path === path);
  if (!entry) throw new AppError({ code: 'model/missing-file', path });
  const buffer = await files.read(path);
  signal?.throwIfAborted();
  const actual = await sha256Hex(new Uint8Array(buffer));
  signal?.throwIfAborted();
  if (buffer.byteLength !== entry.bytes || actual !== entry.sha256) {
    throw new AppError({ code: 'model/integrity', path, expected: entry.sha256, actual });
  }
  return new Uint8Array(buffer);
}

/** sha256 of the bytes, lower-case hex. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
