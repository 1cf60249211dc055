/**
 * Slides of formats of which no free real file is at hand, made by our own writers and judged by OpenSlide: what it says of
 * each stands in goldens/written.json, made by goldens/make-written-goldens.sh.
 */
import { type MiraxSpec, miraxFiles } from './mirax.ts';
import { ndpiBytes } from './ndpi.ts';
import { painted } from './paint.ts';
import { type PhilipsSpec, philipsBytes } from './philips.ts';
import { scnBytes } from './scn.ts';

export interface WrittenSlide {
  readonly name: string;
  /** Path of the file that is dropped or opened. */
  readonly main: string;
  /** All files, by path. */
  make(): Promise<ReadonlyMap<string, Uint8Array>>;
}

const one = async (name: string, bytes: Promise<Uint8Array>) => new Map([[name, await bytes]]);

const ndpi = (name: string, width: number, height: number, subsampling: '444' | '422'): WrittenSlide => ({
  name,
  main: `${name}.ndpi`,
  make: () =>
    one(
      `${name}.ndpi`,
      ndpiBytes({
        levels: [painted(width, height, 1), painted(width, height, 2)],
        interval: 8,
        subsampling,
        mpp: 0.5,
        lens: 20,
        macro: painted(200, 100, 1),
      }),
    ),
});

const philips = (name: string, spec: PhilipsSpec): WrittenSlide => ({
  name,
  main: `${name}.tiff`,
  make: () => one(`${name}.tiff`, philipsBytes(spec)),
});

const mirax = (name: string, spec: Omit<MiraxSpec, 'name'>): WrittenSlide => ({
  name,
  main: `${name}.mrxs`,
  make: () => miraxFiles({ name, ...spec }),
});

export const WRITTEN: readonly WrittenSlide[] = [
  ndpi('ndpi-444-ten-intervals-a-row', 640, 400, '444'),
  ndpi('ndpi-422-four-intervals-a-row', 512, 384, '422'),
  { name: 'scn-two-areas', main: 'scn-two-areas.scn', make: () => one('scn-two-areas.scn', scnBytes()) },
  philips('philips-whole-tiles', { cols: 8, rows: 4, downsamples: [1, 2, 4], missing: [], big: true }),
  philips('philips-padded', { cols: 10, rows: 7, downsamples: [1, 2, 4], missing: [0, 13, 14], big: false }),
  mirax('mirax-positions', {
    fields: [3, 2],
    divisions: 1,
    imagePx: 128,
    overlap: 16,
    positions: 'plain',
    skipped: [4],
    halvings: 2,
  }),
  mirax('mirax-nominal-overlap', {
    fields: [2, 2],
    divisions: 1,
    imagePx: 128,
    overlap: 16,
    positions: 'none',
    skipped: [],
    halvings: 1,
  }),
  mirax('mirax-fields-of-four-deflated', {
    fields: [2, 2],
    divisions: 2,
    imagePx: 64,
    overlap: 16,
    positions: 'deflated',
    skipped: [1],
    halvings: 2,
  }),
];
