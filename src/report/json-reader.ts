/** A strict, bounded reader of parsed JSON from anywhere: each field is asked for by name and checked. */
import { AppError } from '../errors.ts';

/** A file that is no result, or not as it was exported. @throws result/invalid */
export function refuse(problem: string): never {
  throw new AppError({ code: 'result/invalid', problem });
}

export interface Limits {
  readonly from?: number;
  readonly to?: number;
}

/** Texts are names, sentences and hashes: longer ones are none. */
const MOST_CHARACTERS = 10_000;

/** Characters of a result of a million tiles, which is the most that a model may ask for. */
const MOST_TEXT = 2 ** 27;
/** A result has a few dozen; each nested value costs memory, whatever it holds. */
const MOST_NESTED = 10_000;
/** Numbers of a result of a million tiles. */
const MOST_VALUES = 2 ** 24;

/**
 * Parsed JSON. Looked over before it is parsed, so that a text made to fill the memory is refused first.
 * @throws result/invalid
 */
export function parseBounded(text: string): unknown {
  if (text.length > MOST_TEXT) refuse(`it has more than ${MOST_TEXT / 2 ** 20} million characters`);
  let nested = 0;
  let values = 0;
  let isInText = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isInText) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) isInText = false;
    } else if (code === QUOTE) isInText = true;
    else if (code === BRACE || code === BRACKET) nested++;
    else if (code === COMMA) values++;
  }
  if (nested > MOST_NESTED || values > MOST_VALUES) refuse('it holds more values than any result has');
  try {
    // A byte order mark is no part of JSON, but some editors add one.
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    return refuse('it is not JSON');
  }
}

const [QUOTE, BACKSLASH, BRACE, BRACKET, COMMA] = [34, 92, 123, 91, 44];

/** Reads the fields of one object; a problem names the field by its full path. Fields that nobody asks for are ignored. */
export interface Reader {
  fail(field: string, problem: string): never;
  /** True where the field is there, and not null. */
  has(field: string): boolean;
  keys(): readonly string[];
  boolean(field: string): boolean;
  /** At most 10,000 characters; empty only where allowed. */
  text(field: string, options?: { readonly mayBeEmpty?: boolean; readonly pattern?: RegExp }): string;
  textOrNumber(field: string): string | number;
  oneOf<T extends string>(field: string, values: readonly T[]): T;
  number(field: string, limits?: Limits): number;
  integer(field: string, limits: { readonly from: number; readonly to: number }): number;
  texts(field: string, most: number): readonly string[];
  /** Exactly `length` finite numbers. */
  numbers(field: string, length: number, limits?: Limits): Float64Array<ArrayBuffer>;
  /** As it stands there, of at most `most` values: the caller checks each. */
  list(field: string, most: number): readonly unknown[];
  object(field: string): Reader;
  objects(field: string, most: number): readonly Reader[];
}

/** A reader of `json`, which stands at `at`; '' for the whole. @throws result/invalid, here and in every method */
export function readerOf(json: unknown, at = ''): Reader {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refuse(at === '' ? 'it is not a JSON object' : `${at} must be an object`);
  }
  const object = json as Readonly<Record<string, unknown>>;
  const named = (field: string) => (at === '' ? field : `${at}.${field}`);
  const fail = (field: string, problem: string) => refuse(`${named(field)} ${problem}`);
  const take = (field: string): unknown => (Object.hasOwn(object, field) ? object[field] : fail(field, 'is missing'));
  const asNumber = (value: unknown, field: string, { from, to }: Limits): number => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return fail(field, 'must be a number');
    if (from !== undefined && value < from) return fail(field, `must be at least ${from}`);
    if (to !== undefined && value > to) return fail(field, `must be at most ${to}`);
    return value;
  };
  const asText = (value: unknown, field: string, mayBeEmpty: boolean): string => {
    if (typeof value !== 'string' || (value.trim() === '' && !mayBeEmpty)) {
      return fail(field, mayBeEmpty ? 'must be a text' : 'must be a text that is not empty');
    }
    return value.length > MOST_CHARACTERS ? fail(field, `must have at most ${MOST_CHARACTERS} characters`) : value;
  };
  const list = (field: string, most: number): readonly unknown[] => {
    const value = take(field);
    if (!Array.isArray(value)) return fail(field, 'must be a list');
    return value.length > most ? fail(field, `must hold at most ${most} values`) : value;
  };
  return {
    fail,
    has: (field) => Object.hasOwn(object, field) && object[field] !== null,
    keys: () => Object.keys(object),
    boolean(field) {
      const value = take(field);
      return typeof value === 'boolean' ? value : fail(field, 'must be true or false');
    },
    text(field, { mayBeEmpty = false, pattern } = {}) {
      const value = asText(take(field), field, mayBeEmpty);
      return pattern === undefined || pattern.test(value) ? value : fail(field, 'is not written as milscope writes it');
    },
    textOrNumber(field) {
      const value = take(field);
      return typeof value === 'number' ? asNumber(value, field, {}) : asText(value, field, true);
    },
    oneOf(field, values) {
      const value = take(field);
      return values.find((one) => one === value) ?? fail(field, `must be one of ${values.join(', ')}`);
    },
    number: (field, limits = {}) => asNumber(take(field), field, limits),
    integer(field, limits) {
      const value = asNumber(take(field), field, limits);
      return Number.isInteger(value) ? value : fail(field, 'must be a whole number');
    },
    texts: (field, most) => list(field, most).map((value, i) => asText(value, `${field}[${i}]`, false)),
    numbers(field, length, limits = {}) {
      const values = list(field, Number.POSITIVE_INFINITY);
      if (values.length !== length) return fail(field, `must hold ${length} numbers`);
      const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = limits;
      const numbers = new Float64Array(length);
      for (let i = 0; i < length; i++) {
        const value = values[i];
        const isFine = typeof value === 'number' && Number.isFinite(value) && value >= from && value <= to;
        // The name of a value is only made where it is needed: there can be a million of them.
        numbers[i] = isFine ? value : asNumber(value, `${field}[${i}]`, limits);
      }
      return numbers;
    },
    list,
    object: (field) => readerOf(take(field), named(field)),
    objects: (field, most) => list(field, most).map((value, i) => readerOf(value, named(`${field}[${i}]`))),
  };
}
