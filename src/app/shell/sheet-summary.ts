/** The two lines by which the folded panel says where things stand. Pure. */
import type { ModelManifest } from '../../model/manifest.ts';
import { errorText } from '../../words/errors.ts';
import { classLabel } from '../../words/labels.ts';
import { count, probability } from '../../words/numbers.ts';
import { scopeSentence } from '../../words/scope.ts';
import { modelName } from '../run/model-labels.ts';
import type { Screen, SlideKey } from '../state/screen.ts';
import type { Outcome, ShownRun } from '../state/shown-run.ts';

export interface SheetSummary {
  /** What the second line stands under: a condition, a warning, the model. */
  readonly over: string;
  readonly main: string;
  /** `call`: what the model says, in its scope; `aside`: all else, which is never the largest thing on the screen. */
  readonly tone: 'call' | 'aside';
  /** 0..1 while tiles are being looked at. */
  readonly progress?: number;
}

const STAGES = { model: 'Loading the model…', tissue: 'Looking for tissue…', tiles: 'Looking at tiles…' } as const;

/** `model`: the one that is chosen; `madeBy`: the one that the result on screen is of. */
export function sheetSummary(
  slideKey: SlideKey,
  state: Screen['run'],
  run: ShownRun | undefined,
  model: ModelManifest | undefined,
  madeBy: ModelManifest | undefined,
): SheetSummary {
  if (state.status === 'running' && state.slideKey === slideKey) {
    const { stage, tilesDone, tilesTotal } = state.progress;
    const isCounting = stage === 'tiles' && tilesTotal > 0;
    return {
      over: state.madeWith.modelName,
      main: isCounting ? `${count(tilesDone)} of ${count(tilesTotal)} tiles` : STAGES[stage],
      tone: 'aside',
      progress: isCounting ? tilesDone / tilesTotal : 0,
    };
  }
  if (state.status === 'failed' && state.slideKey === slideKey) {
    return { over: 'The run did not succeed', main: errorText(state.error).title, tone: 'aside' };
  }
  if (run?.record === undefined || run.scope === undefined) {
    return model === undefined
      ? { over: 'No model', main: 'Choose a model', tone: 'aside' }
      : { over: modelName(model), main: `For ${model.scope.tissue}, ${model.scope.stain}`, tone: 'aside' };
  }
  if (run.isStale) {
    return { over: `Result of ${run.madeWith.modelName}`, main: 'Not of what is chosen now', tone: 'aside' };
  }
  if (run.scope.state === 'outside') {
    return { over: 'Outside what this model was made for', main: outsideWords(run.outcome), tone: 'aside' };
  }
  const over = scopeSentence(run.scope, madeBy?.scope ?? { tissue: 'other tissue', stain: 'another stain' });
  return { over, main: outcomeWords(run.outcome), tone: 'call' };
}

function outsideWords(outcome: Outcome): string {
  return outcome.kind === 'binary' ? `raw output ${probability(outcome.probability)}` : 'No class is called';
}

/** "Malignant 0.83", "Benign · malignant 0.06" */
function outcomeWords(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'binary': {
      const { called, positive, probability: p } = outcome;
      if (called === positive) return `${classLabel(called)} ${probability(p)}`;
      return `${called === null ? 'No class is called' : classLabel(called)} · ${positive} ${probability(p)}`;
    }
    case 'classes': {
      const { called, classes } = outcome;
      const of = classes.find(({ name }) => name === called);
      return of === undefined ? 'No class is called' : `${classLabel(of.name)} · ${probability(of.probability)}`;
    }
    case 'value':
      return `${outcome.name} ${Number(outcome.value.toPrecision(3))} ${outcome.unit}`;
    case 'none':
      return '';
  }
}
