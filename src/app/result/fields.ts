/** Which fields of the slide a reviewer reads first: those of the largest values of the map on screen. Pure. */
import type { Outcome, ShownMap } from '../state/shown-run.ts';

export interface Field {
  /** Index into the bag. */
  readonly tile: number;
  /** 1 for the first of the strip; goes on from one group to the next. */
  readonly rank: number;
  /** In the unit of the map. */
  readonly value: number;
}

export interface FieldGroup {
  /** 'towards' and 'against' the class that a signed map speaks for; 'highest' of any other map. */
  readonly id: 'towards' | 'against' | 'highest';
  /** Sorted by strength, the strongest first. */
  readonly fields: readonly Field[];
  /** All tiles on this side that are strong enough to be listed; `fields` are the first of them. */
  readonly of: number;
}

/** Ten fields at reading size are what a reading study found to work. @see PMC13005349 */
const FIELDS_A_GROUP = 10;
/** Fields weaker than this share of the slide's strongest are not listed. */
const LEAST_SHARE = 0.01;

/** Those for and those against apart; of a map without signs one group. Empty groups are left out. */
export function fieldGroups({ values, isSigned }: Pick<ShownMap, 'values' | 'isSigned'>): readonly FieldGroup[] {
  let most = 0;
  for (const value of values) if (Math.abs(value) > most) most = Math.abs(value);
  const least = LEAST_SHARE * most;
  const tiles = Array.from(values, (value, tile) => ({ tile, value })).filter(
    ({ value }) => value !== 0 && Math.abs(value) >= least,
  );
  const strongest = (wanted: (value: number) => boolean) =>
    tiles.filter(({ value }) => wanted(value)).sort((a, b) => Math.abs(b.value) - Math.abs(a.value) || a.tile - b.tile);
  const groups = isSigned
    ? ([
        ['towards', strongest((value) => value > 0)],
        ['against', strongest((value) => value < 0)],
      ] as const)
    : ([['highest', strongest((value) => value > 0)]] as const);
  let rank = 0;
  return groups
    .filter(([, found]) => found.length > 0)
    .map(([id, found]) => ({
      id,
      fields: found.slice(0, FIELDS_A_GROUP).map((field) => ({ ...field, rank: ++rank })),
      of: found.length,
    }));
}

/** The tiles in the order of the strip: what N, P and the arrow keys step through. */
export function fieldOrder(groups: readonly FieldGroup[]): readonly number[] {
  return groups.flatMap(({ fields }) => fields.map(({ tile }) => tile));
}

/** A field of the strip with the group that it stands in; undefined for a tile that is not listed. */
export function fieldOf(
  groups: readonly FieldGroup[],
  tile: number | undefined,
): (Field & { readonly group: FieldGroup['id'] }) | undefined {
  for (const { id, fields } of groups) {
    const field = fields.find((one) => one.tile === tile);
    if (field !== undefined) return { ...field, group: id };
  }
  return undefined;
}

/** A step of the probability that a reader would see in its two decimals. */
const VISIBLE_STEP = 0.01;

/**
 * Whether the negative class is called and nothing listed speaks against that: no field towards the positive class is
 * there, or the strongest one alone moves the probability by less than 0.01. Of the contributions only, log-odds.
 */
export function isOnlyWeak(outcome: Outcome, map: Pick<ShownMap, 'kind'>, groups: readonly FieldGroup[]): boolean {
  if (outcome.kind !== 'binary' || outcome.called !== outcome.negative || map.kind !== 'contribution') return false;
  const strongest = groups.find(({ id }) => id === 'towards')?.fields[0]?.value ?? 0;
  const { probability } = outcome;
  // Odds without it, as probability.
  const without = probability / (probability + (1 - probability) * Math.exp(strongest));
  return probability - without < VISIBLE_STEP;
}
