/** The model of drawings tells drawings from tissue, on pixels as `analyze` hands them over. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BiopsySpec, planBiopsy } from '../phantom/biopsy.ts';
import { planCohort } from '../phantom/cohort.ts';
import { writePhantomSlide } from '../phantom/slide-file.ts';
import { blobSource } from '../slide/blob-source.ts';
import { openSlide, singleFile } from '../slide/open.ts';
import type { ByteSource } from '../slide/slide.ts';
import { modelFolder } from '../testing/model-folder.ts';
import { itWithShared, sharedPath, sharedSource } from '../testing/shared-data.ts';
import { planBag } from '../tiling/bag.ts';
import { readBatches } from '../tiling/batches.ts';
import { loadModel, type Model } from './load.ts';

let model: Model;
beforeAll(async () => {
  model = await loadModel(await modelFolder(path.resolve('models/compact-phantom')), { backend: 'wasm' });
});
afterAll(() => model.dispose());

/** Share of the slide's tiles whose features are unlike those of training. */
async function unlikeShare(source: ByteSource, mpp?: number): Promise<number> {
  const limit = model.manifest.scope.features?.limit ?? Number.NaN;
  const slide = await openSlide(singleFile(source));
  try {
    const bag = await planBag(slide, model.manifest.bag, { mpp });
    let unlike = 0;
    for await (const batch of readBatches(slide, bag, { batchTiles: model.batchTiles })) {
      const { featureDistances } = await model.forward(batch.rgb, batch.count);
      expect(featureDistances).toHaveLength(batch.count);
      for (const distance of featureDistances ?? []) if (distance > limit) unlike++;
    }
    return unlike / bag.count;
  } finally {
    await slide.close();
  }
}

async function phantom(spec: BiopsySpec): Promise<ByteSource> {
  const parts: { readonly offset: number; readonly bytes: Uint8Array<ArrayBuffer> }[] = [];
  const size = await writePhantomSlide(planBiopsy(spec), (offset, part) => {
    parts.push({ offset, bytes: part.slice() });
  });
  const file = new Uint8Array(size);
  for (const { offset, bytes } of parts) file.set(bytes, offset);
  return blobSource(new Blob([file]), 'phantom.tiff');
}

describe('most tiles', () => {
  // Shared slides of many organs: grids of their tiles, each as an image of the pixel size that its table states.
  const table = sharedPath('labelled/atlas/slides.csv');
  const rows = table
    ? Papa.parse<{ readonly slide: string; readonly mpp_tile: string }>(readFileSync(table, 'utf8'), { header: true })
        .data.filter(({ slide }) => slide)
        .map((row) => [row.slide, Number(row.mpp_tile)] as const)
    : [];
  itWithShared('labelled/atlas/slides.csv', 'are looked at in all 35 slides of the atlas', async () => {
    expect(rows).toHaveLength(35);
  });
  for (const [slide, mpp] of rows) {
    const grid = `labelled/atlas/grids/${slide}.jpg`;
    itWithShared(grid, `of ${slide} are unlike phantoms`, async () => {
      expect(await unlikeShare(await sharedSource(grid), mpp)).toBeGreaterThan(0.75);
    });
  }

  for (const file of ['slides/aperio/CMU-1-Small-Region.svs', 'slides/tiff/pdac-core-22k.tif']) {
    itWithShared(file, `of ${path.basename(file)} are unlike phantoms`, async () => {
      expect(await unlikeShare(await sharedSource(file))).toBeGreaterThan(0.75);
    });
  }

  it.each(planCohort(2, 90_210))(
    'of phantom $spec.seed, which training never saw, are like those of training',
    async ({ spec }) => {
      // One core instead of two, so that it is painted in seconds.
      const share = await unlikeShare(await phantom({ ...spec, width: 2048, height: 1104, cores: 1 }));
      expect(share).toBeLessThan(0.35);
    },
  );
});
