/** For tests: results of the real pipeline over a painted slide, inside or outside what the model was made for. */
import { analyze } from '../analysis/analyze.ts';
import type { BagPrediction, Scope } from '../analysis/prediction.ts';
import type { ModelManifest } from '../model/manifest.ts';
import type { BagSpec } from '../tiling/bag.ts';
import { linearModel } from './linear-model.ts';
import { memorySlide, type Rgb } from './memory-slide.ts';

export const EXAMPLE_SPEC: BagSpec = {
  ...{ protocol: 'tissue-grid', tilePx: 32, mpp: 1, minTissue: 0.5, maxTiles: 20, seed: 1 },
};

function paint(x: number, y: number): Rgb {
  return (Math.floor(x / 5) + Math.floor(y / 3)) % 3 === 0 ? [90, 40, 130] : [215 - x / 4, 140, 190];
}

/** Of figures that only look at mean red: every tile is near 170, and none near 0. */
const RED = Array.from({ length: 49 }, (_, i) => (i === 0 ? 7 / 50 ** 2 : 0));

export interface ExampleChoices {
  readonly scope?: Scope['state'];
  readonly mpp?: number | undefined;
  readonly userMpp?: number;
  readonly bag?: BagSpec;
  readonly decision?: Partial<ModelManifest['decision']>;
  readonly classes?: readonly string[];
}

export interface Example {
  readonly prediction: BagPrediction;
  readonly manifest: ModelManifest;
  readonly slide: ReturnType<typeof memorySlide>;
  readonly spec: BagSpec;
}

/** A run of the linear test model over 256 x 160 px. */
export async function exampleResult(choices: ExampleChoices = {}): Promise<Example> {
  const { scope = 'inside', bag = EXAMPLE_SPEC, classes } = choices;
  const mpp = 'mpp' in choices ? choices.mpp : 1;
  const base = linearModel({ bag: EXAMPLE_SPEC, score: [9, 0, 0] });
  const red = scope === 'inside' ? 160 : 0;
  const appearance = { mean: [red, 0, 0, 0, 0, 0, 0], precision: RED, limit: 4 };
  const manifest: ModelManifest = {
    ...base.manifest,
    ...(classes === undefined ? {} : { classes }),
    decision: { ...base.manifest.decision, ...choices.decision },
    scope: { ...base.manifest.scope, ...(scope === 'unmeasured' ? {} : { appearance }) },
  };
  const slide = memorySlide({ width: 256, height: 160, mpp, paint });
  const prediction = await analyze(slide, { ...base, manifest }, { bag, mpp: choices.userMpp });
  return { prediction, manifest, slide, spec: bag };
}
