import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { exampleResult } from '../testing/example-result.ts';
import { toCsv } from './csv.ts';
import { resultContext } from './result.ts';

const { prediction, manifest, slide, spec } = await exampleResult({ scope: 'outside' });

const run = { info: slide.info, manifest, userMpp: undefined, bagSpec: spec, date: new Date(0), withName: false };
const context = resultContext(run);
const csv = toCsv(prediction, context);
const rows = Papa.parse<string[]>(csv.slice(1)).data.filter((row) => row.length > 1);
const facts = new Map(rows.filter(([key]) => key?.startsWith('# ')).map(([key = '', value]) => [key.slice(2), value]));

it('is UTF-8 with a byte order mark, and its lines end as spreadsheets want them', () => {
  expect([...new TextEncoder().encode(csv).subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  expect(csv.endsWith('\r\n')).toBe(true);
  expect(csv.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
});

it('has the facts of the JSON above, each under its name', () => {
  const wanted: Record<string, string> = {
    schemaVersion: '1',
    researchUse: 'Research use only. Not for diagnosis.',
    'app.version': context.app.version,
    date: '1970-01-01T00:00:00.000Z',
    'fingerprint.scheme': '1',
    'fingerprint.value': prediction.slideId,
    'slideSize.width': '256',
    'pixelSize.from': 'file',
    modelId: 'linear@1.0.0',
    'model.tissue': 'painted tissue',
    'model.weightsSha256': '',
    'tile.sidePx': '32',
    'bagSpec.maxTiles': '20',
    'classes.1': 'malignant',
    'probabilities.1': String(prediction.probabilities[1]),
    bias: String(prediction.bias),
    'scope.state': 'outside',
    'scope.reasons.0': 'appearance',
    label: '',
    callText: 'No class is called.',
    threshold: '0.5',
    'notes.0.code': 'unlike-training',
    'backend.name': 'cpu',
    'bag.count': '20',
  };
  expect(Object.fromEntries(Object.keys(wanted).map((key) => [key, facts.get(key)]))).toEqual(wanted);
  expect(facts.get('notes.0.text')).toMatch(/^Outside what this model was made for: all tiles look unlike/);
  expect(facts.has('slide')).toBe(false);
});

it('has one row a tile below, in the order of the bag', () => {
  const [header = [], ...tiles] = rows.filter(([key]) => !key?.startsWith('# '));
  expect(tiles).toHaveLength(20);
  const table = tiles.map((row) => Object.fromEntries(header.map((name, i) => [name, Number(row[i])])));
  const sum = (name: string) => table.reduce((total, row) => total + (row[name] ?? Number.NaN), 0);
  expect(sum('weight')).toBeCloseTo(1, 5);
  const odds = Math.log((prediction.probabilities[1] ?? 0) / (prediction.probabilities[0] ?? 0));
  expect(Number(facts.get('bias')) + sum('contribution')).toBeCloseTo(odds, 12);
  expect(table[7]?.x).toBe(prediction.attention.bag.xy[14]);
  expect(Math.fround(table[7]?.score ?? 0)).toBe(prediction.attention.scores[7]);
  const ranks = table.map((row) => row.rank ?? 0).sort((a, b) => a - b);
  expect(ranks).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

it('gives a spreadsheet no formula and no broken row, whatever a name holds', () => {
  const names = ['=HYPERLINK("x")', '+1', '-1+1', '@SUM(1)', '\t=1', 'a,b', 'a "b"', 'two\r\nlines', ' edge '];
  for (const name of names) {
    const text = toCsv(prediction, { ...context, slide: name });
    const back = Papa.parse<string[]>(text.slice(1)).data;
    const value = back.find(([key]) => key === '# slide')?.[1] ?? '';
    expect(value).not.toMatch(/^[=+\-@\t]/);
    expect(value.replace(/^'/, '')).toBe(name.replace(/[\r\n]+/g, ' '));
    expect(back.filter((row) => row.length > 1)).toHaveLength(rows.length + 1);
  }
});
