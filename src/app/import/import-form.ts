/** What the import asks of a person, as text in fields, and back. Pure. */
import type { ImportSettings } from '../../model/import.ts';

export interface ImportFields {
  readonly name: string;
  readonly negative: string;
  readonly positive: string;
  readonly protocol: 'tissue-grid' | 'darkest';
  readonly tilePx: string;
  /** µm/px of a tissue grid */
  readonly mpp: string;
  readonly count: string;
  readonly downsample: string;
  /** Three numbers: x = (v / 255 - mean) / std */
  readonly mean: string;
  readonly std: string;
  readonly threshold: string;
  readonly temperature: string;
  readonly tissue: string;
  readonly stain: string;
}

export type FieldProblems = Partial<Record<keyof ImportFields, string>>;

/** Normalisations in use, mean and std. */
export const NORMALISATIONS = [
  ['0 to 1', [0, 0, 0], [1, 1, 1]],
  ['−1 to 1', [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]],
  ['ImageNet', [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]],
] as const;

/** The fields filled with what is assumed. A protocol that is not assumed gets usual numbers. */
export function toFields({ bag, input, ...settings }: ImportSettings): ImportFields {
  return {
    name: settings.name,
    negative: settings.classes[0],
    positive: settings.classes[1],
    protocol: bag.protocol,
    tilePx: String(bag.tilePx),
    mpp: bag.protocol === 'tissue-grid' ? String(bag.mpp) : '0.5',
    count: bag.protocol === 'darkest' ? String(bag.count) : '16',
    downsample: bag.protocol === 'darkest' ? String(bag.downsample) : '16',
    mean: triple(input.mean),
    std: triple(input.std),
    threshold: String(settings.threshold),
    temperature: String(settings.temperature),
    tissue: settings.tissue,
    stain: settings.stain,
  };
}

export function triple(values: readonly number[]): string {
  return values.join(', ');
}

/** The settings that the fields say, or what is wrong with which field. `assumed` says what no field asks. */
export function toSettings(
  fields: ImportFields,
  assumed: ImportSettings,
): { readonly settings: ImportSettings } | { readonly problems: FieldProblems } {
  const problems: { -readonly [K in keyof FieldProblems]: string } = {};
  const text = (field: 'name' | 'negative' | 'positive' | 'tissue' | 'stain') => {
    const value = fields[field].trim();
    if (value === '' || value.length > 100) problems[field] = 'Give 1 to 100 characters.';
    return value;
  };
  const number = (field: keyof ImportFields, from: number, to: number, isWhole = false) => {
    const value = toNumber(fields[field]);
    if (value === undefined || value < from || value > to || (isWhole && !Number.isInteger(value))) {
      problems[field] = `Give a ${isWhole ? 'whole ' : ''}number from ${from} to ${to.toLocaleString('en')}.`;
    }
    return value ?? Number.NaN;
  };
  const three = (field: 'mean' | 'std'): [number, number, number] => {
    const [r, g, b, ...more] = fields[field]
      .trim()
      .split(/\s*[,;]\s*|\s+/)
      .map(toNumber);
    const isWrong = r === undefined || g === undefined || b === undefined || more.length > 0;
    if (isWrong || (field === 'std' && Math.min(r, g, b) <= 0)) {
      problems[field] = `Give three ${field === 'std' ? 'numbers above 0' : 'numbers'}, for red, green and blue.`;
    }
    return [r ?? 0, g ?? 0, b ?? 0];
  };
  const tilePx = number('tilePx', 16, 4096, true);
  const { bag } = assumed;
  const settings: ImportSettings = {
    ...assumed,
    name: text('name'),
    classes: [text('negative'), text('positive')],
    bag:
      fields.protocol === 'darkest'
        ? {
            protocol: 'darkest',
            tilePx,
            count: number('count', 1, 100_000, true),
            downsample: number('downsample', 1, 1024),
          }
        : {
            ...(bag.protocol === 'tissue-grid' ? bag : { minTissue: 0.5, maxTiles: 4096, seed: 1 }),
            protocol: 'tissue-grid',
            tilePx,
            mpp: number('mpp', 0.05, 100),
          },
    input: { color: 'rgb', scale: 1 / 255, mean: three('mean'), std: three('std') },
    threshold: number('threshold', 0, 1),
    temperature: number('temperature', 0.01, 100),
    tissue: text('tissue'),
    stain: text('stain'),
  };
  const [negative, positive] = settings.classes;
  if (negative === positive) problems.positive ??= 'Give the two classes different names.';
  return Object.keys(problems).length === 0 ? { settings } : { problems };
}

/** 0.5, −1 or ,5; with a comma only where it can be no separator of a list. */
function toNumber(text: string): number | undefined {
  const plain = text
    .trim()
    .replace('−', '-')
    .replace(/^(-?\d*),(\d+)$/, '$1.$2');
  return /^-?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : undefined;
}
