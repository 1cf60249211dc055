/**
 * Where wasm binaries come from. The core runs in Node and in browsers and knows neither the file system nor the
 * addresses of assets, so each door (worker, cli, tests) provides the bytes once at start-up.
 */
import { assert } from '../../errors.ts';

/** Package path of a binary, for example `@cornerstonejs/codec-libjpeg-turbo-8bit/wasm`. */
export type WasmPath =
  | '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm'
  | '@cornerstonejs/codec-libjpeg-turbo-8bit/wasm'
  | '@cornerstonejs/codec-openjpeg/decodewasm'
  | '@cornerstonejs/codec-charls/decodewasm'
  | '@cornerstonejs/codec-openjph/wasm'
  /** libwebp, plain C interface. */
  | '@cwasm/webp/webp.wasm'
  /** Little CMS. */
  | 'lcms-wasm/dist/lcms.wasm'
  /** Of model/backend.ts: the SIMD build without threads. */
  | '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm';

type WasmLoader = (path: WasmPath) => Promise<ArrayBuffer>;

let loader: WasmLoader | undefined;

/** Sets the source of wasm binaries for this thread. */
export function provideWasm(load: WasmLoader): void {
  loader = load;
}

/** Bytes of one binary. @throws internal when no door has called provideWasm */
export function readWasm(path: WasmPath): Promise<ArrayBuffer> {
  assert(loader, 'no source of wasm binaries');
  return loader(path);
}
