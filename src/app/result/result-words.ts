/** What the result card says of a run besides its scope, call and notes. Pure. */
import type { BackendReport } from '../../model/backend-report.ts';
import type { Rejected, TileBag } from '../../tiling/bag.ts';
import { coverageLabel } from '../../words/coverage.ts';
import { classLabel } from '../../words/labels.ts';
import { madeWithWords } from '../../words/made-with.ts';
import { count } from '../../words/numbers.ts';
import type { MadeFor } from '../../words/scope.ts';
import type { Difference } from '../state/made-with.ts';
import type { RunRecord } from '../state/run-record.ts';
import type { ShownRun } from '../state/shown-run.ts';

/** What the model of a result was made for; undefined where a file did not say. */
export function madeForOf({ context }: Pick<RunRecord, 'context'>): MadeFor | undefined {
  const { tissue, stain } = context.model;
  return tissue === null || stain === null ? undefined : { tissue, stain };
}

/** "Result", or what one says of itself that is not finished or not of the settings chosen now. */
export function resultHeading(run: Pick<ShownRun, 'isPartial' | 'isStale' | 'madeWith'> | undefined): string {
  if (run === undefined) return 'Result';
  if (run.isPartial) return 'Result so far';
  return run.isStale ? `Result of ${madeWithWords(run.madeWith)}` : 'Result';
}

const CHANGED: Readonly<Record<Difference, string>> = {
  model: 'the model',
  tiles: 'the choice of tiles',
  'pixel-size': 'the pixel size',
  image: 'the image of the file',
};

/** "The model and the pixel size have changed since." */
export function changedSentence(staleIn: ShownRun['staleIn']): string {
  const words = staleIn.map((one) => CHANGED[one]);
  const all = words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
  return `${all.charAt(0).toUpperCase()}${all.slice(1)} ${words.length === 1 ? 'has' : 'have'} changed since.`;
}

/** "20 of 28 tiles, 8 without tissue", "The 16 darkest of 352 tiles" */
export function tileCountWords({ protocol, count: used, candidates, rejected }: TileBag): string {
  if (protocol === 'darkest') return `The ${count(used)} darkest of ${count(candidates)} tiles`;
  const empty = rejected.background === 0 ? '' : `, ${count(rejected.background)} without tissue`;
  return `${count(used)} of ${count(candidates)} tiles${empty}`;
}

const REASONS: readonly (keyof Rejected)[] = ['background', 'pen', 'black', 'blur', 'unreadable', 'cap'];

/** Why tiles were left out, and how many of each; nothing of what left out none. */
export function leftOutRows({ rejected }: Pick<TileBag, 'rejected'>): readonly Row[] {
  return REASONS.filter((reason) => rejected[reason] > 0).map((reason) => [
    classLabel(coverageLabel(reason)),
    `${count(rejected[reason])} ${rejected[reason] === 1 ? 'tile' : 'tiles'}`,
  ]);
}

/** A name and a value of the details. */
export type Row = readonly [name: string, value: string];

/** "WebGPU on Apple M2", "WebAssembly SIMD": for details. */
export function deviceWords({ name, device, software }: BackendReport): string {
  if (name === 'webgpu') return `WebGPU on ${device === '' ? 'this computer' : device}${software ? ' (software)' : ''}`;
  return device === '' ? name : device;
}

/** Which faster ways of computing were not used, and why; undefined where none was passed over. */
export function unusedWords({ reasons }: Pick<BackendReport, 'reasons'>): string | undefined {
  return reasons.length === 0 ? undefined : reasons.join('; ');
}
