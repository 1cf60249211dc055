import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelFolder } from '../testing/model-folder.ts';
import { DEFAULT_MODEL_ID, describeModel, inOrderOfOffer, summarise } from './catalog.ts';

const { manifest } = await modelFolder(path.resolve('models', DEFAULT_MODEL_ID));

describe('catalog', () => {
  it('says what must be fetched, and no more', () => {
    const curves = manifest.files.find((file) => file.path === 'curves.svg')?.bytes ?? Number.NaN;
    const all = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    expect(summarise(manifest).downloadBytes).toBe(all - curves);
  });

  it('describes a model by what it was measured on', () => {
    const sentence = describeModel({
      ...summarise(manifest),
      tissue: 'colon glands',
      stain: 'H&E',
      metrics: { auroc: 0.977, ci95: [0.9309, 1], accuracy: 0.925, n: 40, dataset: 'GlaS testA' },
    });
    expect(sentence).toBe(
      'Trained on colon glands (H&E); AUROC 0.98 (95 % interval 0.93 to 1.00), accuracy 93 % on 40 images of GlaS testA.',
    );
  });

  it('offers the default first', () => {
    const models = ['seed-glas', DEFAULT_MODEL_ID, 'another'].map((id) => ({ id, name: id }));
    expect(inOrderOfOffer(models).map((model) => model.id)).toEqual([DEFAULT_MODEL_ID, 'another', 'seed-glas']);
  });

  it('imports nothing that the page must not bundle', async () => {
    const { readFileSync } = await import('node:fs');
    const imports = readFileSync(path.resolve('src/model/catalog.ts'), 'utf8').match(/^import (?!type).*/gm);
    expect(imports).toBeNull();
  });
});
