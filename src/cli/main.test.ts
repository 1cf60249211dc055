import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decode, encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planBiopsy } from '../phantom/biopsy.ts';
import { SHARP_SCANNER } from '../phantom/scanner.ts';
import { writePhantomSlide } from '../phantom/slide-file.ts';
import { fluorescenceBytes } from '../testing/written/fluorescence.ts';
import { writeInPlace } from './file-sink.ts';
import { runCommandLine } from './main.ts';
import { projectRoot } from './root.ts';
import { toJsonText } from './terminal.ts';

const SPEC = {
  seed: 5,
  width: 2048,
  height: 1104,
  cores: 1,
  gleason: [4, 4],
  lesionShare: 0.5,
  stainVariation: 0,
  fold: false,
  pen: false,
  scanner: SHARP_SCANNER,
} as const;

let folder = '';
let slide = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'milscope-cli-'));
  slide = path.join(folder, 'one.tiff');
  await mkdir(path.join(folder, 'empty'));
  await writeInPlace(slide, (write) => writePhantomSlide(planBiopsy(SPEC), write));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a command line; what it printed, as a reader of its output sees it. */
async function run(...words: string[]) {
  const printed: string[] = [];
  const said: string[] = [];
  const code = await runCommandLine(words, {
    print: (result) => printed.push(toJsonText(result)),
    say: (line) => said.push(line),
    progress: false,
    signal: new AbortController().signal,
  });
  expect(printed.length).toBeLessThanOrEqual(1);
  return { code, json: JSON.parse(printed[0] ?? 'null'), said: said.join('\n') };
}

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
    const { cp } = await import('node:fs/promises');
    await cp(shipped, broken, { recursive: true });
    const weights = path.join(broken, 'weights.safetensors');
    const bytes = await readFile(weights);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    await writeFile(weights, bytes);
    const { code, json } = await run('analyze', slide, '--model', broken);
    expect([code, json.error.code]).toEqual([1, 'model/integrity']);
  });
});

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
    const mask = planBiopsy(SPEC).mask(16);
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
    const biopsy = planBiopsy(SPEC);
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

describe('phantom', () => {
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
});

describe('a wrong command line', () => {
  it.each([
    [['no-such-command'], 'no-such-command'],
    [[], 'inspect'],
    [['inspect'], 'file'],
    [['analyze', 'x.svs'], '--model'],
    [['inspect', 'x.svs', '--frobnicate'], '--frobnicate'],
    [['analyze', 'x.svs', '--model', 'm', '--mpp', 'big'], '--mpp'],
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
