import { ChevronDown } from 'lucide-react';
import { useId } from 'react';
import { Button } from 'react-aria-components';
import { runsOnSlides } from '../../model/catalog.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import { errorText } from '../../words/errors.ts';
import { backendPlace } from '../../words/labels.ts';
import { ImportButton } from '../import/ImportButton.tsx';
import { Choice } from '../shell/Choice.tsx';
import { useFold } from '../shell/Fold.tsx';
import { Segments } from '../shell/Segments.tsx';
import { bagOf } from '../state/made-with.ts';
import type { BackendState, SlideRecord } from '../state/screen.ts';
import { useModel, useModels, useScreen, useSession } from '../state/session.ts';
import { ModelCard } from './ModelCard.tsx';
import { modelName } from './model-labels.ts';
import './run.css';

/** Which model, and how it is run. With a result on screen it folds to what is chosen. */
export function RunPanel({ slide }: { slide: SlideRecord }) {
  const { actions } = useSession();
  const models = useModels();
  const model = useModel();
  const modelId = useScreen((screen) => screen.modelId);
  const bagChoice = useScreen((screen) => screen.bagChoice);
  const backend = useScreen((screen) => screen.backend);
  const isRunning = useScreen((screen) => screen.run.status === 'running');
  const lastRun = slide.runs.at(-1)?.id;
  const isFolded = lastRun !== undefined;
  const [isOpen, setOpen] = useFold(lastRun, false);
  const [isAboutOpen, setAboutOpen] = useFold(`${modelId} ${lastRun}`, false);
  const id = useId();
  const canRun = model === undefined || runsOnSlides(model);
  return (
    <section aria-labelledby={`${id}-heading`} className={isFolded ? 'run is-folded' : 'run'}>
      <h2 id={`${id}-heading`} className={isFolded ? 'visually-hidden' : undefined}>
        Run
      </h2>
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
      <div className="run-line">
        <Button
          className="fold-trigger"
          aria-expanded={isOpen}
          aria-controls={`${id}-settings`}
          onPress={() => setOpen(!isOpen)}
        >
          Run settings
          <ChevronDown size={14} aria-hidden />
        </Button>
        {!isOpen && model !== undefined && <span className="fold-summary small">{tilesName(model, bagChoice)}</span>}
        {model !== undefined && (
          <Button
            className="link small"
            aria-expanded={isAboutOpen}
            aria-controls={`${id}-about`}
            onPress={() => setAboutOpen(!isAboutOpen)}
          >
            About this model
          </Button>
        )}
      </div>
      <div id={`${id}-about`} hidden={!isAboutOpen}>
        {model !== undefined && isAboutOpen && <ModelCard model={model} />}
      </div>
      <div id={`${id}-settings`} className="run-settings" hidden={!isOpen}>
        <Segments
          label="Tiles"
          value={bagChoice}
          isDisabled={isRunning}
          options={[
            ['model', model === undefined ? 'All tissue' : tilesName(model, 'model')],
            ['darkest-16', '16 darkest'],
          ]}
          onChange={actions.chooseBag}
        />
        <ImportButton isDisabled={isRunning} />
      </div>
      {!canRun && (
        <p className="notice" data-testid="cannot-run">
          This model is an attention head over stored features. It has no encoder, so it cannot look at a slide: import
          it together with its encoder, or choose another model.
        </p>
      )}
      {canRun && (!isFolded || isOpen) && <BackendLine backend={backend} />}
    </section>
  );
}

/** "All tissue", "16 darkest" */
function tilesName(model: ModelManifest, choice: Parameters<typeof bagOf>[1]): string {
  const bag = bagOf(model, choice);
  if (bag.protocol !== 'darkest') return 'All tissue';
  return `${bag.count} darkest${choice === 'model' ? ' (model’s own)' : ''}`;
}

function BackendLine({ backend }: { backend: BackendState }) {
  switch (backend.status) {
    case 'unknown':
      return null;
    case 'checking':
      return <p className="muted small">Checking the numbers on this computer…</p>;
    case 'failed':
      // Not yet an error of the person's doing: Run tries again, and says it in full.
      return <p className="muted small">{errorText(backend.error).title}</p>;
    case 'ready':
      return <p className="muted small">Runs {backendPlace(backend.report)}, checked</p>;
  }
}
