/** `evaluate` itself: labels, slides or predictions, records, report. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../errors.ts';
import { evaluateCohort, matchSlides, type SlideMatch, toCohortCsv } from '../../evaluation/cohort.ts';
import type { CohortFigures } from '../../evaluation/cohort-figures.ts';
import { toFiguresCsv } from '../../evaluation/figures.ts';
import { parseLabels } from '../../evaluation/labels.ts';
import { type CohortRecord, differences, parseRecords, type RunHeader } from '../../evaluation/records.ts';
import { toReportPage } from '../../evaluation/report-page.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import { openModel } from '../model-dir.ts';
import { type BagName, bagSpec } from '../options.ts';
import { listSlides } from '../slide-folder.ts';
import { startProgress, type Terminal, toJsonText } from '../terminal.ts';
import { listPredictions, readPredictions } from './predictions.ts';
import { runSlideJobs } from './slide-jobs.ts';

export interface EvaluateRequest {
  readonly source:
    | { readonly kind: 'slides'; readonly folder: string; readonly workers: number; readonly retryFailed: boolean }
    | { readonly kind: 'predictions'; readonly folder: string };
  readonly labels: string;
  readonly model: string;
  readonly out: string;
  /** Leave out the rows of the table that have no file, in place of counting them as failures. */
  readonly skipMissing?: boolean;
  readonly mpp?: number;
  readonly bag?: BagName;
  /** Folder of lesion masks. */
  readonly masks?: string;
  readonly split?: string;
  readonly fitSplit?: string;
}

/**
 * Runs what is missing, writes records.jsonl, report.json, figures.csv, slides.csv and report.html into `out`; a short summary.
 * @throws usage, model/unknown, AbortError
 */
export async function evaluate(request: EvaluateRequest, terminal: Terminal, worker = workerCommand(request)) {
  const { manifest } = await openModel(request.model);
  const table = parseLabels(await readText(request.labels), path.basename(request.labels));
  const wanted = table.slides.filter(
    ({ split }) =>
      request.split === undefined || (split !== undefined && [request.split, request.fitSplit].includes(split)),
  );
  if (wanted.length === 0) {
    throw new AppError({ code: 'usage', problem: `No slide of the label table is of split ${request.split}.` });
  }
  await mkdir(request.out, { recursive: true });
  const run = headerOf(manifest, request);
  const spec = request.bag === undefined ? manifest.bag : bagSpec(request.bag, manifest.bag);
  const files =
    request.source.kind === 'slides'
      ? (await listSlides(request.source.folder)).files
      : await listPredictions(request.source.folder);
  const whole = matchSlides(wanted, files);
  const match = request.skipMissing ? { ...whole, missing: [] } : whole;
  const left = new Set(request.skipMissing ? whole.missing.map((one) => one.id) : []);
  const records =
    request.source.kind === 'slides'
      ? await runSlides(request, request.source, run, match, terminal, worker)
      : [...match.missing, ...(await readPredictions(request.source.folder, match.found, { run, manifest, spec }))];
  const [negative] = manifest.classes.filter((name) => name !== manifest.positiveClass);
  const report = evaluateCohort(
    table.slides.filter((slide) => !left.has(slide.id)),
    records,
    {
      run,
      classes: { positive: manifest.positiveClass, negative: negative ?? `not ${manifest.positiveClass}` },
      decision: manifest.decision,
      ...(request.split === undefined ? {} : { split: request.split }),
      ...(request.fitSplit === undefined ? {} : { fitSplit: request.fitSplit }),
    },
  );
  const outputs = { json: 'report.json', csv: 'slides.csv', figures: 'figures.csv', html: 'report.html' };
  await writeFile(path.join(request.out, outputs.json), `${toJsonText(report)}\n`);
  await writeFile(path.join(request.out, outputs.csv), toCohortCsv(report));
  await writeFile(path.join(request.out, outputs.figures), toFiguresCsv(report));
  await writeFile(path.join(request.out, outputs.html), toReportPage(report));
  const { rows: _, insideScope, ...figures } = report;
  return {
    ...withoutCurves(figures),
    insideScope: withoutCurves(insideScope),
    unlabelledFiles: match.unlabelled.length,
    skippedRows: left.size,
    out: request.out,
    files: outputs,
  };
}

