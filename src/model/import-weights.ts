/** The weights among the files of an import, mapped to a network, and the encoder that may have come with them. */
import { AppError } from '../errors.ts';
import { isWeightsPath } from './catalog.ts';
import { type ImportSource, parseJson, readSource, refuseForeign, sourceAt } from './import-sources.ts';
import { parseWeights } from './read-network.ts';
import { probeEncoder } from './reference.ts';
import { isTfjsModel, parseTfjsModel, shardPaths } from './tfjs-encoder.ts';
import { MappingProblem, mapWeights, type WeightMapping } from './weight-mapping.ts';

/** Where the encoder lies in the folder of the imported model. */
const OWN_ENCODER = 'encoder/model.json';

/** What was found among the files. */
export interface Weights {
  /** The file with the head, or with all of it. */
  readonly source: ImportSource;
  /** Its encoder is 'tfjs' where one came with it. */
  readonly mapping: WeightMapping;
  readonly own: OwnEncoder | undefined;
}

/** An encoder of the user's own, probed with one tile. */
export interface OwnEncoder {
  readonly tilePx: number | undefined;
  /** model.json and its shards, by their paths in the folder of the imported model. */
  readonly contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** @throws model/invalid, model/missing-file with what stands in the way; AbortError */
export async function readWeights(sources: readonly ImportSource[], signal?: AbortSignal): Promise<Weights> {
  const encoder = await readOwnEncoder(sources, signal);
  const candidates = sources.filter(({ name }) => isWeightsPath(name.toLowerCase()));
  const source = candidates[0] ?? (sources.length === 1 && !encoder ? sources[0] : undefined);
  if (!source || candidates.length > 1) {
    const problem = encoder
      ? 'it is an encoder; drop it together with one file of weights (.safetensors, .pth, .pt) of an attention head over its features'
      : 'there is neither a manifest.json nor a file of weights (.safetensors, .pth, .pt) among them';
    throw new AppError({
      code: 'model/invalid',
      path:
        sources
          .map(({ name }) => name)
          .join(', ')
          .slice(0, 200) || 'nothing',
      problem:
        candidates.length > 1
          ? 'there are several files of weights and no manifest.json that says which one is meant'
          : problem,
    });
  }
  const fail = (problem: string, cause?: unknown): never => {
    throw new AppError({ code: 'model/invalid', path: source.name, problem }, { cause });
  };
  const bytes = await readSource(source, signal);
  refuseForeign(bytes, source.name);
  const tensors = parseWeights(bytes, source.name);
  let mapping: WeightMapping;
  try {
    mapping = mapWeights(tensors);
  } catch (error) {
    if (!(error instanceof MappingProblem)) throw error;
    return fail(error.message, error);
  }
  if (!encoder) return { source, mapping, own: undefined };
  const { encoder: found } = mapping;
  if (found.kind !== 'features') return fail('it has an encoder of its own, and another one came with it');
  if (found.inputDim !== encoder.dim) {
    return fail(`it takes ${found.inputDim} numbers a tile, and the encoder that came with it gives ${encoder.dim}`);
  }
  return { source, mapping: { ...mapping, encoder: { ...found, kind: 'tfjs', model: OWN_ENCODER } }, own: encoder };
}

async function readOwnEncoder(
  sources: readonly ImportSource[],
  signal?: AbortSignal,
): Promise<(OwnEncoder & { readonly dim: number }) | undefined> {
  for (const source of sources.filter(({ name }) => name.toLowerCase().endsWith('.json'))) {
    const bytes = await readSource(source, signal);
    let json: unknown;
    try {
      json = parseJson(bytes, source.name);
    } catch {
      continue;
    }
    if (!isTfjsModel(json)) continue;
    const root = source.name.slice(0, source.name.lastIndexOf('/') + 1);
    const contents = new Map([[OWN_ENCODER, bytes]]);
    const shards: Uint8Array[] = [];
    for (const path of shardPaths(json, source.name)) {
      const shard = sourceAt(sources, `${root}${path}`);
      if (!shard) throw new AppError({ code: 'model/missing-file', path: `${root}${path}` });
      const content = await readSource(shard, signal);
      shards.push(content);
      contents.set(`${OWN_ENCODER.slice(0, OWN_ENCODER.lastIndexOf('/') + 1)}${path}`, content);
    }
    const { tilePx, dim } = await probeEncoder(parseTfjsModel(json, shards, source.name));
    return { tilePx, dim, contents };
  }
  return undefined;
}
