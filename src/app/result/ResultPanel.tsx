import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import type { BagPrediction, Note } from '../../analysis/prediction.ts';
import type { SlideInfo } from '../../slide/slide.ts';
import { noteText } from '../../words/notes.ts';
import { count, duration, micrometres, probability } from '../../words/numbers.ts';
import { modelName } from '../run/model-labels.ts';
import { backendWords } from '../run/RunPanel.tsx';
import { type RunState, resultOnScreen, slideOnScreen } from '../state/screen.ts';
import { useModels, useScreen, useSession } from '../state/session.ts';
import './result.css';

/** Notes that change what the number means stand above it. */
const ABOVE: ReadonlySet<Note['code']> = new Set([
  'out-of-scope',
  'unlike-training',
  'attention-uniform',
  'few-tiles',
  'bag-differs-from-training',
  'tiles-missing',
]);

/** What was computed, from what, by which model, on what. Always in the page, so that scripts can wait for it. */
export function ResultPanel() {
  const slide = useScreen((screen) => slideOnScreen(screen.slide));
  const run = useScreen((screen) => screen.run);
  const result = resultOnScreen(run, slide);
  const isDone = run.status === 'done' && result !== undefined;
  const isOld = result !== undefined && !isDone;
  return (
    <section
      aria-labelledby="result-heading"
      data-testid="result"
      data-state={toDataState(run, result)}
      {...(isDone && {
        'data-probability-malignant': positive(result),
        'data-label': result.label ?? '',
        'data-backend': result.backend.name,
        'data-tiles': result.attention.bag.count,
      })}
    >
      <p className="visually-hidden" role="status">
        {isDone && `Run finished: ${result.positiveClass} ${probability(positive(result))}`}
      </p>
      <h2 id="result-heading">{isOld ? 'Result of the run before' : 'Result'}</h2>
      {result === undefined || slide === undefined ? (
        <p className="muted">{run.status === 'running' ? 'Not there yet.' : 'Run the model to see one.'}</p>
      ) : (
        <Result result={result} info={slide.info} />
      )}
    </section>
  );
}

function toDataState(run: RunState, result: BagPrediction | undefined): 'idle' | 'running' | 'done' | 'failed' {
  if (run.status === 'done') return result === undefined ? 'idle' : 'done';
  return run.status === 'running' || run.status === 'failed' ? run.status : 'idle';
}

function positive(result: BagPrediction): number {
  return result.probabilities[result.classes.indexOf(result.positiveClass)] ?? Number.NaN;
}

function Result({ result, info }: { result: BagPrediction; info: SlideInfo }) {
  const above = result.notes.filter(({ code }) => ABOVE.has(code));
  const below = result.notes.filter(({ code }) => !ABOVE.has(code));
  // Such a note names the scope itself.
  const isOutside = above.some(({ code }) => code === 'out-of-scope' || code === 'unlike-training');
  const value = positive(result);
  const others = result.classes.filter((name) => name !== result.positiveClass);
  const { bag } = result.attention;
  // Glass is no tissue that the model was kept from.
  const { background, ...kept } = bag.rejected;
  const leftOut = Object.values(kept).reduce((sum, tiles) => sum + tiles, 0);
  const { actions } = useSession();
  const model = useModels().find(({ id, version }) => `${id}@${version}` === result.modelId);
  return (
    <>
      {above.map((note) => (
        <p key={note.code} className="notice warn" data-note={note.code}>
          {noteText(note)}
          {note.code === 'attention-uniform' && result.attention.contributions !== undefined && (
            <Button className="link block" onPress={() => actions.setHeatmap({ isOn: true, mode: 'contribution' })}>
              Show what each tile contributed instead
            </Button>
          )}
        </p>
      ))}
      {model?.imported !== undefined ? (
        <p className="notice warn" data-note="imported-model">
          An imported model: nobody has measured here what it can do.
        </p>
      ) : (
        model !== undefined &&
        !isOutside && (
          <p className="muted small">
            Means something only for {model.scope.tissue}, {model.scope.stain}.
          </p>
        )
      )}
      <div className="between probability">
        <span>{capital(result.positiveClass)}</span>
        <strong>{probability(value)}</strong>
      </div>
      {result.label !== null && result.threshold !== null && <Scale value={value} threshold={result.threshold} />}
      {others.map((name) => (
        <div key={name} className="between">
          <span className="muted">{capital(name)}</span>
          <span>{probability(result.probabilities[result.classes.indexOf(name)] ?? Number.NaN)}</span>
        </div>
      ))}
      {result.label !== null && (
        <p className="reading">
          Called <b>{result.label}</b>
          {model !== undefined && <span className="muted small"> by {modelName(model)}</span>}
          <span className="visually-hidden"> at the threshold {result.threshold?.toFixed(2)}</span>
        </p>
      )}
      <p className="muted small">
        {count(bag.count)} of {count(bag.candidates)} tiles
        {background > 0 && `, ${count(background)} without tissue`}
        {bag.mpp !== undefined && ` · ${micrometres(bag.mpp)}/px`} · level {bag.level + 1} of {info.levels.length}
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
          <Details result={result} />
        </DisclosurePanel>
      </Disclosure>
    </>
  );
}

/** Probability is a length on a scale with the threshold marked, and no colour that judges. */
function Scale({ value, threshold }: { value: number; threshold: number }) {
  const at = (share: number) => ({ left: `${Math.min(100, Math.max(0, share * 100))}%` });
  // Keeps the words inside the panel when the threshold is near an end.
  const words = { left: `clamp(44px, ${threshold * 100}%, calc(100% - 50px))` };
  return (
    <div className="scale" aria-hidden>
      <div className="scale-track">
        <div className="scale-fill" style={{ width: `${value * 100}%` }} />
        <div className="scale-threshold" style={at(threshold)} />
        <div className="scale-dot" style={at(value)} />
      </div>
      <div className="scale-words small muted">
        <span>0</span>
        <span className="scale-threshold-words" style={words}>
          threshold {threshold.toFixed(2)}
        </span>
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

function Details({ result }: { result: BagPrediction }) {
  const { bag } = result.attention;
  const { elapsedMs, backend } = result;
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
        <dt>Model</dt>
        <dd>{result.modelId}</dd>
      </div>
      <div>
        <dt>Computed by</dt>
        <dd>{backendWords(backend)}</dd>
      </div>
      {backend.reasons.map((reason) => (
        <div key={reason}>
          <dt>Why</dt>
          <dd>{reason}</dd>
        </div>
      ))}
      <div>
        <dt>Self-test</dt>
        <dd>differs by {Math.max(backend.selfTest.probability, backend.selfTest.attention).toExponential(0)}</dd>
      </div>
      <div>
        <dt>Tissue</dt>
        <dd>{duration(elapsedMs.tissue)}</dd>
      </div>
      <div>
        <dt>Reading tiles</dt>
        <dd>{duration(elapsedMs.tiles)}</dd>
      </div>
      <div>
        <dt>Network</dt>
        <dd>{duration(elapsedMs.encode)}</dd>
      </div>
      <div>
        <dt>Attention</dt>
        <dd>{duration(elapsedMs.head)}</dd>
      </div>
      <div>
        <dt>Whole run</dt>
        <dd>{duration(elapsedMs.total)}</dd>
      </div>
    </dl>
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
