import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { toSafetensors } from '../src/model/safetensors.ts';
import type { StoredTensor } from '../src/model/stored-tensor.ts';
import { drop, expect, milscope, sampleSlide, test, writeTestFile } from './milscope.ts';

const root = path.dirname(import.meta.dirname);
const shipped = path.join(root, 'models', 'compact-glas');
const manifest = JSON.parse(readFileSync(path.join(shipped, 'manifest.json'), 'utf8')) as {
  readonly name: string;
  readonly bag: { readonly tilePx: number; readonly mpp: number };
  readonly input: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly decision: { readonly threshold: number; readonly temperature: number };
};

/** The weights alone, under a name that no manifest knows: what a lab would have. */
const foreign = () => writeTestFile('our-network.safetensors', readFileSync(path.join(shipped, 'weights.safetensors')));

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Import a model' });
const result = (page: Page) => page.getByTestId('result');
const chooseModel = async (page: Page, name: RegExp) => {
  await page.getByRole('button', { name: /Model$/ }).click();
  await page.getByRole('option', { name }).click();
};

async function run(page: Page): Promise<number> {
  await page.getByRole('button', { name: /^Run (model|again)$/ }).click();
  await expect(result(page)).toHaveAttribute('data-state', 'done', { timeout: 150_000 });
  return Number(await result(page).getAttribute('data-probability-malignant'));
}

test('weights of another’s making: shown, imported, kept, run, removed', async ({ page }) => {
  test.setTimeout(240_000);
  await page.goto('/?backend=wasm');
  await drop(page, foreign());
  const plan = page.getByTestId('import-plan');
  await expect(plan).toHaveAttribute('data-kind', 'model');
  await expect(plan).toContainText('all matched by name');
  await expect(plan.getByRole('row', { name: /attention\.v\.weight/ })).toBeVisible();

  // What no file of weights says, as this one was trained.
  await plan.getByLabel('Name').fill('Our network');
  await plan.getByLabel('Tile side (px)').fill('5');
  await plan.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(plan).toContainText('Give a whole number from 16 to 4,096.');
  await plan.getByLabel('Tile side (px)').fill(String(manifest.bag.tilePx));
  await plan.getByLabel('Pixel size').fill(String(manifest.bag.mpp));
  await plan.getByLabel('Normalisation').fill(manifest.input.mean.join(', '));
  await plan.getByLabel('Standard deviation').fill(manifest.input.std.join(', '));
  await plan.getByLabel('Called positive from').fill(String(manifest.decision.threshold));
  await plan.getByLabel('Temperature').fill(String(manifest.decision.temperature));
  await plan.getByRole('button', { name: 'Import', exact: true }).click();
  const done = page.getByTestId('import-result');
  await expect(done).toHaveAttribute('data-model-id', 'imported-our-network', { timeout: 60_000 });
  await expect(done).toHaveAttribute('data-golden', 'made-here');
  await done.getByRole('button', { name: 'Done' }).click();

  // The next visit.
  await page.reload();
  await drop(page, sampleSlide);
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-levels', '3');
  await chooseModel(page, /Our network \(imported\)/);
  const own = await run(page);
  await expect(result(page)).toHaveAttribute('data-scope', 'unmeasured');
  await expect(result(page)).toContainText('Nobody measured what this model may read.');

  await chooseModel(page, new RegExp(`^${manifest.name}`));
  const theirs = await run(page);
  expect(Math.abs(own - theirs)).toBeLessThan(1e-5);
  // Ours knows what its training tiles looked like; drawn prostate is not colon.
  await expect(result(page).locator('[data-note="unlike-training"]')).toContainText(
    /% of the tiles look unlike its training images/,
  );
  await expect(result(page)).not.toContainText('Nobody measured');

  await chooseModel(page, /Our network/);
  await page.getByRole('button', { name: 'About this model' }).click();
  await page.getByRole('button', { name: 'Remove this model' }).click();
  await expect(page.getByText('Our network was removed from this browser.')).toBeVisible();
  await page.reload();
  await drop(page, sampleSlide);
  await page.getByRole('button', { name: /Model$/ }).click();
  await expect(page.getByRole('option', { name: manifest.name })).toBeVisible();
  await expect(page.getByRole('option', { name: /Our network/ })).toHaveCount(0);
});

