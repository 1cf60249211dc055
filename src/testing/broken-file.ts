/** A broken or refused file of the case table, and what it must give. */
import type { ErrorCode } from '../errors.ts';

export interface BrokenFile {
  readonly name: string;
  /** The file, or for a slide of several all of them by path. */
  readonly make: () => Promise<Uint8Array | ReadonlyMap<string, Uint8Array>>;
  /** Of several files, the path of the one that is opened. */
  readonly main?: string;
  /** What opening gives, or reading the named tile when the slide opens; 'none': everything can be read. */
  readonly expect:
    | { readonly at: 'open' | 'tile'; readonly code: ErrorCode; readonly text: RegExp }
    | { readonly at: 'none' };
  /** Tile to read, default 0,0 of level 0. */
  readonly tile?: { readonly level: number; readonly col: number; readonly row: number };
}

export const open = (code: ErrorCode, text: RegExp) => ({ at: 'open', code, text }) as const;
export const tile = (text: RegExp) => ({ at: 'tile', code: 'slide/tile-failed', text }) as const;
export const corrupt = (text: RegExp) => open('slide/corrupt', text);
export const unsupported = (text: RegExp) => open('slide/unsupported', text);
