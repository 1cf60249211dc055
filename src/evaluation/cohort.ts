/** Labels x predictions: the slides of a cohort, those that failed, and the figures over the rest. */
import Papa from 'papaparse';
import type { Note } from '../analysis/prediction.ts';
import { AppError } from '../errors.ts';
import { noteText } from '../words/notes.ts';
import type { LabelledSlide } from './labels.ts';
import { type MapFigures, type MapSummary, summarizeMaps } from './lesion-maps.ts';
import {
  atSensitivity,
  auroc,
  aurocBootstrap,
  aurocDeLong,
  averagePrecision,
  brier,
  calibrationError,
  fitTemperature,
  type Interval,
  logLoss,
  type OperatingPoint,
  operatingPoint,
  type ReliabilityBin,
  type RocPoint,
  reliability,
  rocCurve,
  sigmoid,
} from './metrics.ts';
import type { CohortRecord, FailureRecord, RunHeader } from './records.ts';

/** Draws and seed of the bootstrap interval, stated in the report. */
const BOOTSTRAP = { draws: 2000, seed: 1 } as const;

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
  readonly label: 0 | 1;
  readonly split: string | undefined;
  readonly group: string | undefined;
  readonly stratum: string | undefined;
  readonly logit: number;
  /** sigmoid(logit / temperature) with the temperature of the report. */
  readonly probability: number;
  /** 1 where probability >= threshold. */
  readonly called: 0 | 1;
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

/** Figures that a change of temperature changes. */
export interface Calibration {
  readonly temperature: number;
  readonly brier: number | undefined;
  readonly logLoss: number | undefined;
  readonly ece: number | undefined;
}

/** The same figures for the slides of one stratum. */
export interface StratumFigures {
  readonly name: string;
  readonly slides: number;
  readonly positives: number;
  readonly auroc: number | undefined;
  readonly accuracy: number | undefined;
}

export interface CohortReport {
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
  readonly decision: { readonly threshold: number; readonly temperature: number };
  /** Only where a temperature was fitted: on which slides, and what the model's own did on the slides judged. */
  readonly fitted: { readonly split: string; readonly slides: number; readonly before: Calibration } | undefined;
  readonly auroc: {
    readonly value: number | undefined;
    readonly deLong: { readonly standardError: number; readonly ci95: Interval } | undefined;
    readonly bootstrap: { readonly draws: number; readonly seed: number; readonly ci95: Interval } | undefined;
  };
  readonly averagePrecision: number | undefined;
  readonly atThreshold: OperatingPoint;
  readonly atSensitivity95: OperatingPoint | undefined;
  readonly atSensitivity99: OperatingPoint | undefined;
  readonly calibration: Calibration;
  readonly reliability: readonly ReliabilityBin[];
  readonly roc: readonly RocPoint[];
  readonly strata: readonly StratumFigures[];
  /** Maps against lesion masks, over the positive slides that have one. */
  readonly maps: MapSummary | undefined;
  readonly rows: readonly CohortRow[];
  readonly failures: readonly CohortFailure[];
  /** Slides without a result yet. */
  readonly pending: readonly LabelledSlide[];
}

export interface EvaluationOptions {
  readonly run: RunHeader;
  readonly classes: { readonly positive: string; readonly negative: string };
  /** The model's own. */
  readonly decision: { readonly threshold: number; readonly temperature: number };
  /** Judge only these slides. */
  readonly split?: string;
  /** Fit the temperature on these slides, which are then not judged (unless `split` names them). */
  readonly fitSplit?: string;
}

/**
 * The figures of a cohort over all slides that have a result; failures are listed and counted, never scored.
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
    return [
      {
        ...slide,
        logit: record.logit,
        probability,
        called: probability >= threshold ? 1 : 0,
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
  const labels = rows.map((row) => row.label);
  const probabilities = rows.map((row) => row.probability);
  const bootstrap = aurocBootstrap(labels, probabilities, BOOTSTRAP);
  const positives = labels.filter((label) => label === 1).length;
  return {
    formatVersion: 1,
    run: options.run,
    split: options.split,
    classes: options.classes,
    counts: {
      labelled: judged.length,
      evaluated: rows.length,
      positives,
      negatives: rows.length - positives,
      failed: failures.length,
      pending: pending.length,
    },
    decision: { threshold, temperature },
    fitted:
      options.fitSplit === undefined || fitRows.length === 0
        ? undefined
        : {
            split: options.fitSplit,
            slides: fitRows.length,
            before: calibrationOf(
              labels,
              rows.map((row) => sigmoid(row.logit / own.temperature)),
              own.temperature,
            ),
          },
    auroc: {
      value: auroc(labels, probabilities),
      deLong: aurocDeLong(labels, probabilities),
      bootstrap: bootstrap && { ...BOOTSTRAP, ci95: bootstrap },
    },
    averagePrecision: averagePrecision(labels, probabilities),
    atThreshold: operatingPoint(labels, probabilities, threshold),
    atSensitivity95: atSensitivity(labels, probabilities, 0.95),
    atSensitivity99: atSensitivity(labels, probabilities, 0.99),
    calibration: calibrationOf(labels, probabilities, temperature),
    reliability: reliability(labels, probabilities),
    roc: rocCurve(labels, probabilities),
    strata: strataOf(rows),
    maps: summarizeMaps(rows.flatMap((row) => (row.label === 1 && row.maps !== null ? [row.maps] : []))),
    rows,
    failures,
    pending,
  };
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
    word(row.called),
    row.tiles,
    row.notes.map(noteText).join(' '),
    '',
  ]);
  const failed = report.failures.map((one) => [
    ...start(one, 'failed'),
    ...['', '', '', '', '', `${one.code}: ${one.message}`],
  ]);
  const waiting = report.pending.map((slide) => [...start(slide, 'pending'), '', '', '', '', '', '']);
  // A spreadsheet must not run a file name as a formula.
  return `${Papa.unparse({ fields: columns, data: [...done, ...failed, ...waiting] }, { newline: '\n', escapeFormulae: /^[=@\t\r]/ })}\n`;
}

function calibrationOf(labels: readonly number[], probabilities: readonly number[], temperature: number): Calibration {
  return {
    temperature,
    brier: brier(labels, probabilities),
    logLoss: logLoss(labels, probabilities),
    ece: calibrationError(reliability(labels, probabilities)),
  };
}

/** The threshold at `to` that calls the same logits positive as `threshold` at `from`. */
function moveThreshold(threshold: number, from: number, to: number): number {
  if (from === to || threshold <= 0 || threshold >= 1) return threshold;
  return sigmoid((from * Math.log(threshold / (1 - threshold))) / to);
}

function strataOf(rows: readonly CohortRow[]): readonly StratumFigures[] {
  const names = [...new Set(rows.flatMap((row) => row.stratum ?? []))].sort();
  return names.map((name) => {
    const members = rows.filter((row) => row.stratum === name);
    const labels = members.map((row) => row.label);
    return {
      name,
      slides: members.length,
      positives: labels.filter((label) => label === 1).length,
      auroc: auroc(
        labels,
        members.map((row) => row.probability),
      ),
      accuracy: members.filter((row) => row.called === row.label).length / members.length,
    };
  });
}
