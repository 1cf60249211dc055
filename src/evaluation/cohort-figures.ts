/** The figures of labelled slides that have a result: of a whole cohort, or of a part of it. */
import { type MapFigures, type MapSummary, summarizeMaps } from './lesion-maps.ts';
import {
  type AurocInterval,
  atSensitivity,
  auroc,
  aurocBootstrap,
  aurocDeLong,
  aurocInterval,
  averagePrecision,
  brier,
  calibrationError,
  type Interval,
  logLoss,
  type OperatingPoint,
  operatingPoint,
  type ReliabilityBin,
  type RocPoint,
  reliability,
  rocCurve,
} from './metrics.ts';

/** Draws and seed of the bootstrap interval, stated in the report. */
const BOOTSTRAP = { draws: 2000, seed: 1 } as const;

/** What figures are made of. */
export interface ScoredSlide {
  readonly label: 0 | 1;
  readonly stratum: string | undefined;
  readonly probability: number;
  /** 1 where probability >= threshold; null where there is no threshold. */
  readonly called: 0 | 1 | null;
  readonly maps: MapFigures | null;
}

export interface Decision {
  /** null where the model states none. */
  readonly threshold: number | null;
  readonly temperature: number;
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
  /** Undefined without a threshold. */
  readonly accuracy: number | undefined;
}

export interface CohortFigures {
  readonly auroc: {
    readonly value: number | undefined;
    /** The one to print beside the value. */
    readonly interval: AurocInterval | undefined;
    /** This and the bootstrap's undefined also where they would have width 0. */
    readonly deLong: { readonly standardError: number; readonly ci95: Interval } | undefined;
    readonly bootstrap: { readonly draws: number; readonly seed: number; readonly ci95: Interval } | undefined;
  };
  readonly averagePrecision: number | undefined;
  /** The threshold applied to the probability of every slide, whatever its scope; undefined without a threshold. */
  readonly atThreshold: OperatingPoint | undefined;
  readonly atSensitivity95: OperatingPoint | undefined;
  readonly atSensitivity99: OperatingPoint | undefined;
  readonly calibration: Calibration;
  readonly reliability: readonly ReliabilityBin[];
  readonly roc: readonly RocPoint[];
  readonly strata: readonly StratumFigures[];
  /** Maps against lesion masks, over the positive slides that have one. */
  readonly maps: MapSummary | undefined;
}

/** Figures of these slides; undefined where slides of one class, or none, do not define them. */
export function figuresOf(slides: readonly ScoredSlide[], { threshold, temperature }: Decision): CohortFigures {
  const labels = slides.map((slide) => slide.label);
  const probabilities = slides.map((slide) => slide.probability);
  const bootstrap = aurocBootstrap(labels, probabilities, BOOTSTRAP);
  return {
    auroc: {
      value: auroc(labels, probabilities),
      interval: aurocInterval(labels, probabilities),
      deLong: aurocDeLong(labels, probabilities),
      bootstrap: bootstrap && { ...BOOTSTRAP, ci95: bootstrap },
    },
    averagePrecision: averagePrecision(labels, probabilities),
    atThreshold: threshold === null ? undefined : operatingPoint(labels, probabilities, threshold),
    atSensitivity95: atSensitivity(labels, probabilities, 0.95),
    atSensitivity99: atSensitivity(labels, probabilities, 0.99),
    calibration: calibrationOf(labels, probabilities, temperature),
    reliability: reliability(labels, probabilities),
    roc: rocCurve(labels, probabilities),
    strata: strataOf(slides),
    maps: summarizeMaps(slides.flatMap(({ label, maps }) => (label === 1 && maps !== null ? [maps] : []))),
  };
}

/** How well probabilities [N] in 0..1 at a temperature fit labels [N] of 0 and 1. */
export function calibrationOf(
  labels: readonly number[],
  probabilities: readonly number[],
  temperature: number,
): Calibration {
  return {
    temperature,
    brier: brier(labels, probabilities),
    logLoss: logLoss(labels, probabilities),
    ece: calibrationError(reliability(labels, probabilities)),
  };
}

function strataOf(slides: readonly ScoredSlide[]): readonly StratumFigures[] {
  const names = [...new Set(slides.flatMap((slide) => slide.stratum ?? []))].sort();
  return names.map((name) => {
    const members = slides.filter((slide) => slide.stratum === name);
    const labels = members.map((slide) => slide.label);
    const called = members.filter((slide) => slide.called !== null);
    return {
      name,
      slides: members.length,
      positives: labels.filter((label) => label === 1).length,
      auroc: auroc(
        labels,
        members.map((slide) => slide.probability),
      ),
      accuracy:
        called.length === 0 ? undefined : called.filter((slide) => slide.called === slide.label).length / called.length,
    };
  });
}
