/** One worker of the slide pool: opens slides by byte range and gives tiles as bitmaps for the screen, bytes for models. */
import { holdLifeline } from './lifeline.ts';
import type { Port } from './rpc.ts';
import { serveSlides } from './slide-handlers.ts';
import { provideWasmAssets } from './wasm-assets.ts';

provideWasmAssets();
holdLifeline(self as unknown as Worker);
serveSlides(self as unknown as Port);
