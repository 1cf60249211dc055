import { createHash } from 'node:crypto';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planBiopsy } from '../../phantom/biopsy.ts';
import { makeSlideFolder, ONE_CORE, runInProcess as run } from '../in-process.ts';

let folder = '';
let slide = '';
beforeAll(async () => {
  ({ folder, slide } = await makeSlideFolder());
  await writeFile(path.join(folder, 'letter.svs'), 'Dear pathologist,');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('tiles', () => {
  const out = () => path.join(folder, 'shards');
  const cut = (...words: string[]) =>
    run('tiles', folder, '--labels', path.join(folder, 'labels.csv'), '--bag', 'tissue-grid', '--out', out(), ...words);

  it('writes shards that hold the tiles of the bag, and keeps them in a second run', async () => {
    await writeFile(
      path.join(folder, 'labels.csv'),
      'file,label,split,group\none.tiff,malignant,train,p1\nletter.svs,benign,train,p2\n',
    );
    const first = await cut();
    expect(first.code).toBe(0);
    expect(first.json).toMatchObject({ slides: 1, kept: 0 });
    expect(first.json.failed).toEqual([
      { id: 'letter.svs', code: 'slide/unrecognized', message: expect.stringContaining('letter.svs') },
    ]);
    const index = JSON.parse(await readFile(path.join(out(), 'index.json'), 'utf8'));
    const [row] = index.slides;
    expect(row).toMatchObject({
      id: 'one.tiff',
      file: 'one.tiff.safetensors',
      label: 1,
      split: 'train',
      group: 'p1',
      level: 0,
    });
    const bytes = await readFile(path.join(out(), row.file));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(row.sha256);
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
    expect(header.tiles.shape).toEqual([row.tiles, 128, 128, 3]);
    expect(header.xy.shape).toEqual([row.tiles, 2]);
    expect(header.__metadata__).toMatchObject({ slide_id: 'one.tiff', label: '1', tile_px: '128' });
    expect((await cut()).json).toMatchObject({ slides: 1, kept: 1 });
  });

  it('cuts a shard again when it is damaged or of another bag', async () => {
    await truncate(path.join(out(), 'one.tiff.safetensors'), 5000);
    expect((await cut()).json).toMatchObject({ slides: 1, kept: 0 });
    expect((await cut('--tile-mpp', '2')).json).toMatchObject({ slides: 1, kept: 0 });
  });

  it('gives each tile its share of lesion', async () => {
    const mask = planBiopsy(ONE_CORE).mask(16);
    await writeFile(path.join(folder, 'one_mask.png'), encode({ ...mask, channels: 1, depth: 8 }));
    const { json } = await cut('--masks', folder);
    expect(json).toMatchObject({ slides: 1, kept: 0 });
    const bytes = await readFile(path.join(out(), 'one.tiff.safetensors'));
    const length = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
    const read = (name: string, i: number, float: boolean) => {
      const at = 8 + length + header[name].data_offsets[0] + 4 * i;
      return float ? bytes.readFloatLE(at) : bytes.readInt32LE(at);
    };
    const span = Number(header.__metadata__.span_px);
    const biopsy = planBiopsy(ONE_CORE);
    const shares = Array.from({ length: header.xy.shape[0] }, (_, i) => read('lesion_fraction', i, true));
    for (const [i, share] of shares.entries()) {
      let inside = 0;
      for (let j = 0; j < 400; j++) {
        const x = read('xy', 2 * i, false) + (((j % 20) + 0.5) * span) / 20;
        const y = read('xy', 2 * i + 1, false) + ((Math.floor(j / 20) + 0.5) * span) / 20;
        if (biopsy.isLesion(x, y)) inside++;
      }
      expect(Math.abs(share - inside / 400)).toBeLessThan(0.06);
    }
    expect(Math.max(...shares)).toBe(1);
    expect(Math.min(...shares)).toBe(0);
  });

  it('cuts one slide out of the table of a cohort', async () => {
    const words = [
      '--labels',
      path.join(folder, 'labels.csv'),
      '--bag',
      'darkest-16',
      '--out',
      path.join(folder, 'one'),
    ];
    const { json } = await run('tiles', slide, ...words);
    expect(json).toMatchObject({ slides: 1, tiles: 16, failed: [] });
  });

  it('wants one bag', async () => {
    for (const words of [[], ['--bag', 'tissue-grid', '--model', 'compact-glas'], ['--bag', 'lightest-16']]) {
      const { code, json } = await run('tiles', folder, '--out', out(), ...words);
      expect([code, json.error.code]).toEqual([2, 'usage']);
    }
  });
});
