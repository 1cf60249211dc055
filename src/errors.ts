/**
 * Every error a user can meet, by code. Made where it is known, worded for the screen in `app/error-text.ts` and for the
 * terminal by `AppError.message`. Plain data, so it crosses a worker boundary unchanged.
 */
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
  | { readonly code: 'gpu/unavailable'; readonly reason: string }
  | { readonly code: 'gpu/lost'; readonly reason: string }
  | { readonly code: 'gpu/out-of-memory'; readonly reason: string }
  | { readonly code: 'worker/crashed'; readonly worker: string; readonly reason: string }
  /** The command line asked for something that does not exist or makes no sense. */
  | { readonly code: 'usage'; readonly problem: string }
  | { readonly code: 'internal'; readonly reason: string };

export type ErrorCode = ErrorInfo['code'];

/** The one error class: `info` says what happened, `cause` what it came from. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly info: ErrorInfo;
  constructor(info: ErrorInfo, options?: { readonly cause?: unknown }) {
    super(sentence(info), options?.cause === undefined ? undefined : { cause: options.cause });
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

/** "an Aperio SVS", "a Zeiss CZI": by the sound of the first word, which a few letters alone do not give away. */
export function withArticle(name: string): string {
  return `${/^([aeio]|iSyntax|(NDPI|SCN|SVS)\b)/i.test(name) ? 'an' : 'a'} ${name}`;
}

/** One plain sentence with the values in it, for terminals and logs. */
function sentence(info: ErrorInfo): string {
  switch (info.code) {
    case 'slide/unrecognized':
      return `${info.name} is not a slide or image that milscope knows.`;
    case 'slide/unsupported':
      return `This is ${withArticle(info.format)} file; milscope cannot read ${info.feature} yet.`;
    case 'slide/corrupt':
      return `The file is damaged: ${info.where}.`;
    case 'slide/read-failed':
      return `${info.name} could not be read: ${info.reason}.`;
    case 'slide/tile-failed':
      return `Tile ${info.col},${info.row} of level ${info.level} could not be decoded: ${info.reason}.`;
    case 'slide/no-mpp':
      return 'The slide does not say its pixel size; give it in µm per pixel.';
    case 'bag/no-tissue':
      return noTissue(info);
    case 'bag/tiles-failed':
      return `${info.failed} of ${info.count} tissue tiles could not be read, too many for a result.`;
    case 'model/unknown':
      return `There is no model called ${info.id}.`;
    case 'model/invalid':
      return `The model file ${info.path} is not valid: ${info.problem}.`;
    case 'model/integrity':
      return `The model file ${info.path} is not the one the manifest names: sha256 ${info.actual}, expected ${info.expected}.`;
    case 'model/missing-file':
      return `The model file ${info.path} is missing.`;
    case 'model/not-kept':
      return `The model could not be kept in this browser: ${info.reason}.`;
    case 'gpu/unavailable':
      return `No usable GPU: ${info.reason}.`;
    case 'gpu/lost':
      return `The GPU was lost: ${info.reason}.`;
    case 'gpu/out-of-memory':
      return `The GPU ran out of memory: ${info.reason}.`;
    case 'worker/crashed':
      return `The ${info.worker} worker stopped: ${info.reason}.`;
    case 'usage':
      return info.problem;
    case 'internal':
      return `Internal error: ${info.reason}.`;
  }
}

/** Says that there is no tissue only where that is so. */
function noTissue(info: Extract<ErrorInfo, { code: 'bag/no-tissue' }>): string {
  const { candidates, rejected, fullest, needed } = info;
  const isBare = rejected === undefined || (rejected.background === candidates && fullest === undefined);
  if (isBare) return `No tissue was found among ${candidates} tiles.`;
  const most =
    fullest === undefined || needed === undefined
      ? ''
      : ` (${Math.floor(fullest * 100)} % at most, ${Math.ceil(needed * 100)} % needed)`;
  const reasons = [
    rejected.background > 0 && `${rejected.background} with too little tissue${most}`,
    rejected.blur > 0 && `${rejected.blur} out of focus`,
    rejected.pen > 0 && `${rejected.pen} under pen`,
    rejected.black > 0 && `${rejected.black} black`,
    rejected.unreadable > 0 && `${rejected.unreadable} that could not be decoded`,
  ].filter((reason) => reason !== false);
  return `No tile of ${candidates} can be used: ${reasons.join(', ')}.`;
}
