/**
 * What one slide of a cohort gave, as one line of JSON: an evaluation writes a line as soon as a slide is done, so that it
 * can be killed at any moment and goes on with the slides that have no line yet.
 */
import {
  type BagPrediction,
  type Note,
  positiveProbability,
  SCOPE_STATES,
  type Scope,
} from '../analysis/prediction.ts';
import { AppError } from '../errors.ts';
import type { MapFigures } from './lesion-maps.ts';

/** The first line: what all others were made with. Lines made with anything else must not be mixed in. */
export interface RunHeader {
  readonly type: 'run';
  readonly formatVersion: 1;
  /** id@version */
  readonly modelId: string;
  /** sha256 of the model's weights file and bag, hex: the same name can be trained anew. */
  readonly modelHash: string;
  /** sha256 of what the manifest says of its scope, hex; absent in files of versions before there was one. */
  readonly scopeHash?: string;
  /** The user's µm per level-0 px; null where the slides say it themselves. */
  readonly mpp: number | null;
  /** The bag protocol asked for in place of the model's; null for the model's own. */
  readonly bag: string | null;
  /** Whether maps were scored against lesion masks. */
  readonly masks: boolean;
}

export interface SlideRecord {
  readonly type: 'slide';
  /** As the label table names it. */
  readonly id: string;
  readonly slideId: string;
  readonly positiveClass: string;
  /** Of the positive class, before temperature. */
  readonly logit: number;
  /** Of the positive class, with the model's own temperature. */
  readonly probability: number;
  readonly tiles: number;
  readonly candidates: number;
  /** µm/px of the tiles; null where the slide does not say. */
  readonly mpp: number | null;
  readonly backend: string;
  /** Absent in lines of versions before there was one: `scopeOf` says what it then is. */
  readonly scope?: Scope;
  readonly notes: readonly Note[];
  /** Of a slide with a lesion mask, where some tiles are lesion and some not; else null. */
  readonly maps: MapFigures | null;
  readonly elapsedMs: number;
}

export interface FailureRecord {
  readonly type: 'failure';
  readonly id: string;
  /** An ErrorCode. */
  readonly code: string;
  readonly message: string;
}

export type CohortRecord = SlideRecord | FailureRecord;

/** The line of a slide that has a result. */
export function toSlideRecord(id: string, prediction: BagPrediction, maps?: MapFigures): SlideRecord {
  const index = prediction.classes.indexOf(prediction.positiveClass);
  // A model with one logit gives that of its positive class.
  const logit = prediction.logits.length === 1 ? prediction.logits[0] : prediction.logits[index];
  const probability = positiveProbability(prediction);
  if (logit === undefined || Number.isNaN(probability)) {
    throw new AppError({ code: 'internal', reason: `the prediction has no value for ${prediction.positiveClass}` });
  }
  const { bag } = prediction.attention;
  return {
    type: 'slide',
    id,
    slideId: prediction.slideId,
    positiveClass: prediction.positiveClass,
    logit,
    probability,
    tiles: bag.count,
    candidates: bag.candidates,
    mpp: bag.mpp ?? null,
    backend: prediction.backend.name,
    scope: prediction.scope,
    notes: prediction.notes,
    maps: maps ?? null,
    elapsedMs: prediction.elapsedMs.total,
  };
}

/** The scope of a record; unmeasured where the version that wrote it knew none. */
export function scopeOf({ scope }: Pick<SlideRecord, 'scope'>): Scope {
  return scope ?? { state: 'unmeasured', reasons: ['appearance'] };
}

/** The line of a slide that has none. */
export function toFailureRecord(id: string, error: unknown): FailureRecord {
  if (error instanceof AppError) return { type: 'failure', id, code: error.info.code, message: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  return toFailureRecord(id, new AppError({ code: 'internal', reason }));
}

export interface RecordFile {
  readonly header: RunHeader;
  /** One for each slide: where a slide has several lines, the last. */
  readonly records: readonly CohortRecord[];
}

/**
 * Reads a file of records; undefined for an empty one. A last line without an end, which a kill left, is ignored.
 * @throws usage where a line is not what it should be
 */
export function parseRecords(text: string, name: string): RecordFile | undefined {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  const values = lines.flatMap((line, index): unknown[] => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line)];
    } catch {
      throw new AppError({ code: 'usage', problem: `${name}: line ${index + 1} is not JSON.` });
    }
  });
  if (values.length === 0) return undefined;
  const [header, ...rest] = values;
  if (!isHeader(header)) {
    throw new AppError({ code: 'usage', problem: `${name}: its first line does not say which run it is of.` });
  }
  const records = new Map<string, CohortRecord>();
  rest.forEach((value, index) => {
    if (!isRecord(value)) {
      throw new AppError({ code: 'usage', problem: `${name}: line ${index + 2} is not the result of a slide.` });
    }
    records.set(value.id, withNotes(value));
  });
  return { header, records: [...records.values()] };
}

/** The fields in which two runs differ; empty where the second may go on with the records of the first. */
export function differences(one: RunHeader, other: RunHeader): readonly string[] {
  const fields = ['modelId', 'modelHash', 'mpp', 'bag', 'masks'] as const;
  const isOtherScope =
    one.scopeHash !== undefined && other.scopeHash !== undefined && one.scopeHash !== other.scopeHash;
  return [...fields.filter((field) => one[field] !== other[field]), ...(isOtherScope ? ['scope'] : [])];
}

/** Notes of earlier versions were a code and a text. */
function withNotes(record: CohortRecord): CohortRecord {
  if (record.type === 'failure') return record;
  const written: readonly (Note | { readonly code: Note['code']; readonly text: string })[] = record.notes ?? [];
  return {
    ...record,
    notes: written.map((note) => ('params' in note ? note : { code: note.code, params: { text: note.text } })),
  };
}

function isHeader(value: unknown): value is RunHeader {
  return hasFields(value, { type: 'string', modelId: 'string', modelHash: 'string' }) && value.type === 'run';
}

function isRecord(value: unknown): value is CohortRecord {
  if (!hasFields(value, { type: 'string', id: 'string' })) return false;
  if (value.type === 'failure') return hasFields(value, { code: 'string', message: 'string' });
  const record: object = value;
  if (value.type !== 'slide' || !hasFields(value, { logit: 'number', probability: 'number', tiles: 'number' }))
    return false;
  const hasNotes = !('notes' in record) || Array.isArray(record.notes);
  return hasNotes && (!('scope' in record) || isScope(record.scope));
}

function isScope(scope: unknown): boolean {
  if (!hasFields(scope, { state: 'string' })) return false;
  const { state, reasons }: { readonly state: unknown; readonly reasons?: unknown } = scope;
  return SCOPE_STATES.some((one) => one === state) && Array.isArray(reasons);
}

function hasFields<K extends string>(
  value: unknown,
  fields: Readonly<Record<K, 'string' | 'number'>>,
): value is Record<K, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const entries = value as Readonly<Record<string, unknown>>;
  return Object.entries(fields).every(([field, kind]) => typeof entries[field] === kind);
}
