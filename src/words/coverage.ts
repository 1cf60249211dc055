/** What became of the tiles of a slide, in a few words each. */
import type { CoverageName } from '../tiling/coverage.ts';

const LABELS: Readonly<Record<CoverageName, string>> = {
  tile: 'analyzed',
  background: 'no tissue',
  pen: 'pen marks',
  black: 'black',
  blur: 'out of focus',
  edge: 'cut off by the edge of the image',
  unreadable: 'could not be read',
  cap: 'beyond the number asked for',
};

/** "analyzed", "pen marks": stands after a number of tiles. */
export function coverageLabel(name: CoverageName): string {
  return LABELS[name];
}
