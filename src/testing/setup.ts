/** Runs before every unit test file: gives the core, which knows no file system, its wasm binaries. */
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { provideWasm } from '../slide/codecs/wasm.ts';

const require = createRequire(import.meta.url);
provideWasm(async (path) => {
  const bytes = await readFile(require.resolve(path));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
});

// Every tile of a batch under way listens to the one signal of its batch: about twenty at once, and Node takes more than
// ten for a leak. That nobody listens any longer afterwards is tested (slide/shared-read.test.ts, cli/in-process.ts).
setMaxListeners(0);
