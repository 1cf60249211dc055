/** The sentence of each note, in plain English. */
import type { Note } from '../analysis/prediction.ts';
import { type BagValues, bagWords, shown } from './bag.ts';

type Params = Note['params'];

/** One sentence, or two. Of a note that an earlier version wrote with its text and no values: that text. */
export function noteText({ code, params }: Note): string {
  if (typeof params.text === 'string') return params.text;
  switch (code) {
    case 'attention-uniform':
      return 'Attention is almost uniform: do not interpret the heatmap or the tile ranking.';
    case 'out-of-scope':
      return outOfScope(params);
    case 'unlike-training':
      return `Outside what this model was made for: ${share(params)} tiles look unlike its training images (${kind(params)}) in color or texture.`;
    case 'features-unlike-training':
      return `Outside what this model was made for: its network sees in ${share(params)} tiles what it did not see in its training images (${kind(params)}).`;
    case 'bag-differs-from-training':
      return `The tiles were cut as ${bagWords(bagOf(params, 'used'))}, but the model was trained on ${bagWords(bagOf(params, 'trained'))}.`;
    case 'level-upsampled':
      return `The slide is coarser than the ${shown(params.mpp)} µm/px the model works at; its pixels were enlarged.`;
    case 'mpp-assumed': {
      const own =
        params.slideMpp === undefined ? 'the slide does not say its own' : `the slide says ${shown(params.slideMpp)}`;
      return `The pixel size of ${shown(params.mpp)} µm/px was given by hand; ${own}.`;
    }
    case 'few-tiles':
      if (typeof params.blank === 'number' && typeof params.tiles === 'number')
        return `The slide has only ${params.tiles - params.blank} of the ${shown(params.tiles)} tiles; ${shown(params.blank)} are white.`;
      return `Only ${tiles(params.tiles)} of tissue: the result rests on ${params.tiles === 1 ? '1 tile' : 'very few tiles'}.`;
    case 'tiles-missing':
      return `${tiles(params.tiles)} of ${params.place === 'tissue' ? 'tissue' : 'the slide'} could not be read and ${params.tiles === 1 ? 'is' : 'are'} not part of the result.`;
    case 'bag-capped':
      return `The slide has ${tiles(params.tiles)} of tissue; ${shown(params.used)} of them, drawn at random, were used.`;
  }
}

/** The same in a line or two, for a place that is read at a glance; `noteText` has what is left out. */
export function noteLine(note: Note): string {
  const { code, params } = note;
  if (typeof params.text === 'string') return params.text;
  switch (code) {
    case 'unlike-training':
      return `${capital(share(params))} tiles look unlike its training images.`;
    case 'features-unlike-training':
      return `In ${share(params)} tiles its network sees what its training images did not show.`;
    case 'out-of-scope':
      return params.mpp === undefined
        ? `It was made for ${shown(params.lowMpp)} to ${shown(params.highMpp)} µm/px.`
        : `It was made for ${shown(params.lowMpp)} to ${shown(params.highMpp)} µm/px; this slide has ${shown(params.mpp)}.`;
    case 'bag-differs-from-training':
      return 'The model was not trained on tiles chosen like these.';
    case 'level-upsampled':
      return 'The slide is coarser than the model works at.';
    case 'mpp-assumed':
      return `Pixel size given by hand: ${shown(params.mpp)} µm/px.`;
    case 'bag-capped':
      return `${shown(params.used)} of ${shown(params.tiles)} tiles of tissue, drawn at random, were used.`;
    case 'attention-uniform':
      return 'Attention is almost uniform: its map and its order of tiles say nothing.';
    case 'few-tiles':
    case 'tiles-missing':
      return noteText(note);
  }
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function outOfScope(params: Params): string {
  const made = `The model was made for ${kind(params)}, at ${shown(params.lowMpp)} to ${shown(params.highMpp)} µm/px`;
  return params.mpp === undefined
    ? `${made}; the pixel size of this slide is unknown, so it may lie outside.`
    : `${made}; this slide has ${shown(params.mpp)} µm/px. Do not rely on this result.`;
}

function kind({ tissue, stain }: Params): string {
  return `${shown(tissue)}, ${shown(stain)}`;
}

/** "all", "62 % of the" */
function share({ unlike, tiles: of }: Params): string {
  if (typeof unlike !== 'number' || typeof of !== 'number') return 'most of the';
  return unlike === of ? 'all' : `${Math.floor((unlike / of) * 100)} % of the`;
}

/** usedTilePx -> tilePx */
function bagOf(params: Params, which: 'used' | 'trained'): BagValues {
  return {
    protocol: params[`${which}Protocol`],
    tilePx: params[`${which}TilePx`],
    mpp: params[`${which}Mpp`],
    count: params[`${which}Count`],
    downsample: params[`${which}Downsample`],
  };
}

function tiles(count: Params[string] | undefined): string {
  return count === 1 ? '1 tile' : `${shown(count)} tiles`;
}
