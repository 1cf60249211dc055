/** A strict reader of parsed JSON: each field is asked for by name and checked; one that nobody asked for is refused. */
import { AppError } from '../errors.ts';

/** Lists in a manifest longer than this are refused, so that a hostile one cannot fill the memory. */
const MAX_LIST = 256;

interface Range {
  readonly above?: number;
  readonly from?: number;
  readonly to?: number;
}

/** Reads the fields of one object; each problem names the field by its full path. */
export interface Fields {
  fail(field: string, problem: string): never;
  has(field: string): boolean;
  /** True for a field that is there and null; it then counts as asked for. */
  isNull(field: string): boolean;
  boolean(field: string): boolean;
  text(field: string): string;
  match(field: string, pattern: RegExp, what: string): string;
  literal<T extends string | number>(field: string, value: T): T;
  oneOf<T extends string>(field: string, values: readonly T[]): T;
  number(field: string, range: Range): number;
  integer(field: string, from: number, to: number): number;
  texts(field: string): readonly string[];
  integers(field: string, from: number, to: number): readonly number[];
  numbers(field: string, length: number): readonly number[];
  pair(field: string, range: Range): readonly [number, number];
  triple(field: string, range: Range): readonly [number, number, number];
  object<T>(field: string, parse: (fields: Fields) => T): T;
  nullable<T>(field: string, parse: (fields: Fields) => T): T | null;
  list<T>(field: string, parse: (fields: Fields) => T): readonly T[];
  /** Refuses fields that nothing asked for. */
  end(): void;
}

/**
 * The fields of `json`, which stands at `at` (empty for the whole) in the file `path`. The caller ends with `end()`.
 * @throws model/invalid naming the field, here and in every method
 */
export function fieldsOf(json: unknown, at: string, path: string): Fields {
  const named = (field: string) => (at === '' ? field : `${at}.${field}`);
  const fail = (field: string, problem: string): never => {
    throw new AppError({ code: 'model/invalid', path, problem: `${named(field)} ${problem}` });
  };
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new AppError({
      code: 'model/invalid',
      path,
      problem: `${at === '' ? 'the manifest' : at} must be an object`,
    });
  }
  const object = json as Readonly<Record<string, unknown>>;
  const seen = new Set<string>();

  const take = (field: string): unknown => {
    seen.add(field);
    return Object.hasOwn(object, field) ? object[field] : fail(field, 'is missing');
  };
  const asNumber = (value: unknown, field: string, { above, from, to }: Range): number => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return fail(field, 'must be a number');
    if (above !== undefined && value <= above) return fail(field, `must be above ${above}`);
    if (from !== undefined && value < from) return fail(field, `must be at least ${from}`);
    if (to !== undefined && value > to) return fail(field, `must be at most ${to}`);
    return value;
  };
  const asInteger = (value: unknown, field: string, from: number, to: number): number =>
    Number.isSafeInteger(value) ? asNumber(value, field, { from, to }) : fail(field, 'must be a whole number');
  const asText = (value: unknown, field: string): string =>
    typeof value === 'string' && value.trim() !== '' ? value : fail(field, 'must be a text that is not empty');
  const array = (field: string, length?: number): readonly unknown[] => {
    const value = take(field);
    if (!Array.isArray(value)) return fail(field, 'must be a list');
    if (length !== undefined && value.length !== length) return fail(field, `must hold ${length} values`);
    if (value.length > MAX_LIST) return fail(field, `must hold at most ${MAX_LIST} values`);
    return value;
  };
  const numbers = (field: string, length: number, range: Range): number[] =>
    array(field, length).map((value, i) => asNumber(value, `${field}[${i}]`, range));
  const parsed = <T>(value: unknown, field: string, parse: (fields: Fields) => T): T => {
    const inner = fieldsOf(value, named(field), path);
    const result = parse(inner);
    inner.end();
    return result;
  };

  return {
    fail,
    text: (field) => asText(take(field), field),
    match(field, pattern, what) {
      const value = asText(take(field), field);
      return pattern.test(value) ? value : fail(field, `must be ${what}`);
    },
    literal(field, value) {
      return take(field) === value ? value : fail(field, `must be ${JSON.stringify(value)}`);
    },
    oneOf(field, values) {
      const value = take(field);
      return values.find((one) => one === value) ?? fail(field, `must be one of ${values.join(', ')}`);
    },
    number: (field, range) => asNumber(take(field), field, range),
    integer: (field, from, to) => asInteger(take(field), field, from, to),
    texts: (field) => array(field).map((value, i) => asText(value, `${field}[${i}]`)),
    integers(field, from, to) {
      const values = array(field).map((value, i) => asInteger(value, `${field}[${i}]`, from, to));
      return values.length > 0 ? values : fail(field, 'must not be empty');
    },
    numbers: (field, length) => numbers(field, length, {}),
    pair: (field, range) => numbers(field, 2, range) as unknown as readonly [number, number],
    triple: (field, range) => numbers(field, 3, range) as unknown as readonly [number, number, number],
    has: (field) => Object.hasOwn(object, field),
    isNull: (field) => take(field) === null,
    boolean(field) {
      const value = take(field);
      return typeof value === 'boolean' ? value : fail(field, 'must be true or false');
    },
    object: (field, parse) => parsed(take(field), field, parse),
    nullable(field, parse) {
      const value = take(field);
      return value === null ? null : parsed(value, field, parse);
    },
    list: (field, parse) => array(field).map((value, i) => parsed(value, `${field}[${i}]`, parse)),
    end() {
      const extra = Object.keys(object).find((field) => !seen.has(field));
      if (extra !== undefined) fail(extra, 'is not a field that milscope knows');
    },
  };
}
