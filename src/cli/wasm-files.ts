/** Gives the core its wasm binaries from node_modules, and on request a GPU. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError } from '../errors.ts';
import { provideWasm } from '../slide/codecs/wasm.ts';
import { projectRoot } from './root.ts';

/** Must run before a slide is opened or a model is loaded. */
export function provideWasmFiles(): void {
  const require = createRequire(path.join(projectRoot(), 'package.json'));
  provideWasm(async (name) => {
    const bytes = await readFile(require.resolve(name));
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  });
}

/**
 * Makes `navigator.gpu` of Dawn, the WebGPU of Chromium, which the package `webgpu` brings to Node.
 * @throws gpu/unavailable where the package or its binary for this machine is missing
 */
export async function provideGpu(): Promise<void> {
  try {
    const require = createRequire(path.join(projectRoot(), 'package.json'));
    const dawn = await import(/* @vite-ignore */ pathToFileURL(require.resolve('webgpu')).href);
    Object.assign(globalThis, dawn.globals);
    Object.defineProperty(globalThis, 'navigator', { value: { gpu: dawn.create([]) }, configurable: true });
  } catch (cause) {
    throw new AppError({ code: 'gpu/unavailable', reason: 'Node has no WebGPU here (package webgpu)' }, { cause });
  }
}
