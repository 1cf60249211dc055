import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decode } from 'fast-png';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runInProcess as run } from '../in-process.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'milscope-phantom-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("writes a cohort in PANDA's layout once", async () => {
  const out = path.join(folder, 'cohort');
  const make = (seed: string) => run('phantom', 'cohort', '--slides', '1', '--seed', seed, '--out', out);
  expect((await make('3')).json).toMatchObject({ slides: 1, made: 1 });
  const id = 'phantom-0001';
  const { json } = await run('inspect', path.join(out, 'train_images', `${id}.tiff`));
  expect(json.levels.map((level: { downsample: number }) => level.downsample)).toEqual([1, 4, 16]);
  const mask = decode(await readFile(path.join(out, 'train_label_masks', `${id}_mask.png`)));
  expect([mask.width, mask.height]).toEqual([json.levels[2].width, json.levels[2].height]);
  expect(await readFile(path.join(out, 'train.csv'), 'utf8')).toMatch(
    /^image_id,data_provider,isup_grade,gleason_score\nphantom-0001,/,
  );
  expect((await make('3')).json.made).toBe(0);
  // Slides of two cohorts must not fill one folder.
  expect((await make('4')).json.error.code).toBe('usage');
});
