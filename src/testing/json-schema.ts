/**
 * A checker of the part of JSON Schema 2020-12 that docs/result.schema.json uses. A keyword that it does not know is an error,
 * so that no rule of the schema goes unchecked. @see https://json-schema.org/draft/2020-12/json-schema-validation
 */
type Schema = Readonly<Record<string, unknown>>;
type Rule = (wanted: unknown, value: unknown, schema: Schema, at: string) => readonly string[];

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isEqual = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The types of the specification; a whole number is an integer and a number. */
function typesOf(value: unknown): readonly string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  if (typeof value === 'number') return Number.isInteger(value) ? ['integer', 'number'] : ['number'];
  return [typeof value];
}

/** A rule for values of one type; others are none of its business. */
function forNumbers(fits: (value: number, wanted: number) => boolean): Rule {
  return (wanted, value, _, at) =>
    typeof value === 'number' && !fits(value, wanted as number) ? [`${at} is ${value}, against ${wanted}`] : [];
}

const RULES: Readonly<Record<string, Rule>> = {
  type: (wanted, value, _, at) =>
    [wanted].flat().some((one) => typesOf(value).includes(String(one)))
      ? []
      : [`${at} is ${typesOf(value)[0]}, not ${wanted}`],
  const: (wanted, value, _, at) => (isEqual(wanted, value) ? [] : [`${at} is not ${JSON.stringify(wanted)}`]),
  enum: (wanted, value, _, at) =>
    (wanted as unknown[]).some((one) => isEqual(one, value)) ? [] : [`${at} is none of ${JSON.stringify(wanted)}`],
  anyOf(wanted, value, _, at) {
    const answers = (wanted as Schema[]).map((one) => problemsOf(value, one, at));
    return answers.some((one) => one.length === 0) ? [] : [`${at} fits nothing: ${answers.flat().join('; ')}`];
  },
  minimum: forNumbers((value, least) => value >= least),
  maximum: forNumbers((value, most) => value <= most),
  exclusiveMinimum: forNumbers((value, below) => value > below),
  pattern: (wanted, value, _, at) =>
    typeof value !== 'string' || new RegExp(String(wanted), 'u').test(value) ? [] : [`${at} is not like ${wanted}`],
  minLength: (wanted, value, _, at) =>
    typeof value !== 'string' || value.length >= Number(wanted) ? [] : [`${at} is too short`],
  minItems: (wanted, value, _, at) =>
    !Array.isArray(value) || value.length >= Number(wanted) ? [] : [`${at} has too few`],
  maxItems: (wanted, value, _, at) =>
    !Array.isArray(value) || value.length <= Number(wanted) ? [] : [`${at} has too many`],
  items: (wanted, value, _, at) =>
    Array.isArray(value) ? value.flatMap((one, i) => problemsOf(one, wanted as Schema, `${at}[${i}]`)) : [],
  required: (wanted, value, _, at) =>
    isObject(value)
      ? (wanted as string[]).filter((key) => !Object.hasOwn(value, key)).map((key) => `${at}.${key} is missing`)
      : [],
  properties: (wanted, value, _, at) =>
    isObject(value)
      ? Object.entries(wanted as Record<string, Schema>).flatMap(([key, one]) =>
          Object.hasOwn(value, key) ? problemsOf(value[key], one, `${at}.${key}`) : [],
        )
      : [],
  additionalProperties: (wanted, value, schema, at) =>
    isObject(value)
      ? Object.entries(value)
          .filter(([key]) => !Object.hasOwn((schema.properties ?? {}) as object, key))
          .flatMap(([key, one]) => problemsOf(one, wanted as Schema, `${at}.${key}`))
      : [],
};

const WORDS = new Set(['$schema', 'title', 'description']);

/** What of `value`, parsed JSON, breaks the schema; empty where nothing does. @throws Error for a keyword it does not know */
export function problemsOf(value: unknown, schema: Schema, at = '$'): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, wanted]) => {
    if (WORDS.has(keyword)) return [];
    const rule = RULES[keyword];
    if (rule === undefined) throw new Error(`${at}: this checker does not know the keyword ${keyword}`);
    return rule(wanted, value, schema, at);
  });
}

/** All names of properties in the schema, with the places where they may stand: "$.attention.bag.xy". */
export function namesIn(schema: Schema, at = '$'): readonly string[] {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const inner = [...(Array.isArray(schema.anyOf) ? (schema.anyOf as Schema[]) : []), schema.items].filter(isObject);
  return [
    ...properties.flatMap(([key, one]) => [`${at}.${key}`, ...namesIn(one, `${at}.${key}`)]),
    ...inner.flatMap((one) => namesIn(one, at)),
  ];
}
