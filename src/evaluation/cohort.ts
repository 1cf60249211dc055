/** Labels x predictions: the slides of a cohort, those that failed, and the figures over the rest. */
import Papa from 'papaparse';
import { type Note, SCOPE_STATES, type Scope } from '../analysis/prediction.ts';
import { isClassCalled } from '../analysis/scope.ts';
import { AppError } from '../errors.ts';
import { noteText } from '../words/notes.ts';
import { type Calibration, type CohortFigures, calibrationOf, type Decision, figuresOf } from './cohort-figures.ts';
import type { LabelledSlide } from './labels.ts';
import type { MapFigures } from './lesion-maps.ts';
import { fitTemperature, sigmoid } from './metrics.ts';
import { type CohortRecord, type FailureRecord, type RunHeader, scopeOf } from './records.ts';

/** Which file each labelled slide is. */
export interface SlideMatch {
  readonly found: readonly { readonly slide: LabelledSlide; readonly file: string }[];
  /** Labelled, but with no file, or with several of that name. */
  readonly missing: readonly FailureRecord[];
  /** Files that no row names. */
  readonly unlabelled: readonly string[];
}

/**
 * Finds the file of each labelled slide: its path relative to the folder, else the file whose path or name without the
 * extension it is (PANDA's `image_id`).
 */