test('a whole model folder brings its reference result, and is taken as it says', async ({ page }) => {
  await page.goto('/');
  await drop(page, shipped);
  const plan = page.getByTestId('import-plan');
  await expect(plan).toHaveAttribute('data-kind', 'folder');
  await expect(plan).toContainText('A reference result came with it');
  await plan.getByRole('button', { name: 'Import', exact: true }).click();
  const done = page.getByTestId('import-result');
  await expect(done).toHaveAttribute('data-golden', 'brought', { timeout: 60_000 });
  await expect(done).toContainText('reproduces the reference result');
});

test('PyTorch’s own file of weights is read, and the one that wants to run code is refused', async ({ page }) => {
  const torch = path.join(root, 'src', 'testing', 'goldens', 'torch');
  await page.goto('/');
  await drop(page, path.join(torch, 'compact.pth'));
  await expect(page.getByTestId('import-plan')).toContainText('CNN of 3 blocks (8, 12, 16)');
  await dialog(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog(page)).toHaveCount(0);

  await drop(page, path.join(torch, 'asks-system.pth'));
  const notice = dialog(page).getByTestId('error');
  await expect(notice).toHaveAttribute('data-code', 'model/invalid');
  await expect(notice).toContainText(/system/);
  await expect(dialog(page)).toContainText('Nothing was changed');
});

test('an attention head over stored features is listed, and says why it cannot look at a slide', async ({ page }) => {
  const zeros = (...shape: number[]): StoredTensor => ({
    dtype: 'f32',
    shape,
    bytes: new Uint8Array(4 * shape.reduce((a, b) => a * b, 1)),
  });
  const head = toSafetensors(
    new Map([
      ['attention.v.weight', zeros(64, 384)],
      ['attention.v.bias', zeros(64)],
      ['attention.w.weight', zeros(1, 64)],
      ['attention.w.bias', zeros(1)],
      ['classifier.weight', zeros(1, 384)],
      ['classifier.bias', zeros(1)],
    ]),
  );
  await page.goto('/');
  await drop(page, sampleSlide);
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-levels', '3');
  await drop(page, writeTestFile('head.safetensors', head));
  const plan = page.getByTestId('import-plan');
  await expect(plan).toHaveAttribute('data-kind', 'head');
  await expect(plan).toContainText('cannot look at slides');
  await plan.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByTestId('import-result').getByRole('button', { name: 'Done' }).click();
  await expect(page.getByTestId('cannot-run')).toContainText('It has no encoder');
  await expect(page.getByRole('button', { name: 'Run model' })).toBeDisabled();
  await chooseModel(page, new RegExp(`^${manifest.name}`));
  await expect(page.getByRole('button', { name: 'Run model' })).toBeEnabled();
});

