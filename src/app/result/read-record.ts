/** From an exported result to a run as the screen keeps it, and whether it can be shown on a slide. */
import { AppError } from '../../errors.ts';
import { weightsSha256 } from '../../model/catalog.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import type { ReadResult, ResultContext } from '../../report/result.ts';
import { isPlausibleMpp, meanMpp } from '../../slide/pixel-size.ts';
import type { SlideInfo } from '../../slide/slide.ts';
import type { BagSpec, TileBag } from '../../tiling/bag.ts';
import { modelName } from '../run/model-labels.ts';
import { bagOf, DARKEST_16, isSameBag, type MadeWith, modelKey } from '../state/made-with.ts';
import type { RunRecord } from '../state/run-record.ts';
import type { SlideRecord } from '../state/screen.ts';

/** A result that was read from a file, and the name of the slide where the file says it. */
export interface DroppedResult {
  readonly record: RunRecord;
  readonly slideName: string | undefined;
}

/** A result of a million tiles is about as large. */
const MOST_BYTES = 2 ** 27;
/** Cells of a grid, and cells along one side of it, that are drawn as one picture. */
const MOST_CELLS = 2 ** 24;
const MOST_ALONG = 16_384;

/** @throws result/invalid; and what reading a file throws */
export async function readRecord(file: Blob, models: readonly ModelManifest[]): Promise<DroppedResult> {
  if (file.size > MOST_BYTES) refuse('it is larger than any result');
  // Only who drops a result needs its reader.
  const { fromResultJson } = await import('../../report/read-json.ts');
  const result = fromResultJson(await file.text());
  return { record: toRecord(result, models), slideName: result.context.slide };
}

/** As a run that `models` may have made; of one that they did not, the model is named as the file names it. */
export function toRecord({ prediction, context: given }: ReadResult, models: readonly ModelManifest[]): RunRecord {
  const { slide: _, ...context } = given;
  const model = models.find((one) => isModelOf(one, context));
  const { id, version, name, license, weightsSha256: weights } = context.model;
  return {
    id: crypto.randomUUID(),
    source: 'model',
    prediction,
    madeWith: {
      // Never that of a model here: it is another one, whatever its name.
      modelKey: model === undefined ? `${id}@${version} from elsewhere, ${weights}` : modelKey(model),
      modelName: model === undefined ? `${name ?? id} ${version}` : modelName(model),
      license: license ?? model?.license ?? '',
      ...choiceOf(context.bagSpec, prediction.attention.bag, model),
      mpp: meanMpp(context.pixelSize ?? undefined),
      series: context.series ?? undefined,
    },
    context,
    origin: 'file',
  };
}

/** The same name is not enough where weights are known; the user's own models are known by their weights alone. */
function isModelOf(manifest: ModelManifest, { model }: Pick<ResultContext, 'model'>): boolean {
  if (manifest.id !== model.id || manifest.version !== model.version) return false;
  return model.weightsSha256 === null
    ? manifest.imported === undefined
    : model.weightsSha256 === weightsSha256(manifest);
}

/** Which choice of tiles here gives tiles like these; an export of an earlier version does not say how they were chosen. */
function choiceOf(
  spec: BagSpec | null,
  bag: TileBag,
  model: ModelManifest | undefined,
): Pick<MadeWith, 'bagChoice' | 'bag'> {
  const choices = [
    ...(model === undefined ? [] : [{ bagChoice: 'model', bag: bagOf(model, 'model') } as const]),
    { bagChoice: 'darkest-16', bag: DARKEST_16 } as const,
  ];
  const fits = (one: BagSpec) => (spec === null ? couldGive(one, bag) : isSameBag(one, spec));
  return choices.find((one) => fits(one.bag)) ?? { bagChoice: 'model', bag: spec ?? undefined };
}

function couldGive(spec: BagSpec, bag: TileBag): boolean {
  if (spec.protocol !== bag.protocol || spec.tilePx !== bag.tilePx) return false;
  return spec.protocol === 'darkest' ? spec.count === bag.count : spec.mpp === bag.mpp;
}

/**
 * The record as one of this slide, whose fingerprint it has, and the pixel size that it brings along where the slide does
 * not say its own. @throws result/invalid where its tiles cannot lie on the slide
 */
export function recordOn(
  slide: Pick<SlideRecord, 'info' | 'userMpp'>,
  record: RunRecord,
): { readonly record: RunRecord; readonly userMpp: number | undefined } {
  const { info } = slide;
  const { context, prediction, madeWith } = record;
  checkPlace(prediction.attention.bag, context, info);
  const stated = meanMpp(info.mpp);
  const brought = context.pixelSize?.from === 'user' && madeWith.mpp !== undefined && isPlausibleMpp(madeWith.mpp);
  const userMpp = slide.userMpp ?? (stated === undefined && brought ? madeWith.mpp : undefined);
  const mpp = madeWith.mpp ?? (isMppOf(stated, prediction.attention.bag) ? stated : undefined);
  // One fingerprint is one image of a file.
  return { record: { ...record, madeWith: { ...madeWith, mpp, series: info.series?.open } }, userMpp };
}

/** Exports of earlier versions leave out the pixel size that the slide stated; the side of their tiles tells. */
function isMppOf(stated: number | undefined, { mpp, tilePx, spanPx }: TileBag): boolean {
  if (stated === undefined || mpp === undefined) return false;
  return Math.abs((mpp * tilePx) / spanPx / stated - 1) < 1e-6;
}

function checkPlace(bag: TileBag, { slideSize }: Pick<ResultContext, 'slideSize'>, info: SlideInfo): void {
  const { width, height } = info;
  if (slideSize !== null && (slideSize.width !== width || slideSize.height !== height))
    refuse(`it is of a slide of ${slideSize.width} × ${slideSize.height} px and this one has ${width} × ${height}`);
  const { spanPx, coverage } = bag;
  const [across, down] = [width / spanPx + 3, height / spanPx + 3];
  if (across > MOST_ALONG || down > MOST_ALONG || across * down > MOST_CELLS)
    refuse('its tiles are too small for this slide');
  const isOn = (i: number) => {
    const [x = Number.NaN, y = Number.NaN] = bag.xy.subarray(2 * i, 2 * i + 2);
    return x + spanPx > 0 && y + spanPx > 0 && x < width && y < height;
  };
  let on = 0;
  for (let i = 0; i < bag.count; i++) if (isOn(i)) on++;
  // White tiles that fill a bag of the darkest lie beside the slide.
  if (on === 0 || (bag.protocol === 'tissue-grid' && on < bag.count)) refuse('its tiles do not lie on this slide');
  if (coverage === undefined) return;
  const isSame = Math.abs(coverage.spanPx / spanPx - 1) < 1e-6 && coverage.columns <= across && coverage.rows <= down;
  const isNear = (place: number, side: number) => place >= -2 * spanPx && place < side;
  if (!isSame || !isNear(coverage.x, width) || !isNear(coverage.y, height))
    refuse('its coverage does not lie on this slide');
}

function refuse(problem: string): never {
  throw new AppError({ code: 'result/invalid', problem });
}
