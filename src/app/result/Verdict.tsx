import type { BagPrediction } from '../../analysis/prediction.ts';
import { classLabel } from '../../words/labels.ts';
import { noteLine } from '../../words/notes.ts';
import { probability } from '../../words/numbers.ts';
import { callSentence, type MadeFor, scopeSentence } from '../../words/scope.ts';
import type { Outcome } from '../state/shown-run.ts';
import { isScopeNote } from './note-places.ts';

type Scoped = Pick<BagPrediction, 'scope' | 'notes'>;

/** Whether the model may have a say on the slide: the condition of its number, or why it has none. */
export function ScopeLine({ prediction, madeFor }: { prediction: Scoped; madeFor: MadeFor | undefined }) {
  const { scope, notes } = prediction;
  const reasons = notes.filter(({ code }) => isScopeNote(code));
  return (
    <div className={scope.state === 'inside' ? 'scope' : 'scope notice warn'} data-testid="scope">
      <p className="scope-line">{scopeSentence(scope, madeFor)}</p>
      {reasons.map((note) => (
        <p key={note.code} className="small" data-note={note.code}>
          {noteLine(note)}
        </p>
      ))}
    </div>
  );
}

/** The number and the call; of a slide outside the scope a raw number that nobody takes for either. */
export function Verdict({ outcome, prediction }: { outcome: Outcome; prediction: BagPrediction }) {
  if (outcome.kind !== 'binary') return null;
  if (prediction.scope.state === 'outside')
    return (
      <p className="between muted small">
        <span>No class is called.</span>
        <span data-testid="raw-output">raw output {probability(outcome.probability)}</span>
      </p>
    );
  return (
    <>
      <div className="between probability">
        <span>{classLabel(outcome.positive)}</span>
        <strong>{probability(outcome.probability)}</strong>
      </div>
      <Scale value={outcome.probability} threshold={outcome.threshold} />
      <p className="call" data-testid="call">
        {callSentence(prediction)}
      </p>
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
