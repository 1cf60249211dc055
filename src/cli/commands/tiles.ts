import path from 'node:path';
import { Command } from 'commander';
import { AppError, isAbort } from '../../errors.ts';
import type { BagSpec } from '../../tiling/bag.ts';
import { BAG_NAMES, type BagName, bagSpec, decimal, integer, mppOption, oneOf } from '../options.ts';
import type { ShardLabels, ShardRow } from '../shard.ts';
import type { SlidePlace } from '../slide-folder.ts';
import { startProgress, type Terminal, toFailure } from '../terminal.ts';

interface TilesOptions {
  readonly labels?: string;
  readonly bag?: BagName;
  readonly model?: string;
  readonly tilePx?: number;
  readonly tileMpp?: number;
  readonly minTissue?: number;
  readonly maxTiles?: number;
  readonly seed?: number;
  readonly mpp?: number;
  readonly masks?: string;
  readonly out: string;
}

/** `tiles SLIDES`: cuts the bags of a cohort for training, with the pixels of inference. */
export function tilesCommand(terminal: Terminal): Command {
  return new Command('tiles')
    .description('cuts the bags of a cohort into safetensors shards for training')
    .argument('<slides>', 'folder of slides, or one slide')
    .option('--labels <csv>', "PANDA's table, or file,label[,split][,group]; only the slides it names are cut")
    .option('--bag <name>', BAG_NAMES.join(' or '), oneOf('--bag', BAG_NAMES))
    .option('--model <id>', "the bag of a model's manifest instead")
    .option('--tile-px <px>', 'side of a tile', integer('--tile-px', 16, 1024))
    .option('--tile-mpp <um>', 'µm/px of the tiles (tissue-grid)', decimal('--tile-mpp', 0.05, 50))
    .option(
      '--min-tissue <share>',
      'least share of tissue in a tile, 0..1 (tissue-grid)',
      decimal('--min-tissue', 0, 1),
    )
    .option('--max-tiles <n>', 'most tiles of a slide (tissue-grid)', integer('--max-tiles', 1, 1_000_000))
    .option('--seed <n>', 'of the sampling when there are more (tissue-grid)', integer('--seed', 0, 2 ** 31 - 1))
    .option('--mpp <um>', 'µm per level-0 px of slides that do not say it', mppOption)
    .option('--masks <dir>', 'folder of lesion masks SLIDE_mask.png: adds lesion_fraction of each tile')
    .requiredOption('--out <dir>', 'folder to write; shards that are there and whole are kept')
    .option('--json', 'print JSON (always done)')
    .action(async (place: string, options: TilesOptions) => {
      const { listSlides } = await import('../slide-folder.ts');
      const { shardNames } = await import('../shard.ts');
      const { writeWhole } = await import('../file-sink.ts');
      const spec = await specOf(options);
      const { jobs, missing } = await matchLabels(await listSlides(place), options.labels);
      const names = shardNames(jobs.map((job) => job.labels.id));
      const slides: ShardRow[] = [];
      const failed: { id: string; code: string; message: string }[] = [...missing];
      let kept = 0;
      const progress = startProgress(terminal, 'slides', jobs.length);
      try {
        for (const [i, job] of jobs.entries()) {
          try {
            const { row, isKept } = await cutSlide(job, names[i] ?? '', spec, options, terminal.signal);
            slides.push(row);
            if (isKept) kept++;
          } catch (error) {
            if (isAbort(error)) throw error;
            failed.push({ id: job.labels.id, ...toFailure(error).error });
          }
          progress.update(i + 1, job.labels.id);
        }
      } finally {
        progress.stop();
      }
      if (slides.length === 0)
        throw new AppError({
          code: 'usage',
          problem: `No slide of ${place} gave tiles${failed[0] ? `; the first, ${failed[0].id}: ${failed[0].message}` : '.'}`,
        });
      const index = { formatVersion: 1, bag: spec, slides, failed };
      await writeWhole(path.join(options.out, 'index.json'), `${JSON.stringify(index, null, 1)}\n`);
      const tiles = slides.reduce((sum, row) => sum + row.tiles, 0);
      terminal.print({ out: options.out, slides: slides.length, kept, tiles, bag: spec, failed });
    });
}

