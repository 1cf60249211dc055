import { expect, it } from 'vitest';
import { resultContext } from '../../../report/result.ts';
import { type ExampleChoices, exampleResult } from '../../../testing/example-result.ts';
import { PLAIN_DISPLAY } from '../../display/display.ts';
import type { MadeWith } from '../../state/made-with.ts';
import { type CaptionValues, captionLines } from './caption-lines.ts';

async function values(choices: ExampleChoices = {}, more: Partial<CaptionValues> = {}): Promise<CaptionValues> {
  const { prediction, manifest, slide, spec } = await exampleResult(choices);
  const info = { ...slide.info, name: 'ACC-2026-0042.svs' };
  const context = resultContext({
    ...{ info, manifest, userMpp: undefined, bagSpec: spec, date: new Date('2026-11-28T12:34:56Z'), withName: false },
  });
  const madeWith: MadeWith = {
    ...{ modelKey: 'linear@1.0.0', modelName: 'Linear MIL 1.0.0', license: 'MIT', bagChoice: 'model', bag: spec },
    ...{ mpp: 1, series: undefined },
  };
  return {
    slide: { number: 2, info, channels: undefined, holes: 0 },
    run: { isStale: false, madeWith },
    record: { id: 'r', source: 'model', prediction, madeWith, context, origin: 'computed' },
    withName: false,
    umPerPx: 0.5,
    slidePxPerPx: 0.5,
    degrees: 0,
    map: { name: 'Contribution', unit: 'log-odds of malignant' },
    heatmap: { opacity: 0.65, threshold: 0 },
    display: PLAIN_DISPLAY,
    ...more,
  };
}

it('begins with what it must not be used for; then model, scope, call and number, notes, and how it is seen', async () => {
  const inside = await values();
  const { notes, label } = inside.record.prediction;
  const lines = captionLines(inside);
  expect(lines.slice(0, 3)).toEqual([
    'Research use only. Not for diagnosis.',
    'Model: Linear MIL 1.0.0, all tissue, 1 µm/px (linear@1.0.0)',
    expect.stringMatching(
      new RegExp(
        `^If this is painted tissue, H&E: Result: ${label} \\(threshold 0\\.50\\) · malignant [<>]?\\d\\.\\d\\d$`,
      ),
    ),
  ]);
  expect(notes.length).toBeGreaterThan(0);
  expect(lines.slice(3 + notes.length)).toEqual([
    expect.stringMatching(/^256 × 160 px, fingerprint \S+ · computed 2026-11-28 12:34 UTC by milscope \d+\.\d+\.\d+/),
    '20×, 0.5 µm for each px of this picture',
    'Map: Contribution (log-odds of malignant), opacity 65 %',
    'Color: as stored: no profile in the slide',
  ]);
  expect(lines.join()).not.toContain('ACC-2026');
});

it('outside the scope it calls no class and speaks of no probability', async () => {
  const text = captionLines(await values({ scope: 'outside' })).join('\n');
  expect(text).toMatch(/outside what the model was made for.*No class is called\. · raw output/);
  expect(text).not.toMatch(/Result:|threshold|· malignant/);
});

it('a stale result names what it was made with before anything else but its use', async () => {
  const { run } = await values();
  const lines = captionLines(await values({}, { run: { ...run, isStale: true } }));
  expect(lines[1]).toBe('Made with Linear MIL 1.0.0, all tissue, 1 µm/px; not of what is chosen now.');
});

it('says what was changed for the eye, and what cannot be seen', async () => {
  const base = await values();
  const lines = captionLines({
    ...base,
    ...{ withName: true, degrees: 30.2, umPerPx: undefined, slidePxPerPx: 2, map: undefined },
    slide: { ...base.slide, holes: 3 },
    display: { ...PLAIN_DISPLAY, adjustment: { brightness: 0.1, contrast: 1, gamma: 1.2 } },
  });
  expect(lines).toContain(
    '2 px of the slide for each px of this picture; its pixel size is unknown, turned by 30° clockwise',
  );
  expect(lines).toContain('No map is shown.');
  expect(lines).toContain('Display adjusted: brightness +10 %, gamma 1.20');
  expect(lines).toContain('Gray: parts of the slide that could not be decoded.');
  expect(lines.join()).toContain('ACC-2026-0042.svs · 256');
  const weak = captionLines({ ...base, heatmap: { opacity: 1, threshold: 0.2 } });
  expect(weak.join()).toContain('opacity 100 %, the weakest 20 % of its scale left clear');
});

it('of an export of an earlier version it says what is unknown', async () => {
  const base = await values({ scope: 'unmeasured' });
  const model = { ...base.record.context.model, tissue: null, stain: null };
  const app = { version: 'unknown', commit: 'unknown' };
  const record = { ...base.record, context: { ...base.record.context, date: null, model, app } };
  const text = captionLines({ ...base, record }).join('\n');
  expect(text).toContain('Nobody measured what this model may read.');
  expect(text).toContain('computed on an unknown date by milscope unknown');
});
