/** Gives the core of this worker its wasm binaries: assets of the page's own origin, fetched when first needed. */
import charlsUrl from '@cornerstonejs/codec-charls/decodewasm?url';
import turboDecodeUrl from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm?url';
import turboUrl from '@cornerstonejs/codec-libjpeg-turbo-8bit/wasm?url';
import openjpegDecodeUrl from '@cornerstonejs/codec-openjpeg/decodewasm?url';
import openjphUrl from '@cornerstonejs/codec-openjph/wasm?url';
import webpUrl from '@cwasm/webp/webp.wasm?url';
import tfjsUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import lcmsUrl from 'lcms-wasm/dist/lcms.wasm?url';
import { AppError } from '../errors.ts';
import { provideWasm, type WasmPath } from '../slide/codecs/wasm.ts';

const URLS: Readonly<Record<WasmPath, string>> = {
  '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm': turboDecodeUrl,
  '@cornerstonejs/codec-libjpeg-turbo-8bit/wasm': turboUrl,
  '@cornerstonejs/codec-openjpeg/decodewasm': openjpegDecodeUrl,
  '@cornerstonejs/codec-charls/decodewasm': charlsUrl,
  '@cornerstonejs/codec-openjph/wasm': openjphUrl,
  '@cwasm/webp/webp.wasm': webpUrl,
  'lcms-wasm/dist/lcms.wasm': lcmsUrl,
  '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm': tfjsUrl,
};

/** To be called once, when a worker starts. */
export function provideWasmAssets(): void {
  provideWasm(async (path) => {
    const response = await fetch(URLS[path]);
    if (!response.ok) throw new AppError({ code: 'internal', reason: `${path} was answered with ${response.status}` });
    return response.arrayBuffer();
  });
}