interface Job {
  readonly file: string;
  readonly labels: ShardLabels;
}

/** The bag that the options ask for. @throws usage, model/unknown, model/invalid */
async function specOf(options: TilesOptions): Promise<BagSpec> {
  if ((options.bag === undefined) === (options.model === undefined))
    throw new AppError({ code: 'usage', problem: 'Give either --bag or --model.' });
  const { openModel } = await import('../model-dir.ts');
  const base =
    options.model === undefined ? bagSpec(options.bag ?? 'tissue-grid') : (await openModel(options.model)).manifest.bag;
  const { tilePx = base.tilePx } = options;
  const grid = { mpp: options.tileMpp, minTissue: options.minTissue, maxTiles: options.maxTiles, seed: options.seed };
  const given = Object.entries(grid).filter(([, value]) => value !== undefined);
  if (base.protocol === 'tissue-grid') return { ...base, tilePx, ...Object.fromEntries(given) };
  if (given.length > 0)
    throw new AppError({
      code: 'usage',
      problem: 'darkest-16 takes none of --tile-mpp, --min-tissue, --max-tiles, --seed.',
    });
  return { ...base, tilePx };
}

/** @throws usage when the table makes no sense */
async function matchLabels({ folder, files, isOne }: SlidePlace, table: string | undefined) {
  if (table === undefined) {
    const jobs = files.map((file): Job => {
      return {
        file: path.join(folder, file),
        labels: { id: file, label: null, split: null, group: null, stratum: '' },
      };
    });
    return { jobs, missing: [] };
  }
  const { readFile } = await import('node:fs/promises');
  const { parseLabels } = await import('../../evaluation/labels.ts');
  const { matchSlides } = await import('../../evaluation/cohort.ts');
  const text = await readFile(table, 'utf8').catch((cause: unknown) => {
    throw new AppError({ code: 'usage', problem: `The label table ${table} cannot be read.` }, { cause });
  });
  const { found, missing } = matchSlides(parseLabels(text, path.basename(table)).slides, files);
  const jobs = found.map(({ slide, file }): Job => {
    const { id, label, split = null, group = null, stratum = '' } = slide;
    return { file: path.join(folder, file), labels: { id, label, split, group, stratum } };
  });
  // The table of a whole cohort says nothing amiss about the one slide that was asked for.
  if (isOne) return { jobs, missing: [] };
  return { jobs, missing: missing.map(({ id, code, message }) => ({ id, code, message })) };
}

async function cutSlide(job: Job, name: string, spec: BagSpec, options: TilesOptions, signal: AbortSignal) {
  const { findShard, writeShard } = await import('../shard.ts');
  const { withSlide } = await import('../with-slide.ts');
  const { lesionFractions, readLesionMask } = await import('../lesion-mask.ts');
  const { planBag } = await import('../../tiling/bag.ts');
  const mask = options.masks === undefined ? undefined : await readLesionMask(options.masks, job.file);
  return withSlide(job.file, signal, async (slide) => {
    const wanted = { labels: job.labels, spec, slideId: slide.info.id, mask: mask?.sha256 ?? '' };
    const there = await findShard(options.out, name, wanted);
    if (there) return { row: there, isKept: true };
    const mpp = slide.info.mpp === undefined ? options.mpp : undefined;
    const bag = await planBag(slide, spec, { mpp, signal });
    const lesion = mask && { fraction: lesionFractions(mask, slide.info, bag), sha256: mask.sha256 };
    const source = { slide, spec, bag, labels: job.labels, lesion };
    return { row: await writeShard(options.out, name, source, signal), isKept: false };
  });
}
