import { Trash2 } from 'lucide-react';
import { Button } from 'react-aria-components';
import { weightsSha256 } from '../../model/catalog.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import { useScreen, useSession } from '../state/session.ts';
import { figuresWords, goldenWords, METHOD } from './model-labels.ts';

/** Where a model must not be believed, then what it is for, what it reached, and on what terms it may be used. */
export function ModelCard({ model }: { model: ModelManifest }) {
  const { scope, training, imported } = model;
  const { actions } = useSession();
  const isRunning = useScreen((screen) => screen.run.status === 'running');
  return (
    <div className="model-card" data-testid="model-card">
      <ul className="limits">
        {model.limitations.map((limit) => (
          <li key={limit}>{limit}</li>
        ))}
      </ul>
      <dl className="card-facts">
        <dt>For</dt>
        <dd>
          {scope.tissue}, {scope.stain}
          {imported === undefined && `, ${scope.mppRange[0]}–${scope.mppRange[1]} µm/px`}. {model.intendedUse}
        </dd>
        {imported === undefined ? (
          <>
            <dt>Trained on</dt>
            <dd>{training.data}</dd>
          </>
        ) : (
          <>
            <dt>Imported</dt>
            <dd>
              {imported.date.slice(0, 10)} from {imported.from}
            </dd>
            <dt>Checked</dt>
            <dd>{goldenWords(imported)}</dd>
            <dt>SHA-256</dt>
            <dd className="hash">{weightsSha256(model)}</dd>
          </>
        )}
        <dt>Figures</dt>
        <dd>{figuresWords(model.metrics)}</dd>
        <dt>Threshold</dt>
        <dd>
          {model.decision.threshold?.toFixed(2) ?? 'none'}, chosen on {model.decision.chosenOn}
        </dd>
        <dt>Method</dt>
        <dd>{METHOD}</dd>
        <dt>Licence</dt>
        <dd>{model.license}</dd>
      </dl>
      {imported !== undefined && (
        <Button className="button" isDisabled={isRunning} onPress={() => void actions.removeModel(model.id)}>
          <Trash2 size={16} aria-hidden />
          Remove this model
        </Button>
      )}
    </div>
  );
}
