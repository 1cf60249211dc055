import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fromResultJson } from '../../report/read-json.ts';
import { resultContext } from '../../report/result.ts';
import { toResultJson } from '../../report/write-json.ts';
import { exampleResult } from '../../testing/example-result.ts';
import { problemsOf } from '../../testing/json-schema.ts';
import type { MadeWith } from '../state/made-with.ts';
import type { RunRecord } from '../state/run-record.ts';
import { openOne, runOne, setUp, shownRun, shownSlide } from '../testing/fake-services.ts';
import { csvText, fileName, jsonText, type ToExport } from './export-files.ts';

const SCHEMA = JSON.parse(readFileSync('docs/result.schema.json', 'utf8'));
const { prediction, manifest, slide, spec } = await exampleResult();
const info = { ...slide.info, name: 'ACC-2026-0042.svs' };
const context = resultContext({
  ...{ info, manifest, userMpp: undefined, bagSpec: spec, date: new Date('2026-11-28T12:00:00Z'), withName: false },
});
const madeWith: MadeWith = {
  ...{ modelKey: 'linear@1.0.0', modelName: 'Linear test model 1.0.0', license: 'MIT', bagChoice: 'model', bag: spec },
  ...{ mpp: 1, series: undefined },
};
const record: RunRecord = { id: 'r', source: 'model', prediction, madeWith, context, origin: 'computed' };
const given = (more: Partial<ToExport> = {}): ToExport => ({
  ...{ slide: { number: 2, info }, run: { isStale: false, madeWith }, record, withName: false },
  ...more,
});
const STALE = 'Made with Linear test model 1.0.0, all tissue, 1 µm/px; not of what is chosen now.';

it('is the JSON of the command line, to the last bit, and fits the schema', () => {
  const text = jsonText(given());
  expect(problemsOf(JSON.parse(text), SCHEMA)).toEqual([]);
  // What `analyze --json` prints of the same run.
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(toResultJson(prediction, context))));
  expect(fromResultJson(text)).toEqual({ prediction, context });
});

it('leaves the file name out of what it writes and of its own name, unless it is asked for', () => {
  for (const text of [jsonText(given()), csvText(given())]) expect(text).not.toContain('ACC-2026');
  expect(fileName(given(), 'json')).toBe('slide-2-milscope.json');
  const named = given({ withName: true });
  expect(JSON.parse(jsonText(named)).slide).toBe('ACC-2026-0042.svs');
  expect(csvText(named)).toContain('# slide,ACC-2026-0042.svs\r\n');
  expect(fileName(named, 'csv')).toBe('ACC-2026-0042-milscope.csv');
  expect(problemsOf(JSON.parse(jsonText(named)), SCHEMA)).toEqual([]);
});

it.each([
  ['../../etc/pass:wd.tif', 'etc-pass-wd-milscope.png'],
  ['a\u0000b\n.svs', 'a-b-milscope.png'],
  ['.dzi', 'slide-milscope.png'],
  ['study 5/level-0', 'study 5-level-0-milscope.png'],
  [`${'x'.repeat(300)}.svs`, `${'x'.repeat(100)}-milscope.png`],
])('makes a file name of %j that any system takes', (name, expected) => {
  expect(fileName(given({ slide: { number: 1, info: { ...info, name } }, withName: true }), 'png')).toBe(expected);
});

it('a result that is not of what is chosen now says first what it was made with', () => {
  const stale = given({ run: { isStale: true, madeWith } });
  const json = JSON.parse(jsonText(stale));
  expect(json.staleText).toBe(STALE);
  expect(problemsOf(json, SCHEMA)).toEqual([]);
  const [first, second, third] = csvText(stale).split('\r\n');
  expect([first, second]).toEqual(['\uFEFF# schemaVersion,1', '# researchUse,Research use only. Not for diagnosis.']);
  expect(third).toBe(`# staleText,"${STALE}"`);
  // It is of the moment of the export: read back it is not.
  expect(fromResultJson(jsonText(stale)).context).toEqual(context);
});

it('takes the context of the run as it was, not of what was typed since', async () => {
  const all = setUp();
  await openOne(all, 'a', undefined);
  all.actions.giveMpp(0.5);
  await runOne(all, 'a');
  all.actions.giveMpp(0.25);
  const [run, shown] = [shownRun(all), shownSlide(all.store)];
  expect(run?.record?.context).toMatchObject({
    pixelSize: { x: 0.5, y: 0.5, from: 'user' },
    slideSize: { width: 1000, height: 800 },
    fingerprint: { scheme: 1, value: 'a' },
    model: { id: 'm', weightsSha256: 'a'.repeat(64) },
  });
  expect(run?.isStale).toBe(true);
  expect(shown?.userMpp).toBe(0.25);
});
