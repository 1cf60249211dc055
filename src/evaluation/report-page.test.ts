import { XMLValidator } from 'fast-xml-parser';
import { expect, it } from 'vitest';
import type { Scope } from '../analysis/prediction.ts';
import { evaluateCohort } from './cohort.ts';
import type { LabelledSlide } from './labels.ts';
import { sigmoid } from './metrics.ts';
import { distributionPlot, reliabilityPlot, rocPlot } from './plots.ts';
import type { CohortRecord, RunHeader, SlideRecord } from './records.ts';
import { toReportPage } from './report-page.ts';

const run: RunHeader = {
  type: 'run',
  formatVersion: 1,
  modelId: 'm@1',
  modelHash: 'ab',
  mpp: null,
  bag: null,
  masks: false,
};
const options = {
  run,
  classes: { positive: 'malignant', negative: 'benign' },
  decision: { threshold: 0.5, temperature: 1 },
};

const TEMPLATE: Omit<SlideRecord, 'id' | 'logit' | 'probability'> = {
  type: 'slide',
  slideId: 'x',
  positiveClass: 'malignant',
  tiles: 3,
  candidates: 4,
  mpp: null,
  backend: 'wasm',
  notes: [],
  maps: null,
  elapsedMs: 1,
};

function cohort(logits: readonly number[], labels: readonly (0 | 1)[], scopes: readonly Scope['state'][] = []) {
  const slides = logits.map(
    (_, i): LabelledSlide => ({
      id: i === 0 ? '<script>alert(1)</script>.svs' : `slide-${i}`,
      label: labels[i] ?? 0,
      split: undefined,
      group: undefined,
      stratum: 'a & b',
    }),
  );
  const records = slides.map(
    ({ id }, i): CohortRecord => ({
      ...TEMPLATE,
      id,
      logit: logits[i] ?? 0,
      probability: sigmoid(logits[i] ?? 0),
      scope: { state: scopes[i] ?? 'inside', reasons: (scopes[i] ?? 'inside') === 'inside' ? [] : ['appearance'] },
    }),
  );
  const failed: LabelledSlide = { id: 'gone', label: 1, split: undefined, group: undefined, stratum: undefined };
  const failure: CohortRecord = {
    type: 'failure',
    id: 'gone',
    code: 'slide/read-failed',
    message: 'There is no file.',
  };
  return evaluateCohort([...slides, failed], [...records, failure], options);
}

const report = cohort([-3, -1, 0.5, -0.2, 2, 4], [0, 0, 0, 1, 1, 1]);

it('is one file: no script, no address, no text of a file name that a browser would run', () => {
  const page = toReportPage(report);
  expect(page).not.toMatch(/<script|https?:|url\(|@import|src=|href=/);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;.svs');
  expect(page).toContain('a &amp; b');
  expect(page).toContain('Research use only. Not for diagnosis.');
});

it('says the figures of the report, and which slides failed', () => {
  const page = toReportPage(report);
  expect(report.auroc.value).toBeCloseTo(8 / 9, 12);
  expect(page).toContain('<th scope="row">AUROC</th><td class="number">0.889</td>');
  expect(page).toContain('6 of 7 labelled slides: 3 malignant, 3 benign. 1 failed, 0 not run yet.');
  expect(page).toContain('<h2>Failed (1)</h2>');
  expect(page).toContain('There is no file.');
});

it('draws plots that are whole SVG, with every bin and point', () => {
  for (const svg of [rocPlot(report), reliabilityPlot(report), distributionPlot(report)]) {
    expect(XMLValidator.validate(svg)).toBe(true);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  }
  expect(rocPlot(report).match(/<circle/g)).toHaveLength(3);
  const filled = report.reliability.filter((bin) => bin.count > 0);
  expect(reliabilityPlot(report).match(/<circle/g)).toHaveLength(filled.length);
  expect(distributionPlot(report).match(/class="up"/g)).toHaveLength(3);
});

it('has words where there is nothing to draw', () => {
  const oneClass = cohort([1, 2], [1, 1]);
  expect(rocPlot(oneClass)).toContain('needs slides of both classes');
  expect(toReportPage(oneClass)).toContain('not defined');
  const none = cohort([], []);
  expect(reliabilityPlot(none)).toContain('no slide has a result');
  expect(distributionPlot(none)).toContain('no slide has a result');
  expect(toReportPage(none)).not.toContain('NaN');
});

it('counts slides outside the scope apart, says so in its lead, and calls nothing there', () => {
  const scopes = ['inside', 'inside', 'inside', 'outside', 'inside', 'unmeasured'] as const;
  const one = cohort([-3, -1, 0.5, -0.2, 2, 4], [0, 0, 0, 1, 1, 1], scopes);
  const page = toReportPage(one);
  const [lead = ''] = page.split('<h2>Figures</h2>');
  expect(lead).toContain(
    'Of the 6 evaluated slides 4 are inside what the model was made for. 1 is outside: no class is called there',
  );
  expect(lead).toContain('Of 1 nobody measured whether the model may read it.');
  expect(page).toContain('<h2>Figures inside the scope (4 of 6 slides)</h2>');
  const [, inside = ''] = page.split('<h2>Figures inside the scope');
  expect(inside).toContain(
    `<th scope="row">AUROC</th><td class="number">${one.insideScope.auroc.value?.toFixed(3)}</td>`,
  );
  const [, slides = ''] = page.split('<h2>Slides</h2>');
  const row = slides.split('<tr>').find((text) => text.includes('slide-3')) ?? '';
  expect(row).toContain('<td><span class="soft">none</span></td><td>outside</td>');
  expect(row).not.toContain('(wrong)');
  // Where every slide is inside, one table is enough.
  expect(toReportPage(report)).not.toContain('Figures inside the scope');
  const none = toReportPage(cohort([1, 2], [0, 1], ['outside', 'outside']));
  expect(none).toContain('No slide is inside the scope of the model.');
});

it('has no threshold to draw or to say where the model states none', () => {
  const none = evaluateCohort([], [], { ...options, decision: { threshold: null, temperature: 1 } });
  const page = toReportPage(none);
  expect(page).toContain('The model states no threshold, so no class is called');
  expect(page).not.toMatch(/Confusion|null|NaN|undefined/);
  const slides = [{ id: 'a', label: 1 as const, split: undefined, group: undefined, stratum: undefined }];
  const record = { ...TEMPLATE, id: 'a', logit: 1, probability: 0.7 };
  const one = evaluateCohort(slides, [record], { ...options, decision: { threshold: null, temperature: 1 } });
  expect(distributionPlot(one)).not.toMatch(/class="threshold"|NaN|null/);
  expect(distributionPlot(report)).toContain('class="threshold"');
});
