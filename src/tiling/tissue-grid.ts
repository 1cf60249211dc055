/**
 * The bag of all tissue: a grid at the model's own pixel size, cells of glass, pen, black and blur left out.
 *
 * The rule is made for slides, which have glass around their tissue and tiles to spare. A picture that is shorter than a
 * tile along an axis is padded there, and its tissue measured on what lies on the picture; one smaller than a tile along
 * both is one padded tile, whatever it shows. One of less than two tiles each way is a field that someone chose: where no
 * cell of it has enough tissue, the one with most of it is taken, as in training.
 */
import { AppError } from '../errors.ts';
import type { Rect } from '../geometry.ts';
import type { Level, Slide } from '../slide/slide.ts';
import type { BagSpec, Rejected, TileBag } from './bag.ts';
import { COVERAGE_CODES, type Coverage, countCells } from './coverage.ts';
import { readOverview } from './overview.ts';
import { mortonCode, sampleSeeded } from './sample.ts';
import { type Grid, type Survey, surveyGrid } from './survey.ts';

type TissueGridSpec = Extract<BagSpec, { protocol: 'tissue-grid' }>;

/** Tissue is looked at no coarser than this, µm/px: nuclei still show, and a pyramid has a level not far from it. */
const COARSEST_SURVEY = 2 * Math.SQRT2;
/** Sharpness compares px this far apart, µm. */
const FOCUS_DISTANCE = 2;
/** A level this close to the size wanted is used as it is. */
const SAME_MPP = 0.01;
/** More cells than this come from a wrong pixel size, not from a slide. */
const MOST_CELLS = 2 ** 22;

/** Share of a tile covered by ink from which the tile is left out, even with enough tissue beside it. */
const MOST_PEN = 0.15;
const MOST_BLACK = 0.25;
const MOST_UNREADABLE = 0.5;
/**
 * See `Survey.sharpness`; below it the tile is out of focus. Of 125 GlaS images and 35 slides of many organs no sharp tile
 * is below 1.6; blurred with a Gaussian of 3 µm (nuclei just gone) 99 % are below 0.44, of 2 µm half of them.
 */
const LEAST_SHARPNESS = 0.4;

/** Good enough for a tile, before some of too many are drawn. */
const ACCEPTED = COVERAGE_CODES.tile;

/** In a picture of less than two tiles each way, a cell with less tissue than this holds specks. */
const LEAST_TISSUE = 0.05;

/** What a cell is by its survey. */
function codeOf(survey: Survey, cell: number, minTissue: number): number {
  if ((survey.onSlide[cell] as number) < minTissue) return COVERAGE_CODES.edge;
  const tissue = survey.tissue[cell] as number;
  const pen = survey.pen[cell] as number;
  const black = survey.black[cell] as number;
  if ((survey.unreadable[cell] as number) > MOST_UNREADABLE) return COVERAGE_CODES.unreadable;
  if (pen >= MOST_PEN && tissue + pen >= minTissue) return COVERAGE_CODES.pen;
  if (black >= MOST_BLACK && tissue + black >= minTissue) return COVERAGE_CODES.black;
  if (tissue < minTissue) return COVERAGE_CODES.background;
  return (survey.sharpness[cell] as number) < LEAST_SHARPNESS ? COVERAGE_CODES.blur : ACCEPTED;
}

/** The cell that stands for a small picture of which none is good enough; see above. */
function onlyTile(picture: Rect, spanPx: number, cells: Uint8Array, survey: Survey): number | undefined {
  if (picture.width < spanPx && picture.height < spanPx) return 0;
  if (picture.width >= 2 * spanPx || picture.height >= 2 * spanPx) return undefined;
  let most: number | undefined;
  cells.forEach((code, cell) => {
    const tissue = survey.tissue[cell] as number;
    if (code !== COVERAGE_CODES.background || tissue < LEAST_TISSUE) return;
    if (most === undefined || tissue > (survey.tissue[most] as number)) most = cell;
  });
  return most;
}

