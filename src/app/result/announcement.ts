/** What a screen reader says of a run: its beginning, its middle, its end, and when a result is no longer current. Pure. */
import type { Note } from '../../analysis/prediction.ts';
import { madeWithWords } from '../../words/made-with.ts';
import { noteLine } from '../../words/notes.ts';
import { type MadeFor, spokenResult } from '../../words/scope.ts';
import type { RunRecord } from '../state/run-record.ts';
import type { RunState, SlideKey } from '../state/screen.ts';
import type { ShownRun } from '../state/shown-run.ts';
import { isScopeNote } from './note-places.ts';
import { changedSentence } from './result-words.ts';

/** The screen at one time, as far as it is spoken of. */
export interface Moment {
  readonly slideKey: SlideKey | undefined;
  readonly state: RunState;
  readonly run: ShownRun | undefined;
  /** Of the model that made the result, where that is here. */
  readonly madeFor: MadeFor | undefined;
}

/** What is to be said at the step from one moment to the next: '' is silence, undefined leaves what was said last. */
export function announcement(before: Moment, now: Moment): string | undefined {
  const { state, run } = now;
  if (state.status === 'running') return ofProgress(before.state, state);
  if (state.status === 'cancelled' && before.state.status !== 'cancelled')
    return join('The run was cancelled.', staleWords(run));
  if (isJustDone(before.state, state) && run?.record !== undefined && run.runId === state.runId) {
    const start = run.record.origin === 'file' ? 'The result was read from a file.' : 'Run finished.';
    return join(start, spokenRecord(run.record, now.madeFor), staleWords(run));
  }
  if (before.slideKey !== now.slideKey) return '';
  return ofSettings(before.run, now);
}

function ofProgress(before: RunState, now: Extract<RunState, { status: 'running' }>): string | undefined {
  if (before.status !== 'running' || before.runId !== now.runId) return `Run started: ${madeWithWords(now.madeWith)}.`;
  return isHalfDone(now) && !isHalfDone(before) ? 'Half of the tiles are done.' : undefined;
}

function isHalfDone({ progress }: Extract<RunState, { status: 'running' }>): boolean {
  return progress.stage === 'tiles' && progress.tilesTotal > 0 && 2 * progress.tilesDone >= progress.tilesTotal;
}

function isJustDone(before: RunState, now: RunState): now is Extract<RunState, { status: 'done' }> {
  return now.status === 'done' && !(before.status === 'done' && before.runId === now.runId);
}

/** Settings were changed, or changed back. */
function ofSettings(before: ShownRun | undefined, { run, madeFor }: Moment): string | undefined {
  // A run that failed brings the result before it back, which nobody changed.
  if (run?.record === undefined || before?.record === undefined) return undefined;
  if (run.isStale) return before.isStale && before.runId === run.runId ? undefined : staleWords(run);
  if (!before.isStale && before.runId === run.runId) return undefined;
  return join('The result is of the settings chosen now.', spokenRecord(run.record, madeFor));
}

function staleWords(run: ShownRun | undefined): string {
  return run?.isStale ? `The result is of other settings. ${changedSentence(run.staleIn)}` : '';
}

/** Scope, call, probability, then what else the reader of the number must know. */
function spokenRecord({ prediction }: RunRecord, madeFor: MadeFor | undefined): string {
  const isSaid = ({ code }: Note) => prediction.scope.state === 'outside' && isScopeNote(code);
  return join(spokenResult(prediction, madeFor), ...prediction.notes.filter((note) => !isSaid(note)).map(noteLine));
}

function join(...sentences: readonly string[]): string {
  return sentences.filter((one) => one !== '').join(' ');
}
