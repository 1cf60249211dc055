import { Trash2 } from 'lucide-react';
import { Button, Disclosure, DisclosurePanel, Heading, ProgressBar } from 'react-aria-components';
import type { BackendReport } from '../../model/backend-report.ts';
import { runsOnSlides, weightsSha256 } from '../../model/catalog.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import { errorText } from '../../words/errors.ts';
import { count, timeLeft } from '../../words/numbers.ts';
import { ImportButton } from '../import/ImportButton.tsx';
import { Choice } from '../shell/Choice.tsx';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import { Segments } from '../shell/Segments.tsx';
import { SHEET, useMedia } from '../shell/use-media.ts';
import type { BackendState, RunProgress } from '../state/screen.ts';
import { useModels, useScreen, useSession, useShownRun } from '../state/session.ts';
import { goldenWords, modelName } from './model-labels.ts';
import { RunButton } from './RunButton.tsx';
import './run.css';

/** Which model, on what hardware, and the one button. */
export function RunPanel() {
  const { actions } = useSession();
  const models = useModels();
  const run = useScreen((screen) => screen.run);
  const modelId = useScreen((screen) => screen.modelId);
  const bagChoice = useScreen((screen) => screen.bagChoice);
  const backend = useScreen((screen) => screen.backend);
  const model = models.find(({ id }) => id === modelId);
  const isRunning = run.status === 'running';
  const shown = useShownRun();
  const isInHead = useMedia(SHEET) && (shown === undefined || shown.isPartial || shown.isStale);
  const canRun = model === undefined || runsOnSlides(model);
  return (
    <section aria-labelledby="run-heading">
      <h2 id="run-heading">Run</h2>
      <Choice
        label="Model"
        isLabelHidden
        value={modelId}
        options={models.map((one) => ({
          id: one.id,
          words: modelName(one),
          more: runsOnSlides(one) ? `${one.scope.tissue}, ${one.scope.stain}` : 'Over stored features, not on slides',
        }))}
        none="Choose a model"
        isDisabled={isRunning}
        onChange={actions.chooseModel}
      />
      {model !== undefined && <ModelCard key={model.id} model={model} />}
      <ImportButton isDisabled={isRunning} />
      <Segments
        label="Tiles"
        value={bagChoice}
        isDisabled={isRunning}
        options={[
          ['model', bagWords(model)],
          ['darkest-16', '16 darkest'],
        ]}
        onChange={actions.chooseBag}
      />
      {canRun ? (
        <BackendLine backend={backend} />
      ) : (
        <p className="notice" data-testid="cannot-run">
          This model is an attention head over stored features. It has no encoder, so it cannot look at a slide: import
          it together with its encoder, or choose another model.
        </p>
      )}
      {!isInHead && <RunButton className="button wide" />}
      {isRunning && <Progress progress={run.progress} />}
      {run.status === 'cancelled' && (
        <p className="muted small" role="status">
          The run was cancelled.
        </p>
      )}
      {run.status === 'failed' && <ErrorNotice error={run.error} onDismiss={actions.dismissError} />}
    </section>
  );
}

function bagWords(model: ModelManifest | undefined): string {
  if (model?.bag.protocol === 'darkest') return `${model.bag.count} darkest (model’s own)`;
  return 'All tissue';
}

/** What it was trained on, what it reached, and where it must not be believed. */
function ModelCard({ model }: { model: ModelManifest }) {
  const { metrics, scope, training, imported } = model;
  const { actions } = useSession();
  const isRunning = useScreen((screen) => screen.run.status === 'running');
  return (
    <Disclosure className="disclosure model-card">
      <Heading level={3}>
        <Button slot="trigger" className="link small">
          About this model
        </Button>
      </Heading>
      <DisclosurePanel>
        {imported !== undefined && (
          <Button className="button" isDisabled={isRunning} onPress={() => void actions.removeModel(model.id)}>
            <Trash2 size={16} aria-hidden />
            Remove this model
          </Button>
        )}
        <dl className="card-facts">
          {imported === undefined ? (
            <>
              <dt>For</dt>
              <dd>
                {scope.tissue}, {scope.stain}, {scope.mppRange[0]}–{scope.mppRange[1]} µm/px
              </dd>
              <dt>Trained on</dt>
              <dd>{training.data}</dd>
            </>
          ) : (
            <>
              <dt>Imported</dt>
              <dd>
                {imported.date.slice(0, 10)} from {imported.from}
              </dd>
              <dt>For</dt>
              <dd>
                {scope.tissue}, {scope.stain}
              </dd>
              <dt>Checked</dt>
              <dd>{goldenWords(imported)}</dd>
              <dt>SHA-256</dt>
              <dd className="hash">{weightsSha256(model)}</dd>
            </>
          )}
          <dt>Result</dt>
          <dd>
            {metrics === null
              ? 'Not measured'
              : `AUROC ${metrics.auroc.toFixed(3)} (95 % ${metrics.ci95[0].toFixed(2)}–${metrics.ci95[1].toFixed(2)}), accuracy ${metrics.accuracy.toFixed(2)} on ${count(metrics.n)} images of ${metrics.dataset}`}
          </dd>
          <dt>Threshold</dt>
          <dd>
            {model.decision.threshold?.toFixed(2) ?? 'none'}, chosen on {model.decision.chosenOn}
          </dd>
          <dt>Licence</dt>
          <dd>{model.license}</dd>
          <dt>Limits</dt>
          <dd>
            <ul>
              {model.limitations.map((limit) => (
                <li key={limit}>{limit}</li>
              ))}
            </ul>
          </dd>
        </dl>
      </DisclosurePanel>
    </Disclosure>
  );
}

function BackendLine({ backend }: { backend: BackendState }) {
  if (backend.status === 'unknown') return null;
  if (backend.status === 'checking') return <p className="muted small">Checking the numbers on this computer…</p>;
  // Not yet an error of the person's doing: Run tries again, and says it in full.
  if (backend.status === 'failed') return <p className="muted small">{errorText(backend.error).title}</p>;
  const { report } = backend;
  return (
    <p className="muted small">
      {backendWords(report)}, checked
      {report.reasons.length > 0 && (
        <span className="block">{report.reasons.map((reason) => `Not on ${reason}`).join('. ')}</span>
      )}
    </p>
  );
}

/** "WebGPU on Apple M2" */
export function backendWords(report: BackendReport): string {
  if (report.name !== 'webgpu') return `Processor (${report.device === '' ? report.name : report.device})`;
  return `WebGPU on ${report.device === '' ? 'this computer' : report.device}${report.software ? ' (software)' : ''}`;
}

const STAGES: Readonly<Record<RunProgress['stage'], string>> = {
  model: 'Loading the model',
  tissue: 'Looking for tissue',
  tiles: 'Looking at tiles',
};

function Progress({ progress }: { progress: RunProgress }) {
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
