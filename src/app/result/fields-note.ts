/** What a reader would miss in the strip of fields. Pure. */
import { lookedAtSentence, weakFieldsSentence } from '../../words/fields.ts';
import type { MapLabel } from '../../words/labels.ts';
import { flatAttention } from '../heatmap/heatmap-view.ts';
import type { ShownMap, ShownRun } from '../state/shown-run.ts';
import { type FieldGroup, isOnlyWeak } from './fields.ts';

/** One sentence; undefined where the fields speak for themselves. */
export function fieldsNote(
  { outcome }: Pick<ShownRun, 'outcome'>,
  map: ShownMap,
  { low, high }: Pick<MapLabel, 'low' | 'high'>,
  groups: readonly FieldGroup[],
): string | undefined {
  if (groups.length === 0) return 'No field stands out on this map.';
  if (flatAttention(map) !== undefined) return 'No field stands out: attention is spread evenly.';
  if (outcome.kind === 'binary' && outcome.called === outcome.negative) {
    const { positive, negative } = outcome;
    if (isOnlyWeak(outcome, map, groups)) return weakFieldsSentence(positive, negative);
    if (map.kind === 'attention') return lookedAtSentence(positive, negative);
  }
  if (!map.isSigned) return undefined;
  if (!groups.some(({ id }) => id === 'towards')) return `No field ${high}.`;
  return groups.some(({ id }) => id === 'against') ? undefined : `No field ${low}.`;
}
