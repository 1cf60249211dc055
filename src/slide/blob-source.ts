/** Byte ranges of a File or Blob, read where it lies. */
import { AppError } from '../errors.ts';
import { isByteRange } from './byte-range.ts';
import type { ByteSource } from './slide.ts';

/**
 * A ByteSource over a File or Blob; nothing is read until asked for.
 * @throws slide/read-failed from `read`: the file changed or went away, or the range is not all there
 */
export function blobSource(file: Blob, name: string): ByteSource {
  const failed = (reason: string, cause?: unknown) =>
    new AppError({ code: 'slide/read-failed', name, reason }, cause === undefined ? undefined : { cause });
  return {
    name,
    sizeBytes: file.size,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      // A file that was cut short since is told from one that lies by the bytes that come.
      if (!isByteRange(offset, length, Number.MAX_SAFE_INTEGER))
        throw failed(`there are no bytes ${offset} to ${offset + length}`);
      let buffer: ArrayBuffer;
      try {
        buffer = await file.slice(offset, offset + length).arrayBuffer();
      } catch (cause) {
        signal?.throwIfAborted();
        const name = cause instanceof Error ? cause.name : '';
        throw failed(
          name === 'NotFoundError' ? 'it is no longer there' : 'it changed or cannot be read any more',
          cause,
        );
      }
      signal?.throwIfAborted();
      // Browsers answer a range past the end with fewer bytes and no error.
      if (buffer.byteLength !== length)
        throw failed(`bytes ${offset} to ${offset + length} were asked for and ${buffer.byteLength} came`);
      return new Uint8Array(buffer);
    },
  };
}
