/**
 * npm run fuzz [-- SECONDS [TARGET]]: coverage-guided fuzzing of the parsers, each target of fuzz/targets.ts for SECONDS
 * (60). Ends with 1 when something is found; the input that found it stays in .cache/fuzz/found.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { ensureInstalled } from './install.mjs';
import { capture, giveUp, requireNode, root } from './project.mjs';

const TARGETS = ['directories', 'splice', 'dicom', 'czi', 'dicomweb', 'multipart'];
/** Silence that counts as a hang, ms: long, because other work may hold the processor. */
const HANG_MS = 10_000;
const INPUT_BYTES = 16 * 1024;

requireNode();
const [seconds = '60', only] = process.argv.slice(2);
if (!(Number(seconds) > 0) || (only && !TARGETS.includes(only)))
  giveUp(`Usage: npm run fuzz -- [seconds] [${TARGETS.join(' | ')}]`);
await ensureInstalled();

const work = path.join(root, '.cache', 'fuzz');
const found = path.join(work, 'found');
mkdirSync(found, { recursive: true });
const { build } = await import('vite');
// One file of CommonJS, whose coverage is easily told from that of libraries.
await build({
  root,
  logLevel: 'error',
  build: {
    ssr: 'fuzz/targets.ts',
    outDir: work,
    emptyOutDir: false,
    rollupOptions: { output: { format: 'cjs', entryFileNames: 'targets.cjs', codeSplitting: false } },
  },
});
const bundle = path.join(work, 'targets.cjs');
// Some first inputs lie beside the sources, and so beside the bundle.
cpSync(path.join(root, 'src', 'testing', 'goldens'), path.join(work, 'goldens'), { recursive: true });
const corpus = path.join(work, 'corpus');
const write = `require(${JSON.stringify(bundle)}).writeCorpus(${JSON.stringify(corpus)})`;
const wrote = await capture(process.execPath, ['-e', write]);
if (wrote.code !== 0) giveUp(`The first inputs could not be written: ${wrote.stderr.trim()}`);

/** Fuzzes in a worker and watches it, so that a parser that hangs is ended. */
function fuzz(target) {
  const shared = new SharedArrayBuffer(8 + INPUT_BYTES);
  const head = new Int32Array(shared, 0, 2);
  return new Promise((resolve) => {
    const worker = new Worker(path.join(root, 'fuzz', 'guided.mjs'), {
      workerData: {
        bundle,
        target,
        corpus: path.join(corpus, target),
        seconds: Number(seconds),
        seed: Date.now(),
        shared,
      },
    });
    let last = 0;
    let since = performance.now();
    const finish = (outcome) => {
      clearInterval(timer);
      worker.terminate();
      resolve(outcome);
    };
    const timer = setInterval(() => {
      const now = Atomics.load(head, 0);
      if (now !== last) [last, since] = [now, performance.now()];
      else if (now > 0 && performance.now() - since > HANG_MS) finish({ problem: `no answer in ${HANG_MS / 1000} s` });
    }, 250);
    worker.on('message', (result) => finish({ result }));
    worker.on('error', (error) => finish({ problem: error.stack ?? String(error) }));
  }).then((outcome) => ({ ...outcome, input: new Uint8Array(shared, 8, Atomics.load(head, 1)).slice() }));
}

for (const target of TARGETS.filter((name) => !only || name === only)) {
  const { result, problem, input } = await fuzz(target);
  if (result) {
    const { executed, atStart, blocks, pool } = result;
    console.log(
      ` ok  ${target.padEnd(12)} ${executed} inputs, ${blocks} blocks (${atStart} at the start), ${pool} kept`,
    );
    continue;
  }
  const file = path.join(found, `${target}-${Date.now()}`);
  writeFileSync(file, input);
  console.log(`FAIL ${target.padEnd(12)} ${path.relative(root, file)}\n${problem}`);
  process.exitCode = 1;
}