export function matchSlides(slides: readonly LabelledSlide[], files: readonly string[]): SlideMatch {
  const byName = new Map<string, Set<string>>();
  const claim = (name: string, file: string) => byName.set(name, (byName.get(name) ?? new Set()).add(file));
  for (const file of files) {
    const stem = file.replace(/\.[^./]+$/, '');
    for (const name of [stem, stem.slice(stem.lastIndexOf('/') + 1)]) claim(name, file);
  }
  const known = new Set(files);
  const found: { slide: LabelledSlide; file: string }[] = [];
  const missing: FailureRecord[] = [];
  for (const slide of slides) {
    const id = slide.id.replace(/^\.\//, '').replaceAll('\\', '/');
    const candidates = known.has(id) ? [id] : [...(byName.get(id) ?? [])];
    const [file] = candidates;
    if (file !== undefined && candidates.length === 1) found.push({ slide, file });
    else {
      const message =
        file === undefined
          ? 'There is no file of this name.'
          : `Several files have this name: ${candidates.join(', ')}.`;
      missing.push({ type: 'failure', id: slide.id, code: 'slide/read-failed', message });
    }
  }
  const used = new Set(found.map((one) => one.file));
  return { found, missing, unlabelled: files.filter((file) => !used.has(file)) };
}

/** One slide with label and result. */
export interface CohortRow {
  readonly id: string;
  /** As the table of labels has it. */
  readonly label: 0 | 1;
  readonly split: string | undefined;
  readonly group: string | undefined;
  readonly stratum: string | undefined;
  readonly logit: number;
  /** sigmoid(logit / temperature) with the temperature of the report. */
  readonly probability: number;
  readonly scope: Scope;
  /** 1 where probability >= threshold, whatever the scope: what the figures over all slides are made of. */
  readonly called: 0 | 1 | null;
  /** The class that is called; null outside the scope and without a threshold. */
  readonly calledClass: string | null;
  readonly tiles: number;
  readonly candidates: number;
  readonly mpp: number | null;
  readonly notes: readonly Note[];
  readonly maps: MapFigures | null;
  readonly elapsedMs: number;
}

/** A labelled slide without a result, and why. */
export interface CohortFailure extends LabelledSlide {
  /** An ErrorCode. */
  readonly code: string;
  readonly message: string;
}

/** The figures of the slides that lie inside the model's scope. */
export interface InsideScope extends CohortFigures {
  readonly counts: { readonly evaluated: number; readonly positives: number; readonly negatives: number };
}

export interface CohortReport extends CohortFigures {
  readonly formatVersion: 1;
  readonly run: RunHeader;
  /** The split that was judged; undefined for all slides of the table. */
  readonly split: string | undefined;
  readonly classes: { readonly positive: string; readonly negative: string };
  readonly counts: {
    /** Rows of the label table (of the split judged). */
    readonly labelled: number;
    readonly evaluated: number;
    readonly positives: number;
    readonly negatives: number;
    readonly failed: number;
    /** No result yet: the run was stopped. */
    readonly pending: number;
  };
  /** Evaluated slides by the state of their scope. */
  readonly scopes: Readonly<Record<Scope['state'], number>>;
  readonly decision: Decision;
  /** Only where a temperature was fitted: on which slides, and what the model's own did on the slides judged. */
  readonly fitted: { readonly split: string; readonly slides: number; readonly before: Calibration } | undefined;
  /** The same figures, which above are those of all slides, of those inside the scope alone. */
  readonly insideScope: InsideScope;
  readonly rows: readonly CohortRow[];
  readonly failures: readonly CohortFailure[];
  /** Slides without a result yet. */
  readonly pending: readonly LabelledSlide[];
}

export interface EvaluationOptions {
  readonly run: RunHeader;
  readonly classes: { readonly positive: string; readonly negative: string };
  /** The model's own. */
  readonly decision: Decision;
  /** Judge only these slides. */
  readonly split?: string;
  /** Fit the temperature on these slides, which are then not judged (unless `split` names them). */
  readonly fitSplit?: string;
}

/**
 * The figures of a cohort over all slides that have a result, and over those inside the model's scope; failures are listed
 * and counted, never scored.
 * With a fitted temperature the threshold moves along with it, so that the same slides are called positive.
 * @throws usage where no slide of the split to fit on has a result
 */
export function evaluateCohort(
  slides: readonly LabelledSlide[],
  records: readonly CohortRecord[],
  options: EvaluationOptions,
): CohortReport {
  const byId = new Map(records.map((record) => [record.id, record]));
  const judged = slides.filter((slide) =>
    options.split === undefined
      ? options.fitSplit === undefined || slide.split !== options.fitSplit
      : slide.split === options.split,
  );
  const own = options.decision;
  const fitRows = slides
    .filter((slide) => options.fitSplit !== undefined && slide.split === options.fitSplit)
    .flatMap((slide) => {
      const record = byId.get(slide.id);
      return record?.type === 'slide' ? [{ label: slide.label, logit: record.logit }] : [];
    });
  if (options.fitSplit !== undefined && fitRows.length === 0) {
    throw new AppError({
      code: 'usage',
      problem: `No slide of split ${options.fitSplit} has a result to fit a temperature on.`,
    });
  }
  const temperature =
    fitRows.length === 0
      ? own.temperature
      : fitTemperature(
          fitRows.map((row) => row.label),
          fitRows.map((row) => row.logit),
        );
  const threshold = moveThreshold(own.threshold, own.temperature, temperature);
  const rows = judged.flatMap((slide): CohortRow[] => {
    const record = byId.get(slide.id);
    if (record?.type !== 'slide') return [];
    // Where nothing was fitted, the model's word stands to the last bit.
    const probability = fitRows.length === 0 ? record.probability : sigmoid(record.logit / temperature);
    const scope = scopeOf(record);
    const called = threshold === null ? null : probability >= threshold ? 1 : 0;
    return [
      {
        ...slide,
        logit: record.logit,
        probability,
        scope,
        called,
        calledClass: isClassCalled(scope, threshold) ? options.classes[called === 1 ? 'positive' : 'negative'] : null,
        tiles: record.tiles,
        candidates: record.candidates,
        mpp: record.mpp,
        notes: record.notes,
        maps: record.maps,
        elapsedMs: record.elapsedMs,
      },
    ];
  });
  const failures = judged.flatMap((slide): CohortFailure[] => {
    const record = byId.get(slide.id);
    return record?.type === 'failure' ? [{ ...slide, code: record.code, message: record.message }] : [];
  });
  const pending = judged.filter((slide) => !byId.has(slide.id));
  const counts = countRows(rows);
  const inside = rows.filter((row) => row.scope.state === 'inside');
  const decision = { threshold, temperature };
  return {
    formatVersion: 1,
    run: options.run,
    split: options.split,
    classes: options.classes,
    counts: {
      labelled: judged.length,
      ...counts,
      failed: failures.length,
      pending: pending.length,
    },
    scopes: countScopes(rows),
    decision,
    fitted:
      options.fitSplit === undefined || fitRows.length === 0
        ? undefined
        : {
            split: options.fitSplit,
            slides: fitRows.length,
            before: calibrationOf(
              rows.map((row) => row.label),
              rows.map((row) => sigmoid(row.logit / own.temperature)),
              own.temperature,
            ),
          },
    ...figuresOf(rows, decision),
    insideScope: { counts: countRows(inside), ...figuresOf(inside, decision) },
    rows,
    failures,
    pending,
  };
}

function countRows(rows: readonly CohortRow[]): InsideScope['counts'] {
  const positives = rows.filter((row) => row.label === 1).length;
  return { evaluated: rows.length, positives, negatives: rows.length - positives };
}

function countScopes(rows: readonly CohortRow[]): CohortReport['scopes'] {
  const count = (state: Scope['state']) => rows.filter((row) => row.scope.state === state).length;
  const [inside, outside, unmeasured] = SCOPE_STATES.map(count);
  return { inside: inside ?? 0, outside: outside ?? 0, unmeasured: unmeasured ?? 0 };
}

/** One line for each labelled slide, with a header: also those that failed or wait. */
export function toCohortCsv(report: CohortReport): string {
  const columns = [
    'id',
    'label',
    'split',
    'group',
    'stratum',
    'status',
    'probability',
    'logit',
    'called',
    'tiles',
    'notes',
    'error',
    'scope',
    'scope_reasons',
  ];
  const { positive, negative } = report.classes;
  const word = (value: 0 | 1) => (value === 1 ? positive : negative);
  const start = (slide: LabelledSlide, status: string) => [
    slide.id,
    word(slide.label),
    slide.split ?? '',
    slide.group ?? '',
    slide.stratum ?? '',
    status,
  ];
  const done = report.rows.map((row) => [
    ...start(row, 'done'),
    row.probability,
    row.logit,
    row.calledClass ?? '',
    row.tiles,
    row.notes.map(noteText).join(' '),
    '',
    row.scope.state,
    row.scope.reasons.join(' '),
  ]);
  const failed = report.failures.map((one) => [
    ...start(one, 'failed'),
    ...['', '', '', '', '', `${one.code}: ${one.message}`, '', ''],
  ]);
  const waiting = report.pending.map((slide) => [...start(slide, 'pending'), ...Array.from({ length: 8 }, () => '')]);
  // A spreadsheet must not run a file name as a formula.
  return `${Papa.unparse({ fields: columns, data: [...done, ...failed, ...waiting] }, { newline: '\n', escapeFormulae: /^[=@\t\r]/ })}\n`;
}

/** The threshold at `to` that calls the same logits positive as `threshold` at `from`. */
function moveThreshold(threshold: number | null, from: number, to: number): number | null {
  if (threshold === null || from === to || threshold <= 0 || threshold >= 1) return threshold;
  return sigmoid((from * Math.log(threshold / (1 - threshold))) / to);
}
