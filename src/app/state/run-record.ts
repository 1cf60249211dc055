/** A finished run of a slide. */
import type { BagPrediction } from '../../analysis/prediction.ts';
import type { ResultContext } from '../../report/result.ts';
import { differences, type MadeWith } from './made-with.ts';

/** What the numbers came from: tiles of the slide, features that were stored, scores that were given. */
export type RunSource = 'model' | 'features' | 'scores';

export interface RunRecord {
  readonly id: string;
  readonly source: RunSource;
  readonly prediction: BagPrediction;
  readonly madeWith: MadeWith;
  /** Which milscope, when, on which slide, with which weights: what exports say of it. Without the slide's file name. */
  readonly context: Omit<ResultContext, 'slide'>;
  /** Computed in this page, or read from a file that was exported. */
  readonly origin: 'computed' | 'file';
}

/** Runs of one slide that are kept: going back to earlier settings shows their result again. */
const MOST_RUNS = 8;

/** The runs with one more; it takes the place of one made with the same. */
export function withRun(runs: readonly RunRecord[], run: RunRecord): readonly RunRecord[] {
  return [...runs.filter((one) => differences(one.madeWith, run.madeWith).length > 0), run].slice(-MOST_RUNS);
}

/** The run to show: the last one made with what is chosen now, else the last of all. */
export function runToShow(runs: readonly RunRecord[], current: MadeWith | undefined): RunRecord | undefined {
  const fitting = current && runs.findLast((run) => differences(run.madeWith, current).length === 0);
  return fitting ?? runs.at(-1);
}
