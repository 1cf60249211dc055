/** Numbers as people read them, on the screen and in sentences. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 22,792 */
export function count(value: number): string {
  return whole.format(value);
}

/** 0.83; never 0.00 or 1.00 for what is neither. */
export function probability(value: number): string {
  if (value > 0 && value < 0.005) return '<0.01';
  if (value < 1 && value > 0.995) return '>0.99';
  return value.toFixed(2);
}

/** 9.1×, 0.35×, 120× */
export function times(value: number): string {
  const digits = value >= 99.5 ? 0 : value >= 0.995 ? 1 : 2;
  return `${value.toFixed(digits)}×`;
}

/** +0.21, −1.30: with a sign, and a minus that is as wide as the plus. */
export function signed(value: number): string {
  if (value === 0) return '0';
  const text = Math.abs(value) >= 0.0995 ? Math.abs(value).toFixed(2) : Math.abs(value).toPrecision(2);
  return value < 0 ? `−${text}` : `+${text}`;
}

/** 340 ms, 4.1 s, 2 min 05 s */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** 12 s left, 3 min left: coarse, because it is a guess. */
export function timeLeft(seconds: number): string {
  if (seconds < 1) return 'almost done';
  if (seconds < 90) return `${Math.ceil(seconds)} s left`;
  return `${Math.round(seconds / 60)} min left`;
}

/** 0.263 µm */
export function micrometres(value: number): string {
  return `${Number(value.toPrecision(3))} µm`;
}

/** At most four significant digits, for a value inside a sentence. */
export function rounded(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** A number typed by hand, with a comma or a point, and any minus; undefined when it is none. */
export function parseTyped(text: string): number | undefined {
  const trimmed = text.trim().replace(',', '.').replace('−', '-');
  if (!/^-?\d*\.?\d+(e-?\d+)?$/.test(trimmed)) return undefined;
  return Number(trimmed);
}
