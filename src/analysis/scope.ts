/** Whether a model may have a say on a slide, and whether it then calls a class: decided here for every door alike. */
import type { ModelManifest } from '../model/manifest.ts';
import { PLAUSIBLE_MPP } from '../slide/pixel-size.ts';
import type { Scope, ScopeReason } from './prediction.ts';

/** What a run found of the slide, to be held against the manifest. */
export interface ScopeFacts {
  /** µm per level-0 px, given by the user or by the slide; undefined where nobody says. */
  readonly mpp: number | undefined;
  /** Tiles that went into the result. */
  readonly tiles: number;
  /** Those among them that look unlike the tiles of training; undefined where it was not measured. */
  readonly unlikeAppearance: number | undefined;
  /** Those whose features are unlike those of training; undefined where it was not measured. */
  readonly unlikeFeatures: number | undefined;
}

/** One tile in a hundred of the training slides is beyond the limit; where more than half of a slide is, it is another kind. */
const UNLIKE_SHARE = 0.5;

/** Inside, outside or unmeasured, and why. What is known to lie outside outweighs what nobody measured. */
export function decideScope(stated: ModelManifest['scope'], facts: ScopeFacts): Scope {
  const outside: ScopeReason[] = [];
  if (facts.mpp !== undefined && !isBetween(facts.mpp, stated.mppRange)) outside.push('pixel-size');
  if (isMostly(facts.unlikeAppearance, facts.tiles)) outside.push('appearance');
  if (isMostly(facts.unlikeFeatures, facts.tiles)) outside.push('features');
  if (outside.length > 0) return { state: 'outside', reasons: outside };
  const unmeasured: ScopeReason[] = [];
  if (facts.mpp === undefined && !coversEverySize(stated.mppRange)) unmeasured.push('pixel-size');
  if (facts.unlikeAppearance === undefined) unmeasured.push('appearance');
  return unmeasured.length > 0 ? { state: 'unmeasured', reasons: unmeasured } : { state: 'inside', reasons: [] };
}

/** True where a class is called: the slide is not outside, and the model states a threshold. */
export function isClassCalled(scope: Scope, threshold: number | null): threshold is number {
  return scope.state !== 'outside' && threshold !== null;
}

/** More than half of the tiles; never where nothing was measured. */
export function isMostly(unlike: number | undefined, tiles: number): unlike is number {
  return unlike !== undefined && unlike > UNLIKE_SHARE * tiles;
}

function isBetween(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high;
}

/** An imported model that names no range: whatever the pixel size is, it lies inside. */
function coversEverySize([low, high]: readonly [number, number]): boolean {
  return low <= PLAUSIBLE_MPP[0] && high >= PLAUSIBLE_MPP[1];
}
