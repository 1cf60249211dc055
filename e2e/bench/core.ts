/** The measured side of `npm run bench`, in Node: `core.js decode SLIDE TILES` or `core.js forward MODEL-FOLDER TILES`. */
import { readFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fromFile } from 'geotiff';
import { AppError } from '../../src/errors.ts';
import { loadModel } from '../../src/model/load.ts';
import { parseManifest } from '../../src/model/manifest.ts';
import { provideWasm } from '../../src/slide/codecs/wasm.ts';
import { openSlide, singleFile } from '../../src/slide/open.ts';
import { levelPieces, overviewSources, readThumbnail } from '../../src/slide/overview.ts';
import { readRegion } from '../../src/slide/region.ts';
import type { ByteSource } from '../../src/slide/slide.ts';

const REPETITIONS = 5;

const require = createRequire(path.join(process.cwd(), 'package.json'));
provideWasm(async (name) => {
  const bytes = await readFile(require.resolve(name));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
});

async function fileSource(file: string): Promise<ByteSource & { close(): Promise<void> }> {
  const handle = await open(file, 'r');
  const { size } = await handle.stat();
  return {
    name: path.basename(file),
    sizeBytes: size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await handle.read(bytes, 0, length, offset);
      if (bytesRead !== length)
        throw new AppError({ code: 'slide/read-failed', name: file, reason: `${bytesRead} of ${length} bytes came` });
      return bytes;
    },
    close: () => handle.close(),
  };
}

interface Grid {
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** [col, row] */
  readonly tiles: readonly (readonly [number, number])[];
}

/** Tiles that lie wholly inside level 0, from its middle outwards by rows: where the tissue is. */
function gridOf(width: number, height: number, tileWidth: number, tileHeight: number, wanted: number): Grid {
  const cols = Math.floor(width / tileWidth);
  const rows = Math.floor(height / tileHeight);
  const across = Math.min(cols, Math.ceil(Math.sqrt(wanted)));
  const down = Math.min(rows, Math.ceil(wanted / across));
  const left = Math.floor((cols - across) / 2);
  const top = Math.floor((rows - down) / 2);
  const tiles = Array.from(
    { length: across * down },
    (_, i) => [left + (i % across), top + Math.floor(i / across)] as const,
  );
  return { tileWidth, tileHeight, tiles: tiles.slice(0, wanted) };
}

/** Seconds of processor time, all threads together: on a busy machine the clock measures its neighbours. */
const processorSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Each repetition opens the slide anew, so that no cache answers, and lets both sides read the same tiles. */
async function decode(file: string, wanted: number) {
  let grid: Grid | undefined;
  const ours = async () => {
    const source = await fileSource(file);
    const slide = await openSlide(singleFile(source));
    const [level] = slide.info.levels;
    if (!level) throw new AppError({ code: 'internal', reason: 'a slide without levels' });
    grid ??= gridOf(level.width, level.height, level.tileWidth, level.tileHeight, wanted);
    const started = processorSeconds();
    let sum = 0;
    for (const [col, row] of grid.tiles) sum += (await slide.readTile(0, col, row)).data[0] ?? 0;
    const seconds = processorSeconds() - started;
    await slide.close();
    await source.close();
    return { rate: grid.tiles.length / seconds, sum };
  };
  const geotiff = async () => {
    const tiff = await fromFile(file);
    const image = await tiff.getImage(0);
    const { tileWidth, tileHeight, tiles } = grid ?? gridOf(0, 0, 1, 1, 0);
    const started = processorSeconds();
    let sum = 0;
    for (const [col, row] of tiles) {
      const [x, y] = [col * tileWidth, row * tileHeight];
      const rgb = await image.readRGB({ window: [x, y, x + tileWidth, y + tileHeight], interleave: true });
      sum += Number(rgb[0]);
    }
    const seconds = processorSeconds() - started;
    await tiff.close();
    return { rate: tiles.length / seconds, sum };
  };
  await ours();
  const rates = { ours: [] as number[], geotiff: [] as number[] };
  for (let i = 0; i < REPETITIONS; i++) {
    rates.ours.push((await ours()).rate);
    rates.geotiff.push((await geotiff()).rate);
  }
  return { ...grid, ours: median(rates.ours), geotiff: median(rates.geotiff) };
}

/** Median seconds of processor time from an open slide to one picture of the whole of it, by the first source that gives one. */
async function overview(file: string) {
  const seconds: number[] = [];
  let kind = 'none';
  for (let i = 0; i <= REPETITIONS; i++) {
    const source = await fileSource(file);
    const slide = await openSlide(singleFile(source));
    const started = processorSeconds();
    kind = 'none';
    for (const one of overviewSources(slide.info)) {
      if (one.kind === 'thumbnail') {
        if ((await readThumbnail(slide)) === undefined) continue;
      } else for (const { region } of levelPieces(slide.info, one.level)) await readRegion(slide, region);
      kind = one.kind;
      break;
    }
    // The first one also loads the codecs.
    if (i > 0) seconds.push(processorSeconds() - started);
    await slide.close();
    await source.close();
  }
  return { seconds: median(seconds), kind };
}

/** Median seconds of processor time from the bytes of a bag to its probability, on the wasm backend. */
async function forward(folder: string, tiles: number) {
  const manifest = parseManifest(JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')), 'manifest.json');
  const read = async (name: string) => {
    const bytes = await readFile(path.join(folder, name));
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  };
  const model = await loadModel({ manifest, read }, { backend: 'wasm' });
  const golden = new Uint8Array(await read(manifest.golden.input));
  const rgb = new Uint8Array(tiles * manifest.bag.tilePx ** 2 * 3);
  for (let i = 0; i < rgb.length; i += golden.length) rgb.set(golden.subarray(0, rgb.length - i), i);
  await model.forward(rgb, tiles);
  const seconds: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    const started = processorSeconds();
    await model.forward(rgb, tiles);
    seconds.push(processorSeconds() - started);
  }
  return { seconds: median(seconds), tiles };
}

const [what, target, count] = process.argv.slice(2);
const measure = { decode, forward, overview }[what ?? ''];
if (measure === undefined) throw new RangeError(`nothing to measure by the name of ${what}`);
const result = await measure(target ?? '', Number(count));
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
