import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resultContext } from '../../report/result.ts';
import { toResultJson } from '../../report/write-json.ts';
import { type ExampleChoices, exampleResult } from '../../testing/example-result.ts';
import type { BagSpec } from '../../tiling/bag.ts';
import { openModel } from '../model-dir.ts';
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

describe('evaluate --predictions', () => {
  const predictions = () => path.join(folder, 'predictions');
  const source = () => ({ kind: 'predictions', folder: predictions() }) as const;

  /** What `analyze` prints of a slide of compact-glas, inside its scope; but for the given values. */
  async function printed({ userMpp, bag, ...choices }: ExampleChoices = {}) {
    const { manifest } = await openModel('compact-glas');
    const { prediction, slide } = await exampleResult({ ...choices, ...(userMpp === undefined ? {} : { userMpp }) });
    const modelId = `${manifest.id}@${manifest.version}`;
    const bagSpec = bag ?? manifest.bag;
    const run = { info: slide.info, manifest, userMpp, bagSpec, date: new Date(0), withName: false };
    return toResultJson({ ...prediction, modelId }, resultContext(run));
  }

  async function give(files: Readonly<Record<string, unknown>>) {
    await mkdir(path.join(predictions(), 'sub'), { recursive: true });
    for (const [name, value] of Object.entries(files))
      await writeFile(path.join(predictions(), name), typeof value === 'string' ? value : JSON.stringify(value));
  }

  it('gathers what analyze printed, errors among it, and counts slides by scope', async () => {
    await give({
      'a.svs.json': await printed(),
      'sub/b.tiff.json': await printed({ scope: 'outside' }),
      'c.svs.json': { error: { code: 'slide/corrupt', message: 'The file is damaged.' } },
      'd.svs.json': {
        ...(await printed()),
        modelId: 'other@1',
        model: { ...(await printed()).model, id: 'other', version: '1' },
      },
    });
    const summary = await run({ source: source() });
    expect(summary.counts).toMatchObject({ evaluated: 2, failed: 3 });
    expect(summary.scopes).toEqual({ inside: 1, outside: 1, unmeasured: 0 });
    expect(summary.insideScope.counts).toEqual({ evaluated: 1, positives: 0, negatives: 1 });
    expect(summary.failures).toContainEqual(expect.objectContaining({ code: 'slide/corrupt', id: 'c.svs' }));
    expect(summary.failures.map((one) => one.message).join(' ')).toContain('d.svs.json is of model other@1');
    const report = JSON.parse(await readFile(path.join(folder, 'out/report.json'), 'utf8'));
    expect(report.rows).toMatchObject([
      { id: 'a.svs', scope: { state: 'inside', reasons: [] } },
      { id: 'sub/b.tiff', scope: { state: 'outside', reasons: ['appearance'] }, calledClass: null },
    ]);
    expect(report.insideScope.roc).toBeDefined();
  });

  it('refuses predictions made with another pixel size, other tiles or other weights, one sentence each', async () => {
    const { manifest } = await openModel('compact-glas');
    const own = await printed();
    await give({
      'a.svs.json': await printed({ userMpp: 0.5 }),
      'sub/b.tiff.json': await printed({ bag: { protocol: 'darkest', tilePx: 128, count: 16, downsample: 16 } }),
      'c.svs.json': { ...own, model: { ...own.model, weightsSha256: 'ab'.repeat(32) } },
      'd.svs.json': await printed({ bag: { ...manifest.bag, seed: 2 } as BagSpec }),
    });
    const summary = await run({ source: source() });
    expect(summary.counts).toMatchObject({ evaluated: 0, failed: 5 });
    const said = new Map(summary.failures.map((one) => [one.id, one.message]));
    expect(said.get('a.svs')).toBe(
      'a.svs.json was made with --mpp 0.5, not with the pixel size that its slide states.',
    );
    expect(said.get('sub/b.tiff')).toMatch(
      /b\.tiff\.json was made of the 16 darkest tiles .*, not of all tissue in tiles/,
    );
    expect(said.get('c.svs')).toMatch(/c\.svs\.json was made with other weights than those of compact-glas@/);
    expect(said.get('d.svs')).toMatch(/d\.svs\.json was made of all tissue/);
    expect(new Set(summary.failures.slice(0, 4).map((one) => one.code))).toEqual(new Set(['usage']));
    // They are taken where the same was asked for.
    expect((await run({ source: source(), mpp: 0.5 })).counts).toMatchObject({ evaluated: 1 });
    expect((await run({ source: source(), bag: 'darkest-16' })).counts).toMatchObject({ evaluated: 1 });
  });

  it('takes no file that is not a result, and says what is wrong with it', async () => {
    await give({
      'a.svs.json': 'hello',
      'sub/b.tiff.json': { ...(await printed()), label: 'malignant', probabilities: [0.9, 0.1] },
      'c.svs.json': { error: 'it failed' },
      'd.svs.json': { slideId: 'x', modelId: 'compact-glas@1', logits: [1], attention: { bag: { count: 1 } } },
    });
    const summary = await run({ source: source() });
    expect(summary.counts.evaluated).toBe(0);
    expect(summary.failures.slice(0, 4).map((one) => one.code)).toEqual(new Array(4).fill('result/invalid'));
    expect(summary.failures[0]?.message).toBe('This is not a result that milscope can read: it is not JSON.');
  });
});
