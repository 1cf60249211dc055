/** Predictions that were made before, as `analyze` or the page wrote them, as records of a cohort. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isSameSpec } from '../../analysis/notes.ts';
import { AppError } from '../../errors.ts';
import type { SlideMatch } from '../../evaluation/cohort.ts';
import { type CohortRecord, type RunHeader, toFailureRecord, toSlideRecord } from '../../evaluation/records.ts';
import { weightsSha256 } from '../../model/catalog.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import { parseBounded, readerOf } from '../../report/json-reader.ts';
import { readResult } from '../../report/read-json.ts';
import type { ReadResult } from '../../report/result.ts';
import type { BagSpec } from '../../tiling/bag.ts';
import { bagWords } from '../../words/bag.ts';

/** What all predictions of a cohort must have been made with. */
export interface Wanted {
  readonly run: RunHeader;
  readonly manifest: ModelManifest;
  readonly spec: BagSpec;
}

/** A record for each file: a slide's result, or the failure that `analyze` printed or that reading it is. */
export async function readPredictions(
  folder: string,
  found: SlideMatch['found'],
  wanted: Wanted,
): Promise<readonly CohortRecord[]> {
  // One after the other: ten thousand open files are more than a process may have.
  const records: CohortRecord[] = [];
  for (const { slide, file } of found) {
    try {
      records.push(toRecord(slide.id, file, await readText(path.join(folder, file)), wanted));
    } catch (error) {
      records.push(toFailureRecord(slide.id, error));
    }
  }
  return records;
}

function toRecord(id: string, file: string, text: string, wanted: Wanted): CohortRecord {
  const json = parseBounded(text);
  const root = readerOf(json);
  if (root.has('error')) {
    const error = root.object('error');
    return { type: 'failure', id, code: error.text('code'), message: error.text('message') };
  }
  const result = readResult(json);
  const problem = differenceOf(result, wanted);
  if (problem !== undefined) throw new AppError({ code: 'usage', problem: `${file} ${problem}.` });
  return toSlideRecord(id, result.prediction);
}

/** Why a prediction must not be judged together with the others; undefined where nothing speaks against it. */
function differenceOf({ prediction, context }: ReadResult, { run, manifest, spec }: Wanted): string | undefined {
  const { bag } = prediction.attention;
  if (prediction.modelId !== run.modelId) return `is of model ${prediction.modelId}, not of ${run.modelId}`;
  const { weightsSha256: weights } = context.model;
  if (weights !== null && weights !== weightsSha256(manifest)) {
    return `was made with other weights than those of ${run.modelId}: the same name, another training`;
  }
  if (prediction.classes.join() !== manifest.classes.join() || prediction.positiveClass !== manifest.positiveClass) {
    return `has the classes ${prediction.classes.join(', ')}, not ${manifest.classes.join(', ')}`;
  }
  const typed = context.pixelSize?.from === 'user' ? context.pixelSize.x : null;
  // An earlier export says the pixel size in a sentence, to four digits.
  const isRounded = context.date === null;
  if (!isSameMpp(typed, run.mpp, isRounded)) {
    return typed === null
      ? `was made with the pixel size that its slide states, not with --mpp ${run.mpp}`
      : `was made with --mpp ${typed}, not with ${run.mpp === null ? 'the pixel size that its slide states' : `--mpp ${run.mpp}`}`;
  }
  if (context.bagSpec !== null) {
    return isSameSpec(context.bagSpec, spec)
      ? undefined
      : `was made of ${bagWords(context.bagSpec)}, not of ${bagWords(spec)}`;
  }
  const isOwn = !prediction.notes.some(({ code }) => code === 'bag-differs-from-training');
  return bag.protocol === spec.protocol && bag.tilePx === spec.tilePx && isOwn === isSameSpec(manifest.bag, spec)
    ? undefined
    : `was made of other tiles than ${bagWords(spec)}`;
}

function isSameMpp(one: number | null, other: number | null, isRounded: boolean): boolean {
  if (one === null || other === null || !isRounded) return one === other;
  return one === Number(other.toPrecision(4));
}

/** All JSON files below a folder, relative, with / between. @throws usage where there is no such folder */
export async function listPredictions(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
      .sort();
  } catch (cause) {
    throw new AppError({ code: 'usage', problem: `The folder ${folder} cannot be read.` }, { cause });
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError({ code: 'usage', problem: `${file} cannot be read.` }, { cause });
  }
}
