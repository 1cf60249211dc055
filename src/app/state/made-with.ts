/** What a result was made with, and whether that is what is chosen on the screen now. Pure. */
import { isSameSpec } from '../../analysis/notes.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import { meanMpp } from '../../slide/pixel-size.ts';
import type { SlideInfo } from '../../slide/slide.ts';
import type { BagSpec } from '../../tiling/bag.ts';

/** The model's own tiles, or the article's whatever the model was trained with. */
export type BagChoice = 'model' | 'darkest-16';

/** The 16 darkest tiles. @see Glaser 2021, the article on which milscope is built */
export const DARKEST_16: BagSpec = { protocol: 'darkest', tilePx: 128, count: 16, downsample: 16 };

export interface MadeWith {
  /** id@version; of an imported model also the time of its import, because one of the same name can be another. */
  readonly modelKey: string;
  /** As the screen names it. */
  readonly modelName: string;
  readonly license: string;
  readonly bagChoice: BagChoice;
  /** Undefined for a result from elsewhere whose tiles are those of no choice here. */
  readonly bag: BagSpec | undefined;
  /** µm per level-0 px, mean of both axes. */
  readonly mpp: number | undefined;
  /** Of a file with several images, which. */
  readonly series: number | undefined;
}

export function modelKey({ id, version, imported }: Pick<ModelManifest, 'id' | 'version' | 'imported'>): string {
  return `${id}@${version}${imported === undefined ? '' : ` ${imported.date}`}`;
}

export function bagOf(model: Pick<ModelManifest, 'bag'>, choice: BagChoice): BagSpec {
  return choice === 'darkest-16' ? DARKEST_16 : model.bag;
}

/** µm per level-0 px, mean of both axes: the slide's own, else the user's. */
export function mppOf({
  info,
  userMpp,
}: {
  readonly info: Pick<SlideInfo, 'mpp'>;
  readonly userMpp: number | undefined;
}): number | undefined {
  return info.mpp === undefined ? userMpp : meanMpp(info.mpp);
}

/** The things in which two of them differ, in the order in which a person should hear of them; none where a result is current. */
export type Difference = 'model' | 'tiles' | 'pixel-size' | 'image';

export function differences(one: MadeWith, other: MadeWith): readonly Difference[] {
  const found: Difference[] = [];
  if (one.modelKey !== other.modelKey) found.push('model');
  if (!isSameBag(one.bag, other.bag)) found.push('tiles');
  if (one.mpp !== other.mpp) found.push('pixel-size');
  if (one.series !== other.series) found.push('image');
  return found;
}

export function isSameBag(one: BagSpec | undefined, other: BagSpec | undefined): boolean {
  return one !== undefined && other !== undefined && isSameSpec(one, other);
}
