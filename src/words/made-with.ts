/** What a result was made with, in words. */
import type { BagSpec } from '../tiling/bag.ts';
import { micrometres } from './numbers.ts';

export interface MadeWithValues {
  readonly modelName: string;
  /** Undefined where nobody knows how the tiles were chosen. */
  readonly bag: BagSpec | undefined;
  /** µm per level-0 px, where it is known. */
  readonly mpp: number | undefined;
}

/** "Compact gland MIL 1.2.0, all tissue, 0.5 µm/px" */
export function madeWithWords({ modelName, bag, mpp }: MadeWithValues): string {
  return [modelName, tilesWords(bag), ...(mpp === undefined ? [] : [`${micrometres(mpp)}/px`])].join(', ');
}

/** "all tissue", "16 darkest tiles" */
export function tilesWords(bag: BagSpec | undefined): string {
  if (bag === undefined) return 'other tiles';
  return bag.protocol === 'darkest' ? `${bag.count} darkest tiles` : 'all tissue';
}

/** Heads an export of a result that is no longer of what is chosen on the screen. */
export function staleHeading(madeWith: MadeWithValues): string {
  return `Made with ${madeWithWords(madeWith)}; not of what is chosen now.`;
}
