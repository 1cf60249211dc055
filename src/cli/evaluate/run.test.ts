import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type EvaluateRequest, evaluate } from './run.ts';

/** Stands for the model: a slide's logit is what its file holds; a file `broken` fails. Logs the slides it runs. */
const WORKER = `
const fs = require('node:fs');
process.stdout.write('{"ready":true}\\n');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, file } = JSON.parse(line);
  fs.appendFileSync(process.argv[1], id + '\\n');
  const text = fs.readFileSync(file, 'utf8').trim();
  const logit = Number(text);
  process.stdout.write(JSON.stringify(text === 'broken'
    ? { type: 'failure', id, code: 'slide/corrupt', message: 'The file is damaged.' }
    : { type: 'slide', id, slideId: id, positiveClass: 'malignant', logit, probability: 1 / (1 + Math.exp(-logit)), tiles: 3,
        candidates: 4, mpp: null, backend: 'wasm', notes: [], maps: null, elapsedMs: 1 }) + '\\n');
});`;

let folder = '';
let log = '';
const terminal = { print() {}, say() {}, progress: false, signal: new AbortController().signal };

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'milscope-evaluate-'));
  log = path.join(folder, 'log');
  await mkdir(path.join(folder, 'slides/sub'), { recursive: true });
  await mkdir(path.join(folder, 'model'));
  await writeFile(log, '');
  const slides = {
    'a.svs': '-2',
    'sub/b.tiff': '1.5',
    'c.svs': 'broken',
    'd.svs': '3',
    'extra.svs': 'not labelled',
    'a.txt': 'no slide',
  };
  for (const [name, text] of Object.entries(slides)) await writeFile(path.join(folder, 'slides', name), text);
  await writeFile(
    path.join(folder, 'labels.csv'),
    'file,label\na.svs,benign\nsub/b.tiff,malignant\nc.svs,benign\nd.svs,1\ne.svs,0\n',
  );
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function run(changes: Partial<EvaluateRequest> = {}, retryFailed = false) {
  const request: EvaluateRequest = {
    source: { kind: 'slides', folder: path.join(folder, 'slides'), workers: 2, retryFailed },
    labels: path.join(folder, 'labels.csv'),
    model: 'compact-glas',
    out: path.join(folder, 'out'),
    ...changes,
  };
  return evaluate(request, terminal, [process.execPath, '-e', WORKER, log]);
}

const slidesRun = async () => (await readFile(log, 'utf8')).split('\n').filter(Boolean).sort();

it('writes a record a slide, the report, the table and the page; failures are named and counted', async () => {
  const summary = await run();
  expect(summary.counts).toMatchObject({ labelled: 5, evaluated: 3, positives: 2, failed: 2, pending: 0 });
  expect(summary.auroc.value).toBe(1);
  expect(summary.failures.map((one) => [one.id, one.code])).toEqual([
    ['c.svs', 'slide/corrupt'],
    ['e.svs', 'slide/read-failed'],
  ]);
  expect(summary.unlabelledFiles).toBe(1);
  const out = path.join(folder, 'out');
  const report = JSON.parse(await readFile(path.join(out, 'report.json'), 'utf8'));
  expect(report.rows.map((row: { id: string }) => row.id)).toEqual(['a.svs', 'sub/b.tiff', 'd.svs']);
  expect((await readFile(path.join(out, 'slides.csv'), 'utf8')).trimEnd().split('\n')).toHaveLength(6);
  expect(await readFile(path.join(out, 'figures.csv'), 'utf8')).toContain('\nAUROC,');
  expect(await readFile(path.join(out, 'report.html'), 'utf8')).toContain('<svg');
});

it('leaves out the rows without a file where asked', async () => {
  const summary = await run({ skipMissing: true });
  expect(summary.counts).toMatchObject({ labelled: 4, evaluated: 3, failed: 1 });
  expect(summary.skippedRows).toBe(1);
});

it('goes on after a kill with the slides that have no whole record, and gives the same report', async () => {
  await run();
  const records = path.join(folder, 'out/records.jsonl');
  const whole = await readFile(path.join(folder, 'out/report.json'), 'utf8');
  const lines = (await readFile(records, 'utf8')).split('\n');
  await writeFile(records, `${lines.slice(0, 3).join('\n')}\n${lines[3]?.slice(0, 20)}`);
  await writeFile(log, '');
  await run();
  expect(await slidesRun()).toHaveLength(2);
  expect(await readFile(path.join(folder, 'out/report.json'), 'utf8')).toBe(whole);
  // Nothing is left to do.
  await writeFile(log, '');
  await run();
  expect(await slidesRun()).toEqual([]);
});

it('runs failed slides again only when asked, and a slide that came late', async () => {
  await run();
  await writeFile(path.join(folder, 'slides/c.svs'), '-1');
  await writeFile(path.join(folder, 'slides/e.svs'), '-3');
  await writeFile(log, '');
  expect((await run()).counts).toMatchObject({ evaluated: 4, failed: 1 });
  expect(await slidesRun()).toEqual(['e.svs']);
  expect((await run({}, true)).counts).toMatchObject({ evaluated: 5, failed: 0 });
});

it('refuses to mix the records of two runs', async () => {
  await run();
  await expect(run({ mpp: 0.5 })).rejects.toThrow('another run (its mpp differ)');
  await appendFile(path.join(folder, 'out/records.jsonl'), 'rubbish\n');
  await expect(run()).rejects.toThrow('is not JSON');
});

it('says what is wrong with its folders and tables', async () => {
  await expect(run({ labels: path.join(folder, 'no.csv') })).rejects.toThrow('no.csv cannot be read.');
  await expect(run({ model: 'nix' })).rejects.toMatchObject({ info: { code: 'model/unknown' } });
  await expect(run({ split: 'test' })).rejects.toThrow('No slide of the label table is of split test.');
  const source = { kind: 'slides', folder: path.join(folder, 'nowhere'), workers: 1, retryFailed: false } as const;
  await expect(run({ source })).rejects.toThrow('there is no such file or folder');
  const gone = { kind: 'predictions', folder: path.join(folder, 'nowhere') } as const;
  await expect(run({ source: gone })).rejects.toThrow('cannot be read');
});

it('gathers what analyze printed, errors among it', async () => {
  const predictions = path.join(folder, 'predictions');
  await mkdir(path.join(predictions, 'sub'), { recursive: true });
  const { manifest } = await (await import('../model-dir.ts')).openModel('compact-glas');
  const prediction = (logit: number) => ({
    slideId: 'x',
    modelId: `${manifest.id}@${manifest.version}`,
    classes: ['benign', 'malignant'],
    logits: [logit],
    probabilities: [1 / (1 + Math.exp(logit)), 1 / (1 + Math.exp(-logit))],
    positiveClass: 'malignant',
    attention: { bag: { count: 3, candidates: 4 } },
    notes: [],
    backend: { name: 'wasm' },
    elapsedMs: { total: 1 },
  });
  const files = {
    'a.svs.json': prediction(-2),
    'sub/b.tiff.json': prediction(2),
    'c.svs.json': { error: { code: 'slide/corrupt', message: 'The file is damaged.' } },
    'd.svs.json': { ...prediction(2), modelId: 'other@1' },
  };
  for (const [name, value] of Object.entries(files))
    await writeFile(path.join(predictions, name), JSON.stringify(value));
  const summary = await run({ source: { kind: 'predictions', folder: predictions } });
  expect(summary.counts).toMatchObject({ evaluated: 2, failed: 3 });
  expect(summary.failures.map((one) => one.message).join(' ')).toContain('d.svs.json is of model other@1');
});
