import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import type { Note } from '../../analysis/prediction.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import { classLabel } from '../../words/labels.ts';
import { noteText } from '../../words/notes.ts';
import { count, duration, micrometres, probability } from '../../words/numbers.ts';
import { callSentence, scopeSentence, spokenResult } from '../../words/scope.ts';
import { backendWords } from '../run/RunPanel.tsx';
import type { Difference, MadeWith } from '../state/made-with.ts';
import type { RunRecord } from '../state/run-record.ts';
import type { RunState } from '../state/screen.ts';
import { useModels, useScreen, useSession } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import './result.css';

/** Said by the scope already. */
const SCOPE_NOTES: ReadonlySet<Note['code']> = new Set(['out-of-scope', 'unlike-training', 'features-unlike-training']);

/** Notes that change what the number means stand above it. */
const ABOVE: ReadonlySet<Note['code']> = new Set([
  ...SCOPE_NOTES,
  'attention-uniform',
  'few-tiles',
  'bag-differs-from-training',
  'tiles-missing',
]);

/** What was computed, from what, by which model. Always in the page, so that scripts can wait for it. */
export function ResultPanel({ run }: { run: ShownRun | undefined }) {
  const state = useScreen((screen) => screen.run);
  const models = useModels();
  const record = run?.record;
  const model = record && models.find(({ id, version }) => `${id}@${version}` === record.prediction.modelId);
  const isJustDone = state.status === 'done' && state.runId === run?.runId;
  return (
    <section
      aria-labelledby="result-heading"
      className={run?.isStale ? 'result is-stale' : 'result'}
      data-testid="result"
      data-state={toDataState(state, run)}
      {...(run !== undefined && record !== undefined && dataOf(run, record))}
    >
      <p className="visually-hidden" role="status">
        {isJustDone && record !== undefined && `Run finished. ${spokenResult(record.prediction, madeFor(model))}`}
      </p>
      <h2 id="result-heading">{run === undefined ? 'Result' : headingOf(run)}</h2>
      {run?.isStale && <Stale run={run} />}
      {record === undefined || run === undefined ? (
        <p className="muted">{state.status === 'running' ? 'Running…' : 'Run the model to see one.'}</p>
      ) : (
        <Result run={run} record={record} model={model} />
      )}
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

/** What a result says of itself before its number. */
function headingOf(run: ShownRun): string {
  if (run.isPartial) return 'Result so far';
  return run.isStale ? `Result of ${madeWithWords(run.madeWith)}` : 'Result';
}

/** "Compact gland MIL 1.2.0, 16 darkest, 0.5 µm/px" */
function madeWithWords({ modelName, bagChoice, mpp }: MadeWith): string {
  const parts = [modelName, bagChoice === 'darkest-16' ? '16 darkest tiles' : 'all tissue'];
  if (mpp !== undefined) parts.push(`${micrometres(mpp)}/px`);
  return parts.join(', ');
}

const CHANGED: Readonly<Record<Difference, string>> = {
  model: 'the model',
  tiles: 'the choice of tiles',
  'pixel-size': 'the pixel size',
  image: 'the image of the file',
};

function Stale({ run }: { run: ShownRun }) {
  return (
    <p className="notice warn" data-testid="stale">
      Not of what is chosen now: {run.staleIn.map((one) => CHANGED[one]).join(' and ')} changed since. Run again to see
      the result for it.
    </p>
  );
}

function madeFor(model: ModelManifest | undefined) {
  return model?.scope ?? { tissue: 'other tissue', stain: 'another stain' };
}

function Result({ run, record, model }: { run: ShownRun; record: RunRecord; model: ModelManifest | undefined }) {
  const { prediction } = record;
  const { scope, notes, attention } = prediction;
  const { bag } = attention;
  const above = notes.filter(({ code }) => ABOVE.has(code));
  const below = notes.filter(({ code }) => !ABOVE.has(code));
  // Glass is no tissue that the model was kept from.
  const { background, ...kept } = bag.rejected;
  const leftOut = Object.values(kept).reduce((sum, tiles) => sum + tiles, 0);
  const { actions } = useSession();
  return (
    <>
      <p className={scope.state === 'inside' ? 'scope-line' : 'notice warn'} data-testid="scope">
        {scopeSentence(scope, madeFor(model))}
      </p>
      <Outcome run={run} record={record} />
      {above
        .filter(({ code }) => !SCOPE_NOTES.has(code) || scope.state !== 'outside')
        .map((note) => (
          <p key={note.code} className="notice warn" data-note={note.code}>
            {noteText(note)}
            {note.code === 'attention-uniform' && attention.contributions !== undefined && (
              <Button className="link block" onPress={() => actions.setHeatmap({ isOn: true, mapId: 'contribution' })}>
                Show what each tile contributed instead
              </Button>
            )}
          </p>
        ))}
      <p className="muted small">
        {count(bag.count)} of {count(bag.candidates)} tiles
        {background > 0 && `, ${count(background)} without tissue`}
        {bag.mpp !== undefined && ` · ${micrometres(bag.mpp)}/px`}
      </p>
      {below.map((note) => (
        <p key={note.code} className="notice small" data-note={note.code}>
          {noteText(note)}
        </p>
      ))}
      <Disclosure className="disclosure">
        <Heading level={3}>
          <Button slot="trigger" className="link">
            {leftOut === 0
              ? 'Details'
              : `Details: ${count(leftOut)} ${leftOut === 1 ? 'tile' : 'tiles'} with tissue left out`}
          </Button>
        </Heading>
        <DisclosurePanel>
          <Details record={record} />
        </DisclosurePanel>
      </Disclosure>
    </>
  );
}

function Outcome({ run, record }: { run: ShownRun; record: RunRecord }) {
  const { outcome, scope } = run;
  if (outcome.kind !== 'binary') return null;
  if (scope?.state === 'outside') return <p className="muted small">raw output {probability(outcome.probability)}</p>;
  return (
    <>
      <div className="between probability">
        <span>{classLabel(outcome.positive)}</span>
        <strong>{probability(outcome.probability)}</strong>
      </div>
      <Scale value={outcome.probability} threshold={outcome.threshold} />
      <p className="reading">{callSentence(record.prediction)}</p>
    </>
  );
}

/** Probability is a length on a scale with the threshold marked, and no color that judges. */
function Scale({ value, threshold }: { value: number; threshold: number | null }) {
  const at = (share: number) => ({ left: `${Math.min(100, Math.max(0, share * 100))}%` });
  return (
    <div className="scale" aria-hidden>
      <div className="scale-track">
        <div className="scale-fill" style={{ width: `${value * 100}%` }} />
        {threshold !== null && <div className="scale-threshold" style={at(threshold)} />}
        <div className="scale-dot" style={at(value)} />
      </div>
      <div className="scale-words small muted">
        <span>0</span>
        {threshold !== null && (
          // Keeps the words inside the panel when the threshold is near an end.
          <span
            className="scale-threshold-words"
            style={{ left: `clamp(44px, ${threshold * 100}%, calc(100% - 50px))` }}
          >
            threshold {threshold.toFixed(2)}
          </span>
        )}
        <span>1</span>
      </div>
    </div>
  );
}

const REASONS = {
  background: 'no tissue',
  pen: 'pen marks',
  black: 'black',
  blur: 'out of focus',
  unreadable: 'could not be decoded',
  cap: 'beyond the number asked for',
} as const;

function Details({ record }: { record: RunRecord }) {
  const { attention, elapsedMs, backend, modelId } = record.prediction;
  const { bag } = attention;
  const rejected = Object.entries(bag.rejected).filter(([, tiles]) => tiles > 0);
  return (
    <dl className="facts small">
      <div>
        <dt>Tiles used</dt>
        <dd>{count(bag.count)}</dd>
      </div>
      {rejected.map(([reason, tiles]) => (
        <div key={reason}>
          <dt>Left out</dt>
          <dd>
            {count(tiles)} {REASONS[reason as keyof typeof REASONS]}
          </dd>
        </div>
      ))}
      <div>
        <dt>Tile side</dt>
        <dd>
          {bag.tilePx} px
          {bag.mpp !== undefined && ` = ${Math.round(bag.tilePx * bag.mpp)} µm`}
        </dd>
      </div>
      <div>
        <dt>Level read</dt>
        <dd>{bag.level}</dd>
      </div>
      <div>
        <dt>Model</dt>
        <dd>{modelId}</dd>
      </div>
      <div>
        <dt>Computed by</dt>
        <dd>{backendWords(backend)}</dd>
      </div>
      {backend.reasons.map((reason) => (
        <div key={reason}>
          <dt>Not used</dt>
          <dd>{reason}</dd>
        </div>
      ))}
      <div>
        <dt>Self-test</dt>
        <dd>differs by {Math.max(backend.selfTest.probability, backend.selfTest.attention).toExponential(0)}</dd>
      </div>
      {(
        [
          ['Tissue', elapsedMs.tissue],
          ['Reading tiles', elapsedMs.tiles],
          ['Network', elapsedMs.encode],
          ['Attention', elapsedMs.head],
          ['Whole run', elapsedMs.total],
        ] as const
      ).map(([name, ms]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{duration(ms)}</dd>
        </div>
      ))}
    </dl>
  );
}
