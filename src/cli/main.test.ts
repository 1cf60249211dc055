import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromResultJson } from '../report/read-json.ts';
import { problemsOf } from '../testing/json-schema.ts';
import { fluorescenceBytes } from '../testing/written/fluorescence.ts';
import { makeSlideFolder, ONE_CORE, runInProcess as run } from './in-process.ts';
import { projectRoot } from './root.ts';

let folder = '';
let slide = '';
beforeAll(async () => {
  ({ folder, slide } = await makeSlideFolder());
  await mkdir(path.join(folder, 'empty'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('inspect', () => {
  it('prints what the slide is', async () => {
    const { code, json } = await run('inspect', slide, '--json');
    expect(code).toBe(0);
    expect(json).toMatchObject({ name: 'one.tiff', width: 2048, height: 1104 });
    expect(json.levels.map((level: { width: number }) => level.width)).toEqual([2048, 512, 128]);
    expect(json.mpp.x).toBeCloseTo(0.48, 6);
  });

  it.each([
    ['a file that is not there', 'nothing.tiff', 'slide/read-failed', 'there is no such file'],
    ['a folder without a slide', 'empty', 'slide/unrecognized', 'empty'],
  ])('refuses %s', async (_, name, code, words) => {
    const result = await run('inspect', path.join(folder, name));
    expect(result.code).toBe(1);
    expect(result.json.error.code).toBe(code);
    expect(result.json.error.message).toContain(words);
  });

  it('refuses a file of no known kind', async () => {
    const file = path.join(folder, 'letter.svs');
    await writeFile(file, 'Dear colleague, please find the slide attached.'.repeat(20));
    const { code, json } = await run('inspect', file);
    expect([code, json.error.code]).toEqual([1, 'slide/unrecognized']);
  });

  it('takes the folder of a slide for the slide', async () => {
    const inside = path.join(folder, 'inside');
    await mkdir(inside);
    await writeFile(path.join(inside, 'a-note.txt'), 'the slide of case 7');
    await writeFile(path.join(inside, 'slide.tiff'), await readFile(slide));
    const { json } = await run('inspect', inside);
    expect(json).toMatchObject({ name: 'slide.tiff', width: 2048 });
    await rm(inside, { recursive: true });
  });

  it('takes one of several images, and names those there are', async () => {
    const file = path.join(folder, 'two.ome.tif');
    const channels = [{ name: 'DAPI', color: [0, 0, 255] as const, paint: () => 100 }];
    const images = [300, 200].map((width) => ({ name: `${width}`, width, height: 100, channels }));
    await writeFile(file, await fluorescenceBytes(images));
    const [largest, second] = [await run('inspect', file), await run('inspect', file, '--series', '1')];
    expect([largest.json.width, second.json.width]).toEqual([300, 200]);
    expect(second.json.id).not.toBe(largest.json.id);
    const none = await run('inspect', file, '--series', '2');
    expect([none.code, none.json.error.code]).toEqual([2, 'usage']);
    expect(none.json.error.message).toContain('it has 0, 1');
    const out = path.join(folder, 'second.png');
    const place = ['--level', '0', '--x', '0', '--y', '0', '--width', '250', '--height', '2', '--out', out];
    expect((await run('region', file, '--series', '1', ...place)).code).toBe(0);
    const png = decode(await readFile(out));
    // The slide ends at 200 px; what lies beyond is black, as between channels.
    expect([png.data[199 * 3 + 2], png.data[200 * 3 + 2]]).toEqual([255, 0]);
  });

  it('tells a file that ends too early', async () => {
    const file = path.join(folder, 'short.tiff');
    await writeFile(file, await readFile(slide));
    await truncate(file, 1000);
    const { code, json } = await run('inspect', file);
    expect(code).toBe(1);
    expect(['slide/corrupt', 'slide/read-failed']).toContain(json.error.code);
  });
});

describe('region', () => {
  it('writes the pixels of a level as PNG, level-0 position and background outside included', async () => {
    const out = path.join(folder, 'region.png');
    const { code } = await run(
      ...['region', slide, '--level', '1', '--x', '-40', '--y', '400', '--width', '60', '--height', '50', '--out', out],
    );
    expect(code).toBe(0);
    const png = decode(await readFile(out));
    expect([png.width, png.height, png.channels]).toEqual([60, 50, 3]);
    expect(Array.from(png.data.subarray(0, 3))).toEqual([255, 255, 255]);
    const wide = path.join(folder, 'wide.png');
    await run(
      ...['region', slide, '--level', '1', '--x', '0', '--y', '400', '--width', '50', '--height', '50', '--out', wide],
    );
    const other = decode(await readFile(wide));
    for (let y = 0; y < 50; y++)
      expect(Array.from(png.data.subarray((y * 60 + 10) * 3, (y * 60 + 60) * 3))).toEqual(
        Array.from(other.data.subarray(y * 150, (y + 1) * 150)),
      );
  });

  it('refuses a level that is not there and sizes that make no sense', async () => {
    const base = ['region', slide, '--x', '0', '--y', '0', '--height', '5', '--out', path.join(folder, 'no.png')];
    for (const options of [
      ['--level', '3', '--width', '5'],
      ['--level', '0', '--width', '0'],
      ['--level', '0', '--width', '5.5'],
    ]) {
      const { code, json } = await run(...base, ...options);
      expect([code, json.error.code]).toEqual([2, 'usage']);
    }
    expect(existsSync(path.join(folder, 'no.png'))).toBe(false);
  });
});

describe('a place that cannot be written', () => {
  it('is named', async () => {
    const out = path.join(folder, 'one.tiff', 'no.png');
    const options = ['--level', '0', '--x', '0', '--y', '0', '--width', '5', '--height', '5', '--out', out];
    const { code, json } = await run('region', slide, ...options);
    expect([code, json.error.code]).toEqual([2, 'usage']);
    expect(json.error.message).toBe(`${out} could not be used: a part of its path is no folder.`);
  });
});

describe('models', () => {
  it('prints the manifests of the models that ship', async () => {
    const { code, json } = await run('models', '--json');
    expect(code).toBe(0);
    expect(json.models.map((model: { id: string }) => model.id)).toContain('compact-glas');
  });
});

describe('analyze', () => {
  it('prints a prediction whose arrays belong together', async () => {
    const { code, json } = await run('analyze', slide, '--model', 'compact-glas', '--json');
    expect(json.error).toBeUndefined();
    expect(code).toBe(0);
    const { attention, probabilities } = json;
    const n = attention.bag.count;
    expect(n).toBeGreaterThan(3);
    expect(attention.bag.xy).toHaveLength(2 * n);
    expect(attention.scores).toHaveLength(n);
    expect(attention.weights).toHaveLength(n);
    expect(attention.weights.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(1, 5);
    expect(probabilities.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(1, 6);
    expect(json.backend.name).toBe('wasm');
    // A drawn prostate is no colon of one laboratory: the model has no say.
    expect(json).toMatchObject({
      scope: { state: 'outside', reasons: ['appearance'] },
      label: null,
      threshold: 0.5515,
    });
    expect(json).toMatchObject({ schemaVersion: 1, temperature: 1, bagSpec: { protocol: 'tissue-grid', tilePx: 128 } });
    const [q, p] = probabilities;
    const sum = attention.contributions.reduce((a: number, b: number) => a + b, json.bias);
    expect(Math.abs(sum - Math.log(p / q))).toBeLessThan(1e-9);
    // What is printed is what the page exports, and what it and `evaluate` read back.
    expect(problemsOf(json, JSON.parse(await readFile('docs/result.schema.json', 'utf8')))).toEqual([]);
    expect(fromResultJson(JSON.stringify(json)).context).toMatchObject({
      ...{ pixelSize: { from: 'file' }, slideSize: { width: ONE_CORE.width, height: ONE_CORE.height } },
      model: { id: 'compact-glas', tissue: 'colon glands', weightsSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(JSON.stringify(json)).not.toContain('one.tiff');
  });

  it('puts the name of the file into the result only when asked to', async () => {
    const { json } = await run('analyze', slide, '--model', 'compact-glas', '--with-name', '--mpp', '0.9');
    expect(json.slide).toBe('one.tiff');
    expect(json.pixelSize).toEqual({ x: 0.9, y: 0.9, from: 'user' });
  });

  it('takes the 16 darkest tiles when asked to', async () => {
    const { json } = await run('analyze', slide, '--model', 'compact-glas', '--bag', 'darkest-16');
    expect(json.attention.bag).toMatchObject({ protocol: 'darkest', level: 2, tilePx: 128, spanPx: 2048 });
    expect(json.notes.map((note: { code: string }) => note.code)).toContain('bag-differs-from-training');
  });

  it('refuses a model that is not there', async () => {
    const { code, json } = await run('analyze', slide, '--model', 'no-such-model');
    expect([code, json.error.code]).toEqual([1, 'model/unknown']);
  });

  it('refuses a model whose weights are not those of its manifest', async () => {
    const shipped = path.join(projectRoot(), 'models', 'compact-glas');
    const broken = path.join(folder, 'broken-model');
    await cp(shipped, broken, { recursive: true });
    const weights = path.join(broken, 'weights.safetensors');
    const bytes = await readFile(weights);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    await writeFile(weights, bytes);
    const { code, json } = await run('analyze', slide, '--model', broken);
    expect([code, json.error.code]).toEqual([1, 'model/integrity']);
  });
});

describe('a wrong command line', () => {
  it.each([
    [['no-such-command'], 'no-such-command'],
    [[], 'inspect'],
    [['inspect'], 'file'],
    [['analyze', 'x.svs'], '--model'],
    [['inspect', 'x.svs', '--frobnicate'], '--frobnicate'],
    [['analyze', 'x.svs', '--model', 'm', '--mpp', 'big'], '--mpp'],
    // As for the page: a slide has 0.05 to 10 µm/px.
    [['analyze', 'x.svs', '--model', 'm', '--mpp', '0.04'], '--mpp must be a number from 0.05 to 10'],
    [['analyze', 'x.svs', '--model', 'm', '--mpp', '50'], '--mpp must be a number from 0.05 to 10'],
  ])('%j is answered with one error that names what is wrong', async (words, named) => {
    const { code, json } = await run(...words);
    expect([code, json.error.code]).toEqual([2, 'usage']);
    expect(json.error.message).toContain(named);
  });

  it('gives help on standard error', async () => {
    const { code, json, said } = await run('--help');
    expect([code, json]).toEqual([0, null]);
    expect(said).toContain('analyze');
  });
});
