import { type ReactNode, useMemo } from 'react';
import { Button } from 'react-aria-components';
import type { Note } from '../../analysis/prediction.ts';
import { backendPlace, licenseLine } from '../../words/labels.ts';
import { noteLine } from '../../words/notes.ts';
import { duration, micrometres } from '../../words/numbers.ts';
import type { MadeFor } from '../../words/scope.ts';
import type { RunRecord } from '../state/run-record.ts';
import type { RunState } from '../state/screen.ts';
import { useScreen, useSession, useSlide } from '../state/session.ts';
import { type ShownRun, shownMap } from '../state/shown-run.ts';
import { Announcer } from './Announcer.tsx';
import { Details } from './Details.tsx';
import { isScopeNote, isWarning } from './note-places.ts';
import { changedSentence, madeForOf, resultHeading, tileCountWords } from './result-words.ts';
import { ScopeLine, Verdict } from './Verdict.tsx';
import './result.css';

/**
 * The result on one card: for whom it holds, the number, the call, what it was made with. Always in the page, so that
 * scripts can wait for it. `button` runs the model and stands at its head; `progress` is what became of that.
 */
export function ResultPanel({
  run,
  button,
  progress,
}: {
  run: ShownRun | undefined;
  button: ReactNode;
  progress: ReactNode;
}) {
  const state = useScreen((screen) => screen.run);
  const isFirst = (useSlide()?.runs.length ?? 0) === 0;
  const record = run?.record;
  const madeFor = useMemo(() => record && madeForOf(record), [record]);
  return (
    <section
      aria-labelledby="result-heading"
      className={`result ${isFirst ? 'is-first' : ''} ${run?.isStale ? 'is-stale' : ''}`}
      data-testid="result"
      data-state={toDataState(state, run)}
      {...(run !== undefined && record !== undefined && dataOf(run, record))}
    >
      <Announcer run={run} madeFor={madeFor} />
      <div className="result-head">
        <h2 id="result-heading" className={run === undefined ? 'visually-hidden' : undefined}>
          {resultHeading(run)}
        </h2>
        {button}
      </div>
      {progress}
      {run?.isPartial && <p className="muted small">No number and no call before the last tile.</p>}
      {run !== undefined && record !== undefined && <Result run={run} record={record} madeFor={madeFor} />}
    </section>
  );
}

function dataOf(run: ShownRun, { prediction }: RunRecord) {
  const { outcome } = run;
  return {
    'data-probability-malignant': outcome.kind === 'binary' ? outcome.probability : undefined,
    'data-label': prediction.label ?? '',
    'data-backend': prediction.backend.name,
    'data-tiles': prediction.attention.bag.count,
    'data-scope': prediction.scope.state,
    'data-stale': run.isStale,
    'data-model': prediction.modelId,
  };
}

function toDataState(state: RunState, run: ShownRun | undefined): 'idle' | 'running' | 'done' | 'failed' {
  if (state.status === 'running' || state.status === 'failed') return state.status;
  return run?.record === undefined ? 'idle' : 'done';
}

function Result({ run, record, madeFor }: { run: ShownRun; record: RunRecord; madeFor: MadeFor | undefined }) {
  const { prediction } = record;
  const warnings = prediction.notes.filter(({ code }) => isWarning(code));
  const others = prediction.notes.filter(({ code }) => !isWarning(code) && !isScopeNote(code));
  return (
    <>
      {run.isStale && (
        <p className="small" data-testid="stale">
          {changedSentence(run.staleIn)}
        </p>
      )}
      <ScopeLine prediction={prediction} madeFor={madeFor} />
      {warnings.map((note) => (
        <Warning key={note.code} note={note} run={run} />
      ))}
      <Verdict outcome={run.outcome} prediction={prediction} />
      <MadeWithLines run={run} record={record} />
      {others.map((note) => (
        <p key={note.code} className="muted small" data-note={note.code}>
          {noteLine(note)}
        </p>
      ))}
      <Details record={record} />
    </>
  );
}

function Warning({ note, run }: { note: Note; run: ShownRun }) {
  const { actions } = useSession();
  const mapId = useScreen((screen) => screen.heatmap.mapId);
  const contribution = run.maps.find(({ kind }) => kind === 'contribution');
  const isMisleading = note.code === 'attention-uniform' && shownMap(run, mapId)?.kind === 'attention';
  return (
    <p className="notice warn" data-note={note.code}>
      {noteLine(note)}
      {isMisleading && contribution !== undefined && (
        <Button className="link block" onPress={() => actions.setHeatmap({ isOn: true, mapId: contribution.id })}>
          Show what each tile contributed instead
        </Button>
      )}
    </p>
  );
}

/** By which model, on what terms, from which tiles, where. */
function MadeWithLines({ run, record }: { run: ShownRun; record: RunRecord }) {
  const { modelName, license } = run.madeWith;
  const { backend, elapsedMs, attention } = record.prediction;
  const { bag } = attention;
  const terms = licenseLine(license);
  return (
    <div className="muted small made-with">
      <p>
        <span className="made-with-model">{modelName}</span>
        {terms !== '' && ` · ${terms}`}
      </p>
      <p>
        {tileCountWords(bag)}
        {bag.mpp !== undefined && `, ${micrometres(bag.mpp)}/px`}
        {record.origin === 'file'
          ? ` · read from a file${record.context.date === null ? '' : ` of ${record.context.date.slice(0, 10)}`}, not computed here`
          : ` · ${backendPlace(backend)}, ${duration(elapsedMs.total)}`}
      </p>
    </div>
  );
}
