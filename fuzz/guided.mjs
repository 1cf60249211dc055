/**
 * A worker that fuzzes one target, guided by V8's own block coverage: an input that reaches a block not seen before joins
 * those that are changed further. Node alone: jazzer.js 4 brings a binary for glibc 2.38 and later, older ones fetch theirs
 * from outside the registry.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Session } from 'node:inspector/promises';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

/** Inputs grow no further, bytes. */
const MAX_BYTES = 16 * 1024;
/** Inputs between two looks at the coverage; those of a batch that found something are tried again one by one. */
const BATCH = 16;

const { bundle, target, corpus, seconds, seed, shared } = workerData;
// Shared with the thread that watches: number of the input under way, its length, its bytes.
const head = new Int32Array(shared, 0, 2);
const body = new Uint8Array(shared, 8);

const targets = createRequire(import.meta.url)(bundle);
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

const seen = new Set();
/** Number of blocks run since the last look that no input ran before. */
async function newBlocks() {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const before = seen.size;
  for (const script of result.filter(({ url }) => url.endsWith(path.basename(bundle))))
    for (const { ranges } of script.functions)
      for (const { startOffset, endOffset, count } of ranges) if (count > 0) seen.add(startOffset * 2 ** 22 + endOffset);
  return seen.size - before;
}

let executed = 0;
async function run(input) {
  body.set(input);
  Atomics.store(head, 1, input.length);
  Atomics.store(head, 0, ++executed);
  await targets[target](input.slice());
}

let state = seed >>> 0 || 1;
/** Uniform in 0..n-1. @see Marsaglia, "Xorshift RNGs", 2003 */
function pick(n) {
  state ^= state << 13;
  state ^= state >>> 17;
  state = (state ^ (state << 5)) >>> 0;
  return state % n;
}

const pool = [];
for (const name of readdirSync(corpus)) {
  const input = new Uint8Array(readFileSync(path.join(corpus, name))).slice(0, MAX_BYTES);
  await run(input);
  pool.push(input);
}
await newBlocks();
const atStart = seen.size;

function next() {
  const from = pool[pick(pool.length)];
  if (pick(16) > 0) return targets.mutant(from, 1 + pick(2 ** 30), 4 * from.length);
  // The start of one and the end of another.
  const other = pool[pick(pool.length)];
  const input = new Uint8Array(MAX_BYTES);
  const cut = pick(from.length + 1);
  const rest = other.subarray(pick(other.length + 1)).subarray(0, MAX_BYTES - cut);
  input.set(from.subarray(0, cut));
  input.set(rest, cut);
  return input.subarray(0, cut + rest.length);
}

for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
  const batch = Array.from({ length: BATCH }, next);
  const blocks = new Set(seen);
  for (const input of batch) await run(input);
  if ((await newBlocks()) === 0) continue;
  seen.clear();
  for (const block of blocks) seen.add(block);
  for (const input of batch) {
    await run(input);
    if ((await newBlocks()) > 0 && input.length > 0) pool.push(input);
  }
}
parentPort.postMessage({ executed, blocks: seen.size, atStart, pool: pool.length });