function noTissue(
  candidates: number,
  rejected: Rejected,
  survey: Survey,
  { cells }: Coverage,
  needed: number,
): AppError {
  const most = survey.tissue.reduce(
    (sofar, tissue, cell) => (cells[cell] === COVERAGE_CODES.background ? Math.max(sofar, tissue) : sofar),
    0,
  );
  const fullest = most < LEAST_TISSUE ? undefined : most;
  return new AppError({ code: 'bag/no-tissue', candidates, rejected, fullest, needed });
}

/** Plans the bag. @throws bag/no-tissue, slide/read-failed */
export async function planTissueGrid(
  slide: Slide,
  spec: TissueGridSpec,
  mpp: number,
  signal: AbortSignal | undefined,
): Promise<TileBag> {
  const { info } = slide;
  const first = info.levels[0] as Level;
  const wanted = spec.mpp / mpp;
  const same = info.levels.find((level) => Math.abs(level.downsample / wanted - 1) <= SAME_MPP);
  const factor = same?.downsample ?? wanted;
  const spanPx = Math.max(1, Math.round(spec.tilePx * factor));
  const level = same ?? info.levels.filter((one) => one.downsample <= factor).at(-1) ?? first;
  const grid: Grid = {
    columns: Math.ceil(info.bounds.width / spanPx),
    rows: Math.ceil(info.bounds.height / spanPx),
    x: info.bounds.x,
    y: info.bounds.y,
    spanPx,
  };
  const all = grid.columns * grid.rows;
  if (all > MOST_CELLS) {
    throw new AppError({ code: 'usage', problem: `At ${mpp} µm/px the slide would have ${all} tiles.` });
  }
  const overview = await readOverview(slide, spanPx / 8, factor, signal);
  const coarsest = Math.max(COARSEST_SURVEY, spec.mpp) / mpp;
  const surveyLevel = info.levels.filter((one) => one.downsample <= coarsest).at(-1) ?? first;
  // Where only finer levels exist, pixels are shrunk to the model's own.
  const survey = await surveyGrid(slide, grid, surveyLevel, factor, FOCUS_DISTANCE / mpp, overview, signal);

  const cells = Uint8Array.from({ length: all }, (_, cell) => codeOf(survey, cell, spec.minTissue));
  const only = cells.includes(ACCEPTED) ? undefined : onlyTile(info.bounds, spanPx, cells, survey);
  if (only !== undefined) cells[only] = ACCEPTED;
  const accepted = Array.from({ length: all }, (_, cell) => cell).filter((cell) => cells[cell] === ACCEPTED);
  const kept = sampleSeeded(accepted, spec.maxTiles, spec.seed);
  for (const cell of accepted) cells[cell] = COVERAGE_CODES.cap;
  for (const cell of kept) cells[cell] = COVERAGE_CODES.tile;
  const coverage: Coverage = { ...grid, cells };
  const { tile, edge, ...rejected } = countCells(coverage);
  const candidates = all - edge;
  if (tile === 0) throw noTissue(candidates, rejected, survey, coverage, spec.minTissue);

  const place = (cell: number) => mortonCode(cell % grid.columns, Math.floor(cell / grid.columns));
  const codes = new Map(kept.map((cell) => [cell, place(cell)]));
  const order = kept.sort((a, b) => (codes.get(a) as number) - (codes.get(b) as number));
  const xy = new Int32Array(2 * order.length);
  order.forEach((cell, i) => {
    xy[2 * i] = grid.x + (cell % grid.columns) * spanPx;
    xy[2 * i + 1] = grid.y + Math.floor(cell / grid.columns) * spanPx;
  });
  return {
    slideId: info.id,
    protocol: 'tissue-grid',
    count: order.length,
    xy,
    spanPx,
    tilePx: spec.tilePx,
    mpp: (mpp * spanPx) / spec.tilePx,
    level: level.index,
    tissueFraction: Float32Array.from(order, (cell) => survey.tissue[cell] as number),
    candidates,
    rejected,
    coverage,
  };
}
