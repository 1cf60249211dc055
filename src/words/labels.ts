/** What things are called: classes, maps and their units, and where a run was computed. */
import type { MapKind } from '../analysis/heatmap.ts';
import type { BagPrediction } from '../analysis/prediction.ts';
import type { BackendReport } from '../model/backend-report.ts';

/** "Malignant": a class at the head of a line. */
export function classLabel(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** The other of the two classes, "not malignant" where there is none. */
export function negativeClass({ classes, positiveClass }: Pick<BagPrediction, 'classes' | 'positiveClass'>): string {
  return classes.find((name) => name !== positiveClass) ?? `not ${positiveClass}`;
}

export interface MapLabel {
  readonly name: string;
  /** One sentence: what a value says. */
  readonly meaning: string;
  /** What one step of the scale is, in plain words. */
  readonly unit: string;
  /** The same as a statistician calls it; for details and tooltips. */
  readonly exactUnit: string;
  /** What the two ends of the scale stand for. */
  readonly low: string;
  readonly high: string;
}

/** A map of one value a tile, named for a reader. */
export function mapLabel(kind: MapKind, positive: string, negative: string): MapLabel {
  switch (kind) {
    case 'attention':
      return {
        name: 'Attention',
        meaning: 'How much the model looked at each tile. It says nothing of which way a tile speaks.',
        unit: '1× = an equal share',
        exactUnit: 'attention weight relative to uniform',
        low: 'less',
        high: 'more',
      };
    case 'contribution':
      return {
        name: 'Contribution',
        meaning: `How far each tile moves the result towards ${positive} or towards ${negative}.`,
        unit: 'how far each tile moves the result',
        exactUnit: `log-odds of ${positive}`,
        low: `towards ${negative}`,
        high: `towards ${positive}`,
      };
    case 'probability':
      return {
        name: 'Single tile',
        meaning: `Probability of ${positive} if the slide were this tile alone.`,
        unit: `probability of ${positive} of each tile alone`,
        exactUnit: `probability of ${positive}`,
        low: negative,
        high: positive,
      };
    case 'score':
      return {
        name: 'Score',
        meaning: 'The score given for each tile.',
        unit: 'as given',
        exactUnit: 'as given',
        low: 'lowest',
        high: 'highest',
      };
  }
}

/** "on this computer's graphics card": a graphics card that is only imitated is the processor. */
export function backendPlace({ name, software }: Pick<BackendReport, 'name' | 'software'>): string {
  return name === 'webgpu' && !software ? "on this computer's graphics card" : "on this computer's processor";
}

/** A licence beside the name of what it is of: "MIT" of "Weights: MIT (trained on ...)", with an ellipsis where conditions follow. */
export function licenseLine(license: string): string {
  const whole = license
    .replace(/\s*\(.*$/s, '')
    .replace(/^weights:\s*/i, '')
    .trim();
  const short = whole.replace(/,.*$/s, '');
  return `${classLabel(short)}${short === whole ? '' : ' …'}`;
}
