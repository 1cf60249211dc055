/** Byte ranges of files on disk. */
import { type Dirent, readdirSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../errors.ts';
import { isByteRange } from '../slide/byte-range.ts';
import type { ByteSource, SlideFiles } from '../slide/slide.ts';

/** Open files: closed by whoever opened them, after the slide that reads them. */
export interface OpenFiles {
  readonly files: SlideFiles;
  close(): Promise<void>;
}

/** How deep below the file's own folder its companions may lie: MIRAX keeps its own in one folder, Deep Zoom in two. */
const COMPANION_DEPTH = 2;

/**
 * A slide's file and those beside it, which are listed and opened only when asked for. @throws slide/read-failed
 */
export async function openFiles(file: string): Promise<OpenFiles> {
  const handles: FileHandle[] = [];
  const main = await openSource(file, handles);
  const folder = path.dirname(file);
  let names: readonly string[] | undefined;
  const list = () => {
    names ??= listFiles(folder, COMPANION_DEPTH);
    return names;
  };
  return {
    files: {
      main,
      find: (relative) => (list().includes(relative) ? lazySource(path.join(folder, relative), handles) : undefined),
      list,
    },
    async close() {
      await Promise.all(handles.splice(0).map((handle) => handle.close()));
    },
  };
}

/** @throws slide/read-failed */
async function openSource(file: string, handles: FileHandle[]): Promise<ByteSource> {
  const name = path.basename(file);
  let handle: FileHandle;
  let size: number;
  try {
    handle = await open(file, 'r');
    const stat = await handle.stat();
    if (!stat.isFile()) {
      await handle.close();
      throw new AppError({ code: 'slide/read-failed', name, reason: 'it is not a file' });
    }
    handles.push(handle);
    size = stat.size;
  } catch (cause) {
    throw cause instanceof AppError ? cause : readFailed(name, cause);
  }
  return {
    name,
    sizeBytes: size,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      if (!isByteRange(offset, length, Number.MAX_SAFE_INTEGER) || length > size)
        throw new AppError({
          code: 'slide/read-failed',
          name,
          reason: `there are no bytes ${offset} to ${offset + length}`,
        });
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        let count: number;
        try {
          ({ bytesRead: count } = await handle.read(bytes, done, length - done, offset + done));
        } catch (cause) {
          signal?.throwIfAborted();
          throw readFailed(name, cause);
        }
        signal?.throwIfAborted();
        if (count === 0)
          throw new AppError({
            code: 'slide/read-failed',
            name,
            reason: `bytes ${offset} to ${offset + length} were asked for and ${done} came`,
          });
        done += count;
      }
      return bytes;
    },
  };
}

/** A companion that is opened by its first read. */
function lazySource(file: string, handles: FileHandle[]): ByteSource {
  let source: Promise<ByteSource> | undefined;
  return {
    name: path.basename(file),
    sizeBytes: statSync(file).size,
    async read(offset, length, signal) {
      source ??= openSource(file, handles);
      return (await source).read(offset, length, signal);
    },
  };
}

function readFailed(name: string, cause: unknown): AppError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'reading it is not allowed',
    EISDIR: 'it is a folder',
    EMFILE: 'too many files are open',
  };
  const reason = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new AppError({ code: 'slide/read-failed', name, reason }, { cause });
}

/** Paths below a folder with `/`, sorted; what cannot be listed is left out. */
function listFiles(folder: string, depth: number, prefix = ''): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  const found = entries.flatMap((entry) => {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isFile()) return [name];
    return entry.isDirectory() && depth > 0 ? listFiles(path.join(folder, entry.name), depth - 1, name) : [];
  });
  return found.sort();
}
