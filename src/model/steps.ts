/** A network run in steps that leave a cancel answered in time, and watched: a device in trouble answers with zeros. */
import { AppError } from '../errors.ts';
import type { Backend } from './backend.ts';
import type { DeviceNetwork } from './encoder.ts';
import type { NetworkInput } from './network-input.ts';

/** Of each tile: its score before the softmax, and its value w·h without the bias. */
export interface TileOutputs {
  readonly scores: Float32Array;
  readonly values: Float32Array;
  /** [count] float32: how far its features lie from those of training, where the manifest says how those lay. */
  readonly featureDistances?: Float32Array;
}

/** A canary's score may differ this much between two batches of one device. */
const CANARY_TOLERANCE = 1e-3;

/** One step: as many tiles as the device takes at once. @throws gpu/lost, gpu/out-of-memory */
export type Compute = (tiles: Uint8Array, count: number) => Promise<TileOutputs>;

/** The steps of a network on its backend. */
export function computing(backend: Backend, device: DeviceNetwork, input: NetworkInput): Compute {
  return async (tiles, count) => {
    const prepared = input.prepare(tiles);
    const rows = await backend.run(() => device.compute(prepared, [count, ...input.shape]));
    return {
      scores: rows.subarray(0, count),
      values: rows.subarray(count, 2 * count),
      ...(rows.length > 2 * count && { featureDistances: rows.subarray(2 * count) }),
    };
  };
}

/** Runs a batch step by step; between two steps the thread takes its messages, so a cancel gets through. */
export async function inSteps(
  tiles: Uint8Array,
  count: number,
  tileBytes: number,
  step: number,
  compute: Compute,
  signal?: AbortSignal,
): Promise<TileOutputs> {
  const scores = new Float32Array(count);
  const values = new Float32Array(count);
  let featureDistances: Float32Array | undefined;
  for (let first = 0; first < count; first += step) {
    signal?.throwIfAborted();
    const end = Math.min(first + step, count);
    const outputs = await compute(tiles.subarray(first * tileBytes, end * tileBytes), end - first);
    scores.set(outputs.scores, first);
    values.set(outputs.values, first);
    if (outputs.featureDistances) {
      featureDistances ??= new Float32Array(count);
      featureDistances.set(outputs.featureDistances, first);
    }
    await nextTask();
  }
  signal?.throwIfAborted();
  return { scores, values, ...(featureDistances && { featureDistances }) };
}

/**
 * Refuses outputs that are no numbers; on a GPU each step also carries one tile whose result is known, because a device
 * in trouble answers with zeros and not with an error.
 */
export function guarded(
  compute: Compute,
  guard: { canary: Uint8Array; expected: readonly number[] } | undefined,
): Compute {
  return async (tiles, count) => {
    let input = tiles;
    if (guard) {
      input = new Uint8Array(tiles.length + guard.canary.length);
      input.set(tiles);
      input.set(guard.canary, tiles.length);
    }
    const all = await compute(input, guard ? count + 1 : count);
    const outputs = mapRows(all, (row) => row.subarray(0, count));
    const found = outputsAt(all, count);
    const off = guard
      ? Math.max(...guard.expected.map((value, i) => Math.abs(value - (found[i] ?? 0)) / (1 + Math.abs(value))))
      : 0;
    const isWhole = rowsOf(outputs).every((row) => row.every(Number.isFinite));
    if (!(off <= CANARY_TOLERANCE) || !isWhole) {
      throw new AppError({ code: 'gpu/lost', reason: 'its results went wrong in the middle of a run' });
    }
    return outputs;
  };
}

/** What tile k gives, for a canary. */
export function outputsAt(outputs: TileOutputs, k: number): readonly number[] {
  return rowsOf(outputs).map((row) => row[k] ?? 0);
}

function rowsOf({ scores, values, featureDistances }: TileOutputs): readonly Float32Array[] {
  return featureDistances ? [scores, values, featureDistances] : [scores, values];
}

function mapRows(outputs: TileOutputs, change: (row: Float32Array) => Float32Array): TileOutputs {
  const { scores, values, featureDistances } = outputs;
  return {
    scores: change(scores),
    values: change(values),
    ...(featureDistances && { featureDistances: change(featureDistances) }),
  };
}

/** Resolves in a new task, after messages that wait; setTimeout would be held back to 4 ms. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
