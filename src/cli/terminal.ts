/** The terminal's two streams: one JSON object on standard output, progress on standard error. */
import { Presets, SingleBar } from 'cli-progress';
import { AppError, type ErrorCode, isAbort, isAppError } from '../errors.ts';

/** Where a command writes; tests give their own. */
export interface Terminal {
  /** Called once, with the result. */
  print(result: unknown): void;
  /** A line for a person. */
  say(line: string): void;
  readonly progress: boolean;
  readonly signal: AbortSignal;
}

/** The JSON of a result; typed arrays become arrays, numbers that JSON lacks become null. */
export function toJsonText(result: unknown): string {
  return JSON.stringify(result, (_, value: unknown) =>
    ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as Uint8Array) : value,
  );
}

/** What is printed in place of a result. */
export interface Failure {
  readonly error: { readonly code: ErrorCode | 'aborted'; readonly message: string };
}

export function toFailure(error: unknown): Failure {
  if (isAbort(error)) return { error: { code: 'aborted', message: 'Stopped before the end.' } };
  if (isAppError(error)) {
    const { code } = error.info;
    return { error: { code, message: [error.message, ADVICE[code] ?? []].flat().join(' ') } };
  }
  const problem = fileProblem(error);
  if (problem !== undefined) return toFailure(new AppError({ code: 'usage', problem }, { cause: error }));
  const reason = error instanceof Error ? error.message : String(error);
  return toFailure(new AppError({ code: 'internal', reason }, { cause: error }));
}

/** What to do, where the sentence itself does not say it. */
const ADVICE: Readonly<Partial<Record<ErrorCode, string>>> = {
  'slide/unrecognized': 'docs/formats.md lists what opens; the content counts, not the name.',
  'slide/unsupported': "Export it from the scanner's own software as a tiled TIFF with JPEG compression.",
  'slide/corrupt': 'Copy it again from where it came from, and compare the sizes of both copies.',
  'slide/no-mpp': 'Use --mpp: usually 0.5 for 20x and 0.25 for 40x.',
  'bag/no-tissue': 'Check that this is an H&E slide with tissue in focus, and that its pixel size is right.',
  'bag/tiles-failed': 'Copy the slide again from where it came from.',
  'model/unknown': 'The command `models` lists those that ship; the path of a model folder will do, too.',
  'model/integrity': 'It was not used. Install the model again.',
  'model/missing-file': 'Install the model again.',
  'gpu/unavailable': 'Use --backend wasm: the same numbers, more slowly.',
  'gpu/lost': 'Run it again, or use --backend wasm.',
  'gpu/out-of-memory': 'Close other programs that use the graphics card, or use --backend wasm.',
};

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder or file',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'it is not allowed',
  EPERM: 'it is not allowed',
  EROFS: 'the disk can only be read',
  ENOSPC: 'the disk is full',
  EMFILE: 'too many files are open',
};

/** A sentence for an error of the file system, which is met where results are written. */
function fileProblem(error: unknown): string | undefined {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return undefined;
  const where = 'path' in error ? String(error.path).replace(/\.\d+\.part$/, '') : 'A file';
  return `${where} could not be used: ${FILE_PROBLEMS[String(error.code)] ?? error.message}.`;
}

export interface Progress {
  /** Done so far. */
  update(done: number, note?: string): void;
  stop(): void;
}

/** A bar on standard error; silent where the terminal wants none. */
export function startProgress(terminal: Terminal, label: string, total: number): Progress {
  if (!terminal.progress) return { update() {}, stop() {} };
  const bar = new SingleBar(
    {
      format: `${label} [{bar}] {value}/{total} | {eta_formatted} left | {note}`,
      stream: process.stderr,
      hideCursor: true,
      etaBuffer: 30,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { note: '' });
  return { update: (done, note) => bar.update(done, { note: note ?? '' }), stop: () => bar.stop() };
}