/** The figures of a summary: curves are for the report. */
function withoutCurves<T extends CohortFigures>({
  roc: _,
  reliability: __,
  ...rest
}: T): Omit<T, 'roc' | 'reliability'> {
  return rest;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function headerOf(manifest: ModelManifest, request: EvaluateRequest): RunHeader {
  const decisive = { bag: manifest.bag, input: manifest.input, files: manifest.files, decision: manifest.decision };
  return {
    type: 'run',
    formatVersion: 1,
    modelId: `${manifest.id}@${manifest.version}`,
    modelHash: sha256(JSON.stringify(decisive)),
    scopeHash: sha256(JSON.stringify(manifest.scope)),
    mpp: request.mpp ?? null,
    bag: request.bag ?? null,
    masks: request.masks !== undefined,
  };
}

async function runSlides(
  request: EvaluateRequest,
  source: Extract<EvaluateRequest['source'], { kind: 'slides' }>,
  run: RunHeader,
  { found, missing }: SlideMatch,
  terminal: Terminal,
  worker: readonly [string, ...string[]],
): Promise<readonly CohortRecord[]> {
  const kept = openRecords(path.join(request.out, 'records.jsonl'), run);
  const done = kept.records.filter((record) => record.type === 'slide' || !source.retryFailed);
  const doneIds = new Set(done.map((record) => record.id));
  const jobs = found
    .filter(({ slide }) => !doneIds.has(slide.id))
    .map(({ slide, file }) => ({ id: slide.id, file: path.join(source.folder, file) }));
  if (doneIds.size > 0) terminal.say(`${doneIds.size} slides were done before; ${jobs.length} are left.`);
  const progress = startProgress(terminal, 'slides', jobs.length);
  const fresh: CohortRecord[] = [];
  let failed = 0;
  try {
    await runSlideJobs(jobs, {
      worker,
      processes: source.workers,
      signal: terminal.signal,
      onRecord(record) {
        kept.append(record);
        fresh.push(record);
        if (record.type === 'failure') failed++;
        progress.update(fresh.length, failed === 0 ? '' : `${failed} failed`);
      },
    });
  } finally {
    progress.stop();
  }
  // A slide may have come since it was found missing, so that is never written down.
  return [...missing, ...done, ...fresh];
}

/** This same program again, whether bundled or not. */
function workerCommand(request: EvaluateRequest): [string, ...string[]] {
  const script = process.argv[1];
  if (script === undefined) throw new AppError({ code: 'internal', reason: 'the program does not know its own file' });
  return [
    process.execPath,
    ...process.execArgv,
    script,
    'evaluate-worker',
    '--model',
    request.model,
    ...(request.mpp === undefined ? [] : ['--mpp', String(request.mpp)]),
    ...(request.bag === undefined ? [] : ['--bag', request.bag]),
    ...(request.masks === undefined ? [] : ['--masks', request.masks]),
  ];
}

/** The records of an earlier run of the same kind, and a way to add to them. @throws usage where they are of another run */
function openRecords(file: string, run: RunHeader) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const earlier = parseRecords(text, file);
  if (earlier !== undefined) {
    const fields = differences(earlier.header, run);
    if (fields.length > 0) {
      const problem = `${file} holds the results of another run (its ${fields.join(', ')} differ); choose another --out.`;
      throw new AppError({ code: 'usage', problem });
    }
  }
  // A torn last line, which a kill left, must not swallow the next one.
  if (!text.endsWith('\n') && text !== '')
    truncateSync(file, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
  if (earlier === undefined) appendFileSync(file, `${JSON.stringify(run)}\n`);
  return {
    records: earlier?.records ?? [],
    append: (record: CohortRecord) => appendFileSync(file, `${JSON.stringify(record)}\n`),
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError({ code: 'usage', problem: `${file} cannot be read.` }, { cause });
  }
}
