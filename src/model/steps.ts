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
    const both = await backend.run(() => device.compute(prepared, [count, ...input.shape]));
    return { scores: both.subarray(0, count), values: both.subarray(count) };
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
  for (let first = 0; first < count; first += step) {
    signal?.throwIfAborted();
    const end = Math.min(first + step, count);
    const outputs = await compute(tiles.subarray(first * tileBytes, end * tileBytes), end - first);
    scores.set(outputs.scores, first);
    values.set(outputs.values, first);
    await nextTask();
  }
  signal?.throwIfAborted();
  return { scores, values };
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
    const scores = all.scores.subarray(0, count);
    const values = all.values.subarray(0, count);
    const found = [all.scores[count] ?? 0, all.values[count] ?? 0];
    const off = guard
      ? Math.max(...guard.expected.map((value, i) => Math.abs(value - (found[i] ?? 0)) / (1 + Math.abs(value))))
      : 0;
    if (!(off <= CANARY_TOLERANCE) || !scores.every(Number.isFinite) || !values.every(Number.isFinite)) {
      throw new AppError({ code: 'gpu/lost', reason: 'its results went wrong in the middle of a run' });
    }
    return { scores, values };
  };
}

/** Score and value of the first tile, for a canary. */
export function firstOf({ scores, values }: TileOutputs): readonly number[] {
  return [scores[0] ?? 0, values[0] ?? 0];
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
