/** Runs before every unit test file: gives the core, which knows no file system, its wasm binaries. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { provideWasm } from '../slide/codecs/wasm.ts';

const require = createRequire(import.meta.url);
provideWasm(async (path) => {
  const bytes = await readFile(require.resolve(path));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
});
