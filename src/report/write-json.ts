/** A result as JSON, the same from the page and from the command line. */
import type { BagPrediction } from '../analysis/prediction.ts';
import type { TileBag } from '../tiling/bag.ts';
import { packCells } from '../tiling/coverage.ts';
import { noteText } from '../words/notes.ts';
import { callSentence, scopeSentence } from '../words/scope.ts';
import { RESEARCH_USE, type ResultContext, type ResultJson, SCHEMA_VERSION } from './result.ts';

/** Plain data for JSON.stringify. Numbers keep every bit; [N,2] positions become 2 N numbers. */
export function toResultJson(prediction: BagPrediction, context: ResultContext): ResultJson {
  const { attention, scope, notes } = prediction;
  const { bag } = attention;
  const { tissue, stain } = context.model;
  return {
    schemaVersion: SCHEMA_VERSION,
    researchUse: RESEARCH_USE,
    ...(context.staleText === undefined ? {} : { staleText: context.staleText }),
    app: { name: 'milscope', ...context.app },
    date: context.date,
    ...(context.slide === undefined ? {} : { slide: context.slide }),
    slideId: prediction.slideId,
    fingerprint: context.fingerprint,
    slideSize: context.slideSize,
    pixelSize: context.pixelSize,
    series: context.series,
    modelId: prediction.modelId,
    model: context.model,
    tile: {
      protocol: bag.protocol,
      sidePx: bag.tilePx,
      sideUm: bag.mpp === undefined ? null : bag.tilePx * bag.mpp,
    },
    bagSpec: context.bagSpec,
    classes: prediction.classes,
    positiveClass: prediction.positiveClass,
    scope,
    scopeText: tissue === null || stain === null ? null : scopeSentence(scope, { tissue, stain }),
    label: prediction.label,
    callText: callSentence(prediction),
    threshold: prediction.threshold,
    probabilities: Array.from(prediction.probabilities),
    logits: Array.from(prediction.logits),
    bias: prediction.bias,
    temperature: prediction.temperature,
    notes: notes.map((note) => ({ ...note, text: noteText(note) })),
    backend: prediction.backend,
    elapsedMs: prediction.elapsedMs,
    attention: {
      bag: toBagJson(bag),
      scores: Array.from(attention.scores),
      weights: Array.from(attention.weights),
      contributions: attention.contributions && Array.from(attention.contributions),
      tileProbabilities: attention.tileProbabilities && Array.from(attention.tileProbabilities),
    },
  };
}

function toBagJson(bag: TileBag): ResultJson['attention']['bag'] {
  const { xy, tissueFraction, coverage, ...rest } = bag;
  return {
    ...rest,
    xy: Array.from(xy),
    tissueFraction: Array.from(tissueFraction),
    coverage: coverage && { ...coverage, cells: packCells(coverage.cells) },
  };
}

/** The text of a JSON file: indented, but each array of numbers or texts on one line. */
export function toResultText(prediction: BagPrediction, context: ResultContext): string {
  return `${written(toResultJson(prediction, context), '')}\n`;
}

function written(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent} `;
  if (Array.isArray(value)) {
    if (!value.some((one) => typeof one === 'object' && one !== null)) return JSON.stringify(value);
    return `[\n${value.map((one) => inner + written(one, inner)).join(',\n')}\n${indent}]`;
  }
  const fields = Object.entries(value).filter(([, one]) => one !== undefined);
  if (fields.length === 0) return '{}';
  const lines = fields.map(([key, one]) => `${inner}${JSON.stringify(key)}: ${written(one, inner)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}
