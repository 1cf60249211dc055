/** Where a note stands on the result card. Pure. */
import type { NoteCode } from '../../analysis/prediction.ts';

const SCOPE_NOTES: readonly NoteCode[] = ['out-of-scope', 'unlike-training', 'features-unlike-training'];

/** They change what the number means. */
const WARNINGS: readonly NoteCode[] = ['attention-uniform', 'few-tiles', 'bag-differs-from-training', 'tiles-missing'];

/** The reasons of a scope: they stand under its sentence. */
export function isScopeNote(code: NoteCode): boolean {
  return SCOPE_NOTES.includes(code);
}

/** Above the number, and marked; every other stands below it. */
export function isWarning(code: NoteCode): boolean {
  return WARNINGS.includes(code);
}