/** What a lab has after tensorflowjs_converter: conv 3x3 stride 4, ReLU, mean over the tile, in two shards, and the head over its six features. */
function tfjsFolder(): string {
  const wave = (length: number, phase: number) =>
    Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7 + phase) / Math.sqrt(length));
  const constant = (name: string, dtype: string) => ({
    name,
    op: 'Const',
    attr: { dtype: { type: dtype }, value: { tensor: { dtype, tensorShape: {} } } },
  });
  const word = (value: string) => ({ s: Buffer.from(value).toString('base64') });
  const node = [
    {
      name: 'x',
      op: 'Placeholder',
      attr: {
        dtype: { type: 'DT_FLOAT' },
        shape: { shape: { dim: ['-1', '128', '128', '3'].map((size) => ({ size })) } },
      },
    },
    constant('w', 'DT_FLOAT'),
    constant('axes', 'DT_INT32'),
    {
      name: 'conv',
      op: 'Conv2D',
      input: ['x', 'w'],
      attr: {
        strides: { list: { i: ['1', '4', '4', '1'] } },
        dilations: { list: { i: ['1', '1', '1', '1'] } },
        padding: word('SAME'),
        data_format: word('NHWC'),
      },
    },
    { name: 'relu', op: 'Relu', input: ['conv'], attr: {} },
    { name: 'mean', op: 'Mean', input: ['relu', 'axes'], attr: { keep_dims: { b: false } } },
  ];
  const data = Buffer.concat([Buffer.from(wave(162, 0.3).buffer), Buffer.from(new Int32Array([1, 2]).buffer)]);
  const weights = [
    { name: 'w', shape: [3, 3, 3, 6], dtype: 'float32' },
    { name: 'axes', shape: [2], dtype: 'int32' },
  ];
  const weightsManifest = [{ paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'], weights }];
  const graph = { format: 'graph-model', modelTopology: { node, versions: {} }, weightsManifest };
  const tensor = (phase: number, ...shape: number[]): StoredTensor => ({
    dtype: 'f32',
    shape,
    bytes: new Uint8Array(
      wave(
        shape.reduce((a, b) => a * b, 1),
        phase,
      ).buffer,
    ),
  });
  const head = toSafetensors(
    new Map([
      ['attention.0.weight', tensor(1, 4, 6)],
      ['attention.0.bias', tensor(2, 4)],
      ['attention.2.weight', tensor(3, 1, 4)],
      ['attention.2.bias', tensor(4, 1)],
      ['classifier.weight', tensor(5, 1, 6)],
      ['classifier.bias', tensor(6, 1)],
    ]),
  );
  writeTestFile('tfjs-lab/group1-shard1of2.bin', data.subarray(0, 400));
  writeTestFile('tfjs-lab/group1-shard2of2.bin', data.subarray(400));
  writeTestFile('tfjs-lab/head.safetensors', head);
  return path.dirname(writeTestFile('tfjs-lab/model.json', JSON.stringify(graph)));
}

test('an encoder of TensorFlow.js with its head, dropped as a folder, runs and equals the command line', async ({
  page,
}) => {
  test.setTimeout(240_000);
  const folder = tfjsFolder();
  await page.goto('/?backend=wasm');
  await drop(page, folder);
  const plan = page.getByTestId('import-plan');
  await expect(plan).toHaveAttribute('data-kind', 'model');
  await expect(plan).toContainText('TensorFlow.js');
  await plan.getByLabel('Name').fill('Converted network');
  await plan.getByLabel('Pixel size').fill('1.92');
  await plan.getByRole('button', { name: 'Import', exact: true }).click();
  const done = page.getByTestId('import-result');
  await expect(done).toHaveAttribute('data-model-id', 'imported-converted-network', { timeout: 60_000 });
  await done.getByRole('button', { name: 'Done' }).click();
  await drop(page, sampleSlide);
  await expect(page.getByTestId('slide-info')).toHaveAttribute('data-levels', '3');
  const shown = await run(page);

  const out = path.join(path.dirname(folder), 'tfjs-imported');
  rmSync(out, { recursive: true, force: true });
  await milscope('import-model', folder, '--out', out, '--tile-mpp', '1.92');
  const { probabilities } = await milscope<{ probabilities: readonly number[] }>(
    'analyze',
    sampleSlide,
    '--model',
    out,
    '--json',
  );
  expect(Math.abs(shown - (probabilities[1] ?? Number.NaN))).toBeLessThan(1e-4);
});

const weights = () => readFileSync(path.join(shipped, 'weights.safetensors'));
for (const [name, make, says] of [
  ['cut-short.safetensors', () => weights().subarray(0, weights().length - 1000), /cut-short\.safetensors/],
  ['a-text.pth', () => 'These are words.', /a-text\.pth/],
  ['an.onnx', () => Buffer.from('\x08\x08\x12\x07pytorch\x1a\x051.9.1', 'latin1'), /ONNX/],
] as const) {
  test(`${name} gets a sentence, and no model is listed for it`, async ({ page }) => {
    await page.goto('/');
    await drop(page, writeTestFile(name, make()));
    await expect(dialog(page).getByTestId('error')).toContainText(says);
    await dialog(page).getByRole('button', { name: 'Close' }).click();
    await drop(page, sampleSlide);
    await page.getByRole('button', { name: /Model$/ }).click();
    await expect(page.getByRole('option').filter({ hasText: 'imported' })).toHaveCount(0);
  });
}
