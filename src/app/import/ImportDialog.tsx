import { X } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { Button, Dialog, Heading, Modal, ModalOverlay, ProgressBar } from 'react-aria-components';
import { importedId, runsOnSlides, weightsSha256 } from '../../model/catalog.ts';
import type { ImportPlan } from '../../model/import.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import { goldenWords, modelName, networkWords } from '../run/model-labels.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import { IconButton } from '../shell/IconButton.tsx';
import { Segments } from '../shell/Segments.tsx';
import { useScreen, useSession } from '../state/session.ts';
import { type FieldProblems, type ImportFields, NORMALISATIONS, toFields, toSettings, triple } from './import-form.ts';
import './import.css';

/** The door for a model of the user's own: what was found in it, what must be asked, what came of it. */
export function ImportDialog() {
  const { actions } = useSession();
  const state = useScreen((screen) => screen.importing);
  const isRunning = useScreen((screen) => screen.run.status === 'running');
  return (
    <ModalOverlay
      className="modal-veil"
      isOpen={state.status !== 'none'}
      onOpenChange={(isOpen) => {
        if (!isOpen) actions.closeImport();
      }}
    >
      <Modal className="modal import-modal">
        <Dialog>
          <div className="between">
            <Heading slot="title">Import a model</Heading>
            <IconButton label="Close" icon={<X size={18} aria-hidden />} onPress={actions.closeImport} />
          </div>
          {'name' in state && <p className="muted">{state.name}</p>}
          {state.status === 'reading' && (
            <Busy words={isRunning ? 'Waiting for the run to end…' : 'Looking into the file…'} />
          )}
          {state.status === 'failed' && (
            <>
              <ErrorNotice error={state.error} />
              <p className="muted small">
                milscope reads PyTorch weights (.pth, .pt), safetensors, TensorFlow.js encoders with a head, and its own
                model folders.
              </p>
            </>
          )}
          {(state.status === 'planned' || state.status === 'importing') && (
            <Plan
              // A new plan brings new fields.
              key={state.plan.manifestId}
              plan={state.plan}
              isBusy={state.status === 'importing'}
              problem={state.status === 'planned' && state.error !== undefined && <ErrorNotice error={state.error} />}
            />
          )}
          {state.status === 'done' && <Done manifest={state.manifest} />}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Busy({ words }: { words: string }) {
  return (
    <ProgressBar className="progress" aria-label={words} isIndeterminate>
      <p className="muted">{words}</p>
    </ProgressBar>
  );
}

/** What the import will do, before it does anything. */
function Plan({ plan, isBusy, problem }: { plan: ImportPlan; isBusy: boolean; problem: ReactNode }) {
  const { actions } = useSession();
  const imported = useScreen((screen) => screen.imported);
  const [fields, setFields] = useState(plan.settings && toFields(plan.settings));
  const [problems, setProblems] = useState<FieldProblems>({});
  const id = importedId(fields?.name ?? plan.manifestId);
  const before = imported.find((one) => one.id === id);
  return (
    <form
      noValidate
      data-testid="import-plan"
      data-kind={plan.kind}
      onSubmit={(event) => {
        event.preventDefault();
        if (fields === undefined || plan.settings === undefined) return void actions.importModel({});
        const result = toSettings(fields, plan.settings);
        if ('problems' in result) return setProblems(result.problems);
        setProblems({});
        void actions.importModel(result.settings);
      }}
    >
      <p>{networkWords(plan)}.</p>
      {plan.kind === 'head' && (
        <p className="notice warn">
          This is an attention head without an encoder. It will be listed, but it cannot look at slides. To run it on
          slides, drop it together with the TensorFlow.js encoder whose features it takes.
        </p>
      )}
      {plan.mapping.length > 0 && <Mapping plan={plan} />}
      {fields !== undefined && plan.settings !== undefined && (
        <Fields
          fields={fields}
          problems={problems}
          plan={plan}
          onChange={(change) => setFields({ ...fields, ...change })}
        />
      )}
      <Assumptions plan={plan} />
      <p className="muted small">
        {plan.bringsGolden
          ? 'A reference result came with it; the import succeeds only if the model reproduces it here.'
          : 'No reference result came with it, so its numbers cannot be compared with those of its training.'}{' '}
        It will be kept in this browser until you remove it, and always be marked as imported.
      </p>
      {before !== undefined && (
        <p className="notice warn">It takes the place of {modelName(before)}, imported before under this name.</p>
      )}
      {problem}
      {Object.keys(problems).length > 0 && (
        <p className="notice error" role="alert">
          Some fields need another value.
        </p>
      )}
      {isBusy ? (
        <Busy words="Checking the model on this computer…" />
      ) : (
        <div className="dialog-actions import-actions">
          <Button type="submit" className="button primary">
            Import
          </Button>
          <Button className="button" onPress={actions.closeImport}>
            Cancel
          </Button>
        </div>
      )}
    </form>
  );
}

const MATCHED = { name: 'by name', shape: 'by shape', order: 'by shape and order' } as const;

/** Which tensor of the file becomes which parameter. */
function Mapping({ plan }: { plan: ImportPlan }) {
  const { mapping, unused } = plan;
  const byName = mapping.filter(({ matchedBy }) => matchedBy === 'name').length;
  return (
    <>
      <h3 className="import-heading">
        {mapping.length} parameters: {byName === mapping.length ? 'all' : byName} matched by name
        {byName < mapping.length && `, ${mapping.length - byName} by shape; check these`}
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the table scrolls, so the keyboard must reach it */}
      <section className="mapping" tabIndex={0} aria-label="Which tensor goes where">
        <table>
          <thead>
            <tr>
              <th scope="col">Parameter</th>
              <th scope="col">Shape</th>
              <th scope="col">Tensor of the file</th>
              <th scope="col">Matched</th>
            </tr>
          </thead>
          <tbody>
            {mapping.map(({ parameter, shape, tensor, matchedBy }) => (
              <tr key={parameter}>
                <td>{parameter}</td>
                <td>{shape.join(' × ')}</td>
                <td>{tensor ?? <i>none: zeros</i>}</td>
                <td>{MATCHED[matchedBy]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {unused.length > 0 && (
        <p className="muted small">
          Not used, because only training needs {unused.length === 1 ? 'it' : 'them'}: {unused.slice(0, 6).join(', ')}
          {unused.length > 6 && ` and ${unused.length - 6} more`}.
        </p>
      )}
    </>
  );
}

function Assumptions({ plan }: { plan: ImportPlan }) {
  if (plan.assumptions.length === 0) return null;
  return (
    <>
      <h3 className="import-heading">What the file does not say, and was assumed until changed above</h3>
      <ul className="small muted">
        {plan.assumptions.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </>
  );
}

/** What no file of weights says. */
function Fields({
  fields,
  problems,
  plan,
  onChange,
}: {
  fields: ImportFields;
  problems: FieldProblems;
  plan: ImportPlan;
  onChange: (change: Partial<ImportFields>) => void;
}) {
  const field = (name: Exclude<keyof ImportFields, 'protocol'>, label: string) => (
    <Field
      label={label}
      value={fields[name]}
      problem={problems[name]}
      onChange={(text) => onChange({ [name]: text })}
    />
  );
  const isHead = plan.kind === 'head';
  return (
    <fieldset className="import-fields">
      <legend>How it was trained</legend>
      {field('name', 'Name')}
      <div className="columns">
        {field('negative', 'Negative class')}
        {field('positive', 'Positive class (output 1)')}
        {field('threshold', 'Called positive from')}
        {field('temperature', 'Temperature of its calibration')}
        {field('tissue', 'Tissue')}
        {field('stain', 'Stain')}
      </div>
      {!isHead && (
        <>
          <Segments
            label="Tiles of a slide"
            value={fields.protocol}
            options={[
              ['tissue-grid', 'All tissue'],
              ['darkest', 'The darkest'],
            ]}
            onChange={(protocol) => onChange({ protocol })}
          />
          <div className="columns">
            {field('tilePx', 'Tile side (px)')}
            {fields.protocol === 'tissue-grid' ? (
              field('mpp', 'Pixel size (µm/px)')
            ) : (
              <>
                {field('count', 'How many')}
                {field('downsample', 'Downsample')}
              </>
            )}
          </div>
          <div className="columns">
            {field('mean', 'Normalisation: mean (R, G, B)')}
            {field('std', 'Standard deviation (R, G, B)')}
          </div>
          <p className="muted small">
            Of pixel values from 0 to 1. Usual:{' '}
            {NORMALISATIONS.map(([label, mean, std], i) => (
              <span key={label}>
                {i > 0 && ' · '}
                <Button className="link" onPress={() => onChange({ mean: triple(mean), std: triple(std) })}>
                  {label}
                </Button>
              </span>
            ))}
          </p>
        </>
      )}
    </fieldset>
  );
}

function Field({
  label,
  value,
  problem,
  onChange,
}: {
  label: string;
  value: string;
  problem: string | undefined;
  onChange: (text: string) => void;
}) {
  const id = useId();
  return (
    <div className="form-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        value={value}
        autoComplete="off"
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : `${id}-problem`}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {problem !== undefined && (
        <span id={`${id}-problem`} className="small field-problem">
          {problem}
        </span>
      )}
    </div>
  );
}

/** What the import came to. */
function Done({ manifest }: { manifest: ModelManifest }) {
  const { actions } = useSession();
  const { imported } = manifest;
  return (
    <div
      className="import-result"
      data-testid="import-result"
      data-model-id={manifest.id}
      data-golden={imported?.golden}
    >
      <p role="status">
        <b>{modelName(manifest)}</b> {runsOnSlides(manifest) ? 'is ready and chosen.' : 'is listed.'}
      </p>
      {imported !== undefined && <p>{goldenWords(imported)}</p>}
      <p className="muted small">
        Weights SHA-256 <span className="hash">{weightsSha256(manifest)}</span>
      </p>
      <Button className="button primary" onPress={actions.closeImport}>
        Done
      </Button>
    </div>
  );
}
