/** Writing files whole: under another name first, so that a killed run leaves none that is half there. */
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { WriteAt } from '../slide/tiff/write.ts';

/** Bytes that arrive in order are gathered up to this size before they are written. */
const BUFFER_BYTES = 4 * 2 ** 20;

/** Calls `fill` with a writer of positioned bytes; the file appears when it resolves. */
export async function writeInPlace<T>(file: string, fill: (write: WriteAt) => Promise<T>): Promise<T> {
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  const work = `${file}.${process.pid}.part`;
  const handle = await open(work, 'w');
  try {
    let parts: Uint8Array[] = [];
    let start = 0;
    let end = 0;
    const flush = async () => {
      const bytes = Buffer.concat(parts);
      parts = [];
      for (let done = 0; done < bytes.length; )
        done += (await handle.write(bytes, done, bytes.length - done, start + done)).bytesWritten;
      start = end;
    };
    const result = await fill(async (offset, bytes) => {
      if (offset !== end || end - start > BUFFER_BYTES) {
        await flush();
        start = offset;
      }
      parts.push(bytes);
      end = offset + bytes.length;
    });
    await flush();
    await handle.close();
    await rename(work, file);
    return result;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(work, { force: true });
    throw error;
  }
}

/** Writes a whole file at once, folder included. */
export async function writeWhole(file: string, data: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  const work = `${file}.${process.pid}.part`;
  await writeFile(work, data);
  await rename(work, file);
}
