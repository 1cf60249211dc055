import { ProgressBar } from 'react-aria-components';
import { count, timeLeft } from '../../words/numbers.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import type { RunProgress as Progress } from '../state/screen.ts';
import { useScreen, useSession } from '../state/session.ts';

/** How far the run is, or that it was cancelled or did not succeed. */
export function RunProgress() {
  const { actions } = useSession();
  const run = useScreen((screen) => screen.run);
  switch (run.status) {
    case 'running':
      return <Bar progress={run.progress} />;
    case 'cancelled':
      return <p className="muted small">The run was cancelled.</p>;
    case 'failed':
      return <ErrorNotice error={run.error} onDismiss={actions.dismissError} />;
    default:
      return null;
  }
}

const STAGES: Readonly<Record<Progress['stage'], string>> = {
  model: 'Loading the model',
  tissue: 'Looking for tissue',
  tiles: 'Looking at tiles',
};

function Bar({ progress }: { progress: Progress }) {
  const { stage, tilesDone, tilesTotal, tilesPerSecond, secondsLeft } = progress;
  const isCounting = stage === 'tiles' && tilesTotal > 0;
  return (
    <ProgressBar
      className="progress"
      aria-label="Run"
      isIndeterminate={!isCounting}
      value={tilesDone}
      maxValue={Math.max(1, tilesTotal)}
    >
      {({ percentage }) => (
        <>
          <div className="progress-track">
            <div className="progress-bar" style={{ width: isCounting ? `${percentage ?? 0}%` : '0%' }} />
          </div>
          <div className="between small muted">
            {isCounting ? (
              <>
                <span>
                  {count(tilesDone)} of {count(tilesTotal)} tiles
                </span>
                <span>
                  {tilesPerSecond > 0 && `${count(tilesPerSecond)} tiles/s`}
                  {secondsLeft !== undefined && ` · ${timeLeft(secondsLeft)}`}
                </span>
              </>
            ) : (
              <span>{STAGES[stage]}…</span>
            )}
          </div>
        </>
      )}
    </ProgressBar>
  );
}
