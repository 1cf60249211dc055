/** From the text of an exported result to a run as the screen keeps it. */
import { AppError } from '../../errors.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import type { TileBag } from '../../tiling/bag.ts';
import { bagOf, DARKEST_16, type MadeWith, modelKey } from '../state/made-with.ts';
import type { RunRecord } from '../state/run-record.ts';

/** @throws usage for what is no result */
export async function readRecord(text: string, name: string, models: readonly ModelManifest[]): Promise<RunRecord> {
  // Only who drops a result needs its reader.
  const { fromPlain } = await import('../../report/report.ts');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AppError({ code: 'usage', problem: `${name} is no JSON file.` }, { cause });
  }
  const prediction = fromPlain(json as Parameters<typeof fromPlain>[0]);
  const [id = '', version = ''] = prediction.modelId.split('@');
  const model = models.find((one) => one.id === id && one.version === version);
  return {
    id: crypto.randomUUID(),
    source: 'model',
    prediction,
    madeWith: {
      modelKey: model === undefined ? prediction.modelId : modelKey(model),
      modelName: model?.name ?? id,
      license: model?.license ?? '',
      ...choiceOf(prediction.attention.bag, model),
      mpp: undefined,
      series: undefined,
    },
    date: '',
    origin: 'file',
    weightsSha256: '',
  };
}

/** Which choice of tiles here gives tiles like these. */
function choiceOf(bag: TileBag, model: ModelManifest | undefined): Pick<MadeWith, 'bagChoice' | 'bag'> {
  const own = model && bagOf(model, 'model');
  if (own?.protocol === bag.protocol && own.tilePx === bag.tilePx) return { bagChoice: 'model', bag: own };
  const isDarkest = bag.protocol === 'darkest' && bag.count === 16 && bag.tilePx === DARKEST_16.tilePx;
  return isDarkest ? { bagChoice: 'darkest-16', bag: DARKEST_16 } : { bagChoice: 'model', bag: undefined };
}
