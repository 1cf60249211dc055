/**
 * Slides of formats of which no free real file is at hand, made by our own writers and judged by OpenSlide: what it says of
 * each stands in goldens/written.json, made by goldens/make-written-goldens.sh.
 */
import { type BifSpec, bifBytes } from './bif.ts';
import { type MiraxSpec, miraxFiles } from './mirax.ts';
import { ndpiBytes } from './ndpi.ts';
import { painted } from './paint.ts';
import { type PhilipsSpec, philipsBytes } from './philips.ts';
import { scnBytes, TWO_AREAS } from './scn.ts';
import { trestleBytes } from './trestle.ts';
import { type VmsSpec, vmsFiles, vmuFiles } from './vms.ts';

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

const bif = (name: string, areas: BifSpec['areas'], grid: readonly [number, number]): WrittenSlide => ({
  name,
  main: `${name}.bif`,
  make: () => one(`${name}.bif`, bifBytes({ ...BIF, cols: grid[0], rows: grid[1], areas })),
});

/** Overlaps that stay whole pixels on all levels. */
const BIF = { frame: 64, levels: 3, leftward: false } as const;
const BIF_AREA = { overlapX: 16, overlapY: 8, scanned: true } as const;

const philips = (name: string, spec: PhilipsSpec): WrittenSlide => ({
  name,
  main: `${name}.tiff`,
  make: () => one(`${name}.tiff`, philipsBytes(spec)),
});

const vms = (name: string, optimisation: VmsSpec['optimisation'], size: readonly [number, number]): WrittenSlide => ({
  name,
  main: `${name}.vms`,
  make: () => vmsFiles({ name, optimisation, cols: 2, rows: 2, width: size[0], height: size[1], interval: 8 }),
});

const mirax = (name: string, spec: Omit<MiraxSpec, 'name'>): WrittenSlide => ({
  name,
  main: `${name}.mrxs`,
  make: () => miraxFiles({ name, ...spec }),
});

export const WRITTEN: readonly WrittenSlide[] = [
  ndpi('ndpi-444-ten-intervals-a-row', 640, 400, '444'),
  ndpi('ndpi-422-four-intervals-a-row', 512, 384, '422'),
  { name: 'scn-two-areas', main: 'scn-two-areas.scn', make: () => one('scn-two-areas.scn', scnBytes(TWO_AREAS)) },
  bif('bif-one-area', [{ ...BIF_AREA, col: 0, row: 0, cols: 4, rows: 4, x: 0, y: 0 }], [4, 4]),
  bif(
    'bif-three-areas',
    [
      { ...BIF_AREA, col: 0, row: 0, cols: 4, rows: 4, x: 40, y: 24 },
      { ...BIF_AREA, col: 4, row: 0, cols: 3, rows: 2, x: 320, y: 136 },
      { ...BIF_AREA, col: 4, row: 2, cols: 4, rows: 2, x: 0, y: 0, scanned: false },
    ],
    [8, 4],
  ),
  philips('philips-whole-tiles', { cols: 8, rows: 4, downsamples: [1, 2, 4], missing: [], big: true }),
  philips('philips-padded', { cols: 10, rows: 7, downsamples: [1, 2, 4], missing: [0, 13, 14], big: false }),
  {
    name: 'trestle-overlaps',
    main: 'trestle-overlaps.tif',
    make: () =>
      one(
        'trestle-overlaps.tif',
        trestleBytes({
          tile: 64,
          missing: [],
          background: 'e0f0ff',
          mpp: 0.5,
          levels: [
            { cols: 6, rows: 5, downsample: 1, overlap: [16, 8] },
            { cols: 3, rows: 3, downsample: 2, overlap: [20, 24] },
          ],
        }),
      ),
  },
  vms('vms-two-by-two', 'right', [256, 128]),
  vms('vms-no-hints', 'none', [192, 96]),
  { name: 'vmu', main: 'vmu.vmu', make: () => vmuFiles('vmu', 384, 160) },
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
