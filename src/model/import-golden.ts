/** The golden bag of an import: the one that came along, or one made here by which backends are compared. */
import { assert } from '../errors.ts';
import { poolAttention } from './attention-mil.ts';
import type { ModelFiles } from './files.ts';
import type { ImportSource } from './import-sources.ts';
import { runReference } from './reference.ts';

/** Where it lies in the folder of the imported model. */
export const GOLDEN_INPUT = 'golden/input.bin';
export const GOLDEN_EXPECTED = 'golden/expected.json';

/** The golden bag among the files, if both of its parts are there. */
export function goldenOf(sources: readonly ImportSource[]) {
  const find = (base: string) => sources.find(({ name }) => name === base || name.endsWith(`/${base}`));
  const input = find('input.bin');
  const expected = find('expected.json');
  return input && expected ? { input, expected } : undefined;
}

/** A bag and what the reference backend makes of it. */
export async function makeGolden(files: ModelFiles, signal?: AbortSignal) {
  const { encoder, bag, decision } = files.manifest;
  const isHead = encoder.kind === 'features';
  const count = isHead ? 8 : 3;
  const input = isHead ? noiseFeatures(count * encoder.inputDim) : noiseTiles(count, bag.tilePx);
  const { scores, values, bias } = await runReference(files, input, count, signal);
  const pooled = poolAttention(scores, values, bias, decision.temperature);
  const expected = {
    probability: pooled.probability,
    logit: pooled.logit,
    weights: [...pooled.weights],
    scores: [...scores],
    values: [...values],
    bias,
  };
  return { input, expected: new TextEncoder().encode(`${JSON.stringify(expected, null, 1)}\n`) };
}

/** [count,side,side,3] uint8: waves of another colour and direction in each tile, with noise; the same everywhere. */
function noiseTiles(count: number, side: number): Uint8Array<ArrayBuffer> {
  assert(count > 0 && side > 0, 'a golden bag of some tiles');
  const random = generator(1);
  const out = new Uint8Array(count * side * side * 3);
  let i = 0;
  for (let k = 0; k < count; k++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        for (let c = 0; c < 3; c++) {
          const wave = ((x * (k + 1) + y * (count - k) + 20 * c * k) >> 3) & 31;
          out[i++] = 120 + 40 * ((c + k) % 3) + wave + (random() & 15);
        }
      }
    }
  }
  return out;
}

/** Bytes of `size` float32 in -1..1. */
function noiseFeatures(size: number): Uint8Array<ArrayBuffer> {
  const random = generator(2);
  return new Uint8Array(Float32Array.from({ length: size }, () => random() / 2 ** 31 - 1).buffer);
}

/** uint32 numbers. @see Marsaglia 2003, "Xorshift RNGs" */
function generator(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
