/**
 * Every error a user can meet, by code. Made where it is known, worded in `words/errors.ts`: for the screen by `errorText`,
 * for the terminal by `errorSentence`, which is `AppError.message`. Plain data, so it crosses a worker boundary unchanged.
 */
import { errorSentence } from './words/errors.ts';

export type ErrorInfo =
  /** The bytes are of no kind that milscope knows. */
  | { readonly code: 'slide/unrecognized'; readonly name: string }
  /** Recognised, but not readable (yet): `format` is the maker's name for it, `feature` what is missing. */
  | { readonly code: 'slide/unsupported'; readonly format: string; readonly feature: string }
  /** The file breaks the rules of its own format; `where` names the structure. */
  | { readonly code: 'slide/corrupt'; readonly where: string }
  /** The file could not be read: changed, deleted or shorter than it says. */
  | { readonly code: 'slide/read-failed'; readonly name: string; readonly reason: string }
  /** One tile could not be decoded. The rest of the slide is fine. */
  | {
      readonly code: 'slide/tile-failed';
      readonly level: number;
      readonly col: number;
      readonly row: number;
      readonly reason: string;
    }
  | { readonly code: 'slide/no-mpp' }
  /** No tile can be used. `rejected` says why, where it is known. */
  | {
      readonly code: 'bag/no-tissue';
      readonly candidates: number;
      readonly rejected?: Readonly<Record<'background' | 'pen' | 'black' | 'blur' | 'unreadable', number>>;
      /** Share of tissue, 0..1, of the tile without enough that has most; undefined where none has more than specks. */
      readonly fullest?: number | undefined;
      /** Smallest share of tissue of a tile, 0..1. */
      readonly needed?: number;
    }
  /** More than 1 % of the tiles of a bag could not be read. */
  | { readonly code: 'bag/tiles-failed'; readonly failed: number; readonly count: number }
  | { readonly code: 'model/unknown'; readonly id: string }
  | { readonly code: 'model/invalid'; readonly path: string; readonly problem: string }
  | { readonly code: 'model/integrity'; readonly path: string; readonly expected: string; readonly actual: string }
  | { readonly code: 'model/missing-file'; readonly path: string }
  /** The browser could not keep an imported model for the next visit. */
  | { readonly code: 'model/not-kept'; readonly reason: string }
  /** A file that should hold the result of a run, as milscope exports it, holds something else. */
  | { readonly code: 'result/invalid'; readonly problem: string }
  | { readonly code: 'gpu/unavailable'; readonly reason: string }
  | { readonly code: 'gpu/lost'; readonly reason: string }
  | { readonly code: 'gpu/out-of-memory'; readonly reason: string }
  | { readonly code: 'worker/crashed'; readonly worker: string; readonly reason: string }
  /** A file of a result could not be made. `cause`: it is larger than a browser draws, the slide could not be read, or else. */
  | {
      readonly code: 'export/failed';
      readonly format: 'JSON' | 'CSV' | 'PNG';
      readonly cause: 'size' | 'slide' | 'browser';
      readonly reason: string;
    }
  /** Something was asked for that does not exist, or given that is not what it should be. */
  | { readonly code: 'usage'; readonly problem: string }
  | { readonly code: 'internal'; readonly reason: string };

export type ErrorCode = ErrorInfo['code'];

/** The one error class: `info` says what happened, `cause` what it came from. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly info: ErrorInfo;
  constructor(info: ErrorInfo, options?: { readonly cause?: unknown }) {
    super(errorSentence(info), options?.cause === undefined ? undefined : { cause: options.cause });
    this.info = info;
  }
}

/** True for an AppError, narrowed to the codes asked for (any, if none is named). */
export function isAppError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  ...codes: readonly C[]
): error is AppError & { readonly info: Extract<ErrorInfo, { code: C }> } {
  return error instanceof AppError && (codes.length === 0 || codes.includes(error.info.code as C));
}

/** True for the rejection of an aborted operation, which is never shown. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** For our own bugs only: a broken promise between two rooms of the house. @throws internal */
export function assert(condition: unknown, reason: string): asserts condition {
  if (!condition) throw new AppError({ code: 'internal', reason });
}
