/** From the text of an exported result to a run as the screen keeps it. */
import { isSameSpec } from '../../analysis/notes.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import type { ReadResult } from '../../report/result.ts';
import { meanMpp } from '../../slide/pixel-size.ts';
import type { BagSpec } from '../../tiling/bag.ts';
import { bagOf, DARKEST_16, type MadeWith, modelKey } from '../state/made-with.ts';
import type { RunRecord } from '../state/run-record.ts';

/** @throws result/invalid for what is no result */
export async function readRecord(text: string, models: readonly ModelManifest[]): Promise<RunRecord> {
  // Only who drops a result needs its reader.
  const { fromResultJson } = await import('../../report/read-json.ts');
  const result = fromResultJson(text);
  const { prediction, context } = result;
  const { id, version, name, license } = context.model;
  const model = models.find((one) => one.id === id && one.version === version);
  return {
    id: crypto.randomUUID(),
    source: 'model',
    prediction,
    madeWith: {
      modelKey: model === undefined ? prediction.modelId : modelKey(model),
      modelName: name ?? model?.name ?? id,
      license: license ?? model?.license ?? '',
      ...choiceOf(result, model),
      mpp: meanMpp(context.pixelSize ?? undefined),
      series: context.series ?? undefined,
    },
    context,
    origin: 'file',
  };
}

/** Which choice of tiles here gives tiles like these. */
function choiceOf(
  { prediction, context }: ReadResult,
  model: ModelManifest | undefined,
): Pick<MadeWith, 'bagChoice' | 'bag'> {
  const own = model && bagOf(model, 'model');
  const { bag } = prediction.attention;
  // An earlier export does not say how its tiles were chosen, but what they were.
  const isLike = (spec: BagSpec) =>
    context.bagSpec === null
      ? spec.protocol === bag.protocol &&
        spec.tilePx === bag.tilePx &&
        (spec.protocol !== 'darkest' || spec.count === bag.count)
      : isSameSpec(spec, context.bagSpec);
  if (own !== undefined && isLike(own)) return { bagChoice: 'model', bag: own };
  return isLike(DARKEST_16)
    ? { bagChoice: 'darkest-16', bag: DARKEST_16 }
    : { bagChoice: 'model', bag: context.bagSpec ?? undefined };
}
