/** Byte ranges of files on disk. */
import { statSync } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../errors.ts';
import type { ByteSource, SlideFiles } from '../slide/slide.ts';

/** Open files: closed by whoever opened them, after the slide that reads them. */
export interface OpenFiles {
  readonly files: SlideFiles;
  close(): Promise<void>;
}

/** How deep below the file's own folder its companions may lie: MIRAX and VMS keep theirs in one folder. */
const COMPANION_DEPTH = 1;

/**
 * A slide's file and those beside it, which open only when asked for. @throws slide/read-failed, usage for a folder
 */
export async function openFiles(file: string): Promise<OpenFiles> {
  const handles: FileHandle[] = [];
  const main = await openSource(file, handles);
  const folder = path.dirname(file);
  const names = await listFiles(folder, COMPANION_DEPTH);
  return {
    files: {
      main,
      find: (relative) =>
        names.includes(relative) ? lazySource(path.join(folder, relative), relative, handles) : undefined,
      list: () => names,
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
function lazySource(file: string, name: string, handles: FileHandle[]): ByteSource {
  let source: Promise<ByteSource> | undefined;
  return {
    name,
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

async function listFiles(folder: string, depth: number, prefix = ''): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const lists = entries.map((entry) => {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isFile()) return [name];
    return entry.isDirectory() && depth > 0 ? listFiles(path.join(folder, entry.name), depth - 1, name) : [];
  });
  return (await Promise.all(lists)).flat();
}
