import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSlideFolder, runInProcess as run } from '../in-process.ts';
import { projectRoot } from '../root.ts';

let folder = '';
let slide = '';
beforeAll(async () => {
  ({ folder, slide } = await makeSlideFolder());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('import-model', () => {
  const shipped = () => path.join(projectRoot(), 'models', 'compact-glas');
  const weights = () => path.join(shipped(), 'weights.safetensors');
  const manifest = async () => JSON.parse(await readFile(path.join(shipped(), 'manifest.json'), 'utf8'));

  it('shows what would become what and writes nothing', async () => {
    const { code, json } = await run('import-model', weights(), '--plan', '--tissue', 'colon');
    expect(code).toBe(0);
    expect(json.kind).toBe('model');
    expect(json.mapping.length).toBeGreaterThan(20);
    expect(json.assumptions.length).toBeGreaterThan(0);
    expect(json.settings.tissue).toBe('colon');
  });

  it('makes a folder that gives the result of the model it came from', async () => {
    const { bag, input, decision } = await manifest();
    const out = path.join(folder, 'imported');
    const { code, json } = await run(
      ...['import-model', weights(), '--out', out, '--name', 'Our glands', '--tile-mpp', `${bag.mpp}`],
      ...['--mean', input.mean.join(','), '--std', input.std.join(',')],
      ...['--threshold', `${decision.threshold}`, '--temperature', `${decision.temperature}`],
    );
    expect(code, JSON.stringify(json)).toBe(0);
    expect(json.manifestId).toBe('imported-our-glands');
    const own = await run('analyze', slide, '--model', out);
    const original = await run('analyze', slide, '--model', 'compact-glas');
    expect(own.json.attention.scores).toEqual(original.json.attention.scores);
    expect(own.json.probabilities).toEqual(original.json.probabilities);
    expect((await run('import-model', weights(), '--out', out)).json.error.code).toBe('usage');
  });

  it('takes a whole model folder', async () => {
    const out = path.join(folder, 'copied');
    const { code, json } = await run('import-model', shipped(), '--out', out);
    expect([code, json.kind]).toEqual([0, 'folder']);
    expect(json.manifest.imported.golden).toBe('brought');
    expect((await run('import-model', shipped(), '--out', `${out}2`, '--threshold', '0.1')).json.error.code).toBe(
      'usage',
    );
  });

  it('leaves nothing behind of what cannot be imported', async () => {
    const bytes = await readFile(weights());
    const short = path.join(folder, 'short.safetensors');
    await writeFile(short, bytes.subarray(0, 5000));
    const out = path.join(folder, 'refused');
    for (const file of [short, slide, path.join(folder, 'nothing.pt')]) {
      const { code, json } = await run('import-model', file, '--out', out);
      expect(code).toBe(1);
      expect(['model/invalid', 'model/missing-file']).toContain(json.error.code);
    }
    expect(existsSync(out)).toBe(false);
    await rm(short);
  });

  it.each([
    ['--mean', '1,2'],
    ['--classes', 'malignant'],
    ['--threshold', '2'],
  ])('refuses %s %s', async (option, value) => {
    const { code, json } = await run('import-model', weights(), '--plan', option, value);
    expect([code, json.error.code]).toEqual([2, 'usage']);
    expect(json.error.message).toContain(option);
  });
});
