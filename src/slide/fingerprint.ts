/** The identity of a slide by content. */
import type { ByteSource } from './slide.ts';

const PART_BYTES = 64 * 1024;

/**
 * SHA-256, hex, over the size and the first and last 64 KiB: the directories of a slide, which name every tile's place and
 * size, lie there in practice. The same for the same file whatever its name; never a read of the whole file.
 */
export async function fingerprint(source: ByteSource, signal?: AbortSignal): Promise<string> {
  const { sizeBytes } = source;
  const part = Math.min(PART_BYTES, sizeBytes);
  const [head, tail] = await Promise.all([source.read(0, part, signal), source.read(sizeBytes - part, part, signal)]);
  const bytes = new Uint8Array(8 + 2 * part);
  new DataView(bytes.buffer).setFloat64(0, sizeBytes);
  bytes.set(head, 8);
  bytes.set(tail, 8 + part);
  return sha256(bytes);
}

/** The identity of one of several images of a file, so that what was found on one never stands beside another. */
export function imageFingerprint(file: string, series: number): Promise<string> {
  return sha256(new TextEncoder().encode(`${file} image ${series}`));
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
