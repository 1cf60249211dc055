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
  if (isAppError(error)) return { error: { code: error.info.code, message: error.message } };
  const reason = error instanceof Error ? error.message : String(error);
  return toFailure(new AppError({ code: 'internal', reason }, { cause: error }));
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
