/** WebP through libwebp as WebAssembly, called by its own C interface: the same pixels in Node and in every browser. */
import { AppError } from '../../errors.ts';
import { readWasm } from './wasm.ts';

interface LibWebp {
  readonly memory: WebAssembly.Memory;
  malloc(bytes: number): number;
  free(pointer: number): void;
  /** Pointer to RGBA, 0 on failure; writes width and height as int32. */
  WebPDecodeRGBA(data: number, bytes: number, width: number, height: number): number;
}

/** Memory is never given back, so an instance that grew past this is dropped. */
const WORN_BYTES = 256 * 2 ** 20;

let current: Promise<LibWebp> | undefined;

async function start(): Promise<LibWebp> {
  const refuse = () => {
    throw new Error('libwebp has no files');
  };
  const { instance } = await WebAssembly.instantiate(await readWasm('@cwasm/webp/webp.wasm'), {
    wasi_snapshot_preview1: { fd_close: refuse, fd_seek: refuse, fd_write: refuse },
  });
  return instance.exports as unknown as LibWebp;
}

function damaged(reason: string, cause?: unknown): AppError {
  return new AppError({ code: 'slide/corrupt', where: reason }, cause === undefined ? undefined : { cause });
}

/**
 * Size by the header. @see RFC 9649 sections 2.5 to 2.7
 * @throws slide/corrupt
 */
export function readWebpSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  const u = (at: number, length: number) => {
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
    return value;
  };
  if (bytes.length < 30 || text(0) !== 'RIFF' || text(8) !== 'WEBP') throw damaged('a WebP block has no header');
  switch (text(12)) {
    case 'VP8 ':
      return { width: u(26, 2) & 0x3fff, height: u(28, 2) & 0x3fff };
    case 'VP8L':
      return { width: (u(21, 4) % 2 ** 14) + 1, height: (Math.floor(u(21, 4) / 2 ** 14) % 2 ** 14) + 1 };
    case 'VP8X':
      return { width: u(24, 3) + 1, height: u(27, 3) + 1 };
    default:
      throw damaged('a WebP block has no header');
  }
}

/**
 * One WebP of a known size as RGBA, [height,width,4] uint8, the caller's own.
 * @throws slide/corrupt
 */
export async function decodeWebp(bytes: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const size = readWebpSize(bytes);
  if (size.width !== width || size.height !== height)
    throw damaged(`the WebP is ${size.width} x ${size.height} px and should be ${width} x ${height}`);
  current ??= start();
  const lib = await current;
  // Nothing awaits from here on: the memory is shared by all callers.
  const pointers: number[] = [];
  const allocate = (length: number) => {
    const pointer = lib.malloc(length);
    if (pointer === 0) throw damaged('a WebP block needs more memory than there is');
    pointers.push(pointer);
    return pointer;
  };
  try {
    const data = allocate(bytes.length);
    const sizeAt = allocate(8);
    new Uint8Array(lib.memory.buffer).set(bytes, data);
    const pixels = lib.WebPDecodeRGBA(data, bytes.length, sizeAt, sizeAt + 4);
    if (pixels === 0) throw damaged('the WebP data is damaged');
    pointers.push(pixels);
    const [w, h] = new Int32Array(lib.memory.buffer, sizeAt, 2);
    if (w !== width || h !== height) throw damaged('the WebP data has another size than its header');
    return new Uint8Array(lib.memory.buffer).slice(pixels, pixels + width * height * 4);
  } catch (cause) {
    // A trap leaves the instance in an unknown state.
    if (!(cause instanceof AppError)) current = undefined;
    throw cause instanceof AppError ? cause : damaged('the WebP data is damaged', cause);
  } finally {
    if (current) for (const pointer of pointers) lib.free(pointer);
    if (lib.memory.buffer.byteLength > WORN_BYTES) current = undefined;
  }
}
