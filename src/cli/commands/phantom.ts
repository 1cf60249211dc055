import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Command, Option } from 'commander';
import { AppError } from '../../errors.ts';
import type { Biopsy } from '../../phantom/biopsy.ts';
import type { CohortSlide } from '../../phantom/cohort.ts';
import { integer } from '../options.ts';
import { type Progress, startProgress, type Terminal } from '../terminal.ts';

/** Px of level 0 for each px of a mask: that of the smallest level. */
const MASK_STEP = 16;

/** `phantom sample` and `phantom cohort`: synthetic prostate biopsies whose cancer is known. */
export function phantomCommand(terminal: Terminal): Command {
  return new Command('phantom')
    .description('synthetic prostate biopsies with a known lesion')
    .addCommand(sampleCommand(terminal))
    .addCommand(cohortCommand(terminal));
}

function sampleCommand(terminal: Terminal): Command {
  return new Command('sample')
    .description('the sample slide of the app')
    .requiredOption('--out <tiff>', 'file to write')
    .option('--mask <png>', 'also write where its lesion is')
    .option('--json', 'print JSON (always done)')
    .action(async (options: { readonly out: string; readonly mask?: string }) => {
      const { planBiopsy } = await import('../../phantom/biopsy.ts');
      const { SAMPLE_SPEC } = await import('../../phantom/cohort.ts');
      const biopsy = planBiopsy(SAMPLE_SPEC);
      let progress: Progress | undefined;
      const bytes = await writeSlide(biopsy, options.out, terminal.signal, (done, total) => {
        progress ??= startProgress(terminal, 'sample slide', total);
        progress.update(done);
      }).finally(() => progress?.stop());
      if (options.mask !== undefined) await writeMask(biopsy, options.mask);
      const { seed, width, height } = SAMPLE_SPEC;
      terminal.print({ out: options.out, bytes, seed, width, height });
    });
}

interface CohortOptions {
  readonly slides: number;
  readonly seed: number;
  readonly out: string;
  readonly workers: number;
  readonly part?: Part;
}

/** Fewer slides than this are made faster in one process than several take to start. */
const SLIDES_WORTH_A_PROCESS = 4;

function cohortCommand(terminal: Terminal): Command {
  return new Command('cohort')
    .description("a labelled cohort in PANDA's layout: train.csv, train_images/, train_label_masks/")
    .requiredOption('--slides <n>', 'how many, every other one benign', integer('--slides', 1, 100_000))
    .option('--seed <n>', 'everything follows from it', integer('--seed', 0, 2 ** 31 - 1), 1)
    .requiredOption('--out <dir>', 'folder to write; slides that are there already are kept')
    .option('--workers <n>', 'processes', integer('--workers', 1, 256), availableParallelism())
    .addOption(new Option('--part <k/n>').argParser(partOption).hideHelp())
    .option('--json', 'print JSON (always done)')
    .action(async (options: CohortOptions) => {
      const { slides: count, seed, out, part } = options;
      const { cohortTable, planCohort } = await import('../../phantom/cohort.ts');
      const { writeWhole } = await import('../file-sink.ts');
      const slides = planCohort(count, seed);
      if (part !== undefined) {
        const own = slides.filter((_, i) => i % part.of === part.index);
        terminal.print({ made: await makeSlides(own, out, terminal.signal, (id) => terminal.say(id)) });
        return;
      }
      const planFile = path.join(out, 'cohort.json');
      const plan = `${JSON.stringify({ formatVersion: 1, slides: count, seed })}\n`;
      await refuseOtherCohort(planFile, plan);
      await writeWhole(planFile, plan);
      await writeWhole(path.join(out, 'train.csv'), cohortTable(slides));
      const progress = startProgress(terminal, 'slides', count);
      let done = 0;
      let made: number;
      const onDone = (id: string) => progress.update(++done, id);
      const workers = Math.min(options.workers, Math.ceil(count / SLIDES_WORTH_A_PROCESS));
      try {
        made =
          workers === 1
            ? await makeSlides(slides, out, terminal.signal, onDone)
            : await makeInProcesses(options, workers, terminal.signal, onDone);
      } finally {
        progress.stop();
      }
      terminal.print({ out, slides: count, made, malignant: slides.filter((slide) => slide.isup > 0).length, seed });
    });
}

/** A share of the slides: those whose number has the rest `index` by `of`. */
interface Part {
  readonly index: number;
  readonly of: number;
}

function partOption(text: string): Part {
  const [index = 0, of = 1] = text.split('/').map(Number);
  return { index, of };
}

/** Makes the slides that are not there; how many those were. */
async function makeSlides(
  slides: readonly CohortSlide[],
  out: string,
  signal: AbortSignal,
  onDone: (id: string) => void,
): Promise<number> {
  const { planBiopsy } = await import('../../phantom/biopsy.ts');
  let made = 0;
  for (const { id, spec } of slides) {
    const slideFile = path.join(out, 'train_images', `${id}.tiff`);
    const maskFile = path.join(out, 'train_label_masks', `${id}_mask.png`);
    if (!existsSync(slideFile) || !existsSync(maskFile)) {
      signal.throwIfAborted();
      const biopsy = planBiopsy(spec);
      await writeMask(biopsy, maskFile);
      await writeSlide(biopsy, slideFile, signal);
      made++;
    }
    onDone(id);
  }
  return made;
}

/** The same, each process with its part. @throws worker/crashed, AbortError */
async function makeInProcesses(
  { slides, seed, out }: CohortOptions,
  workers: number,
  signal: AbortSignal,
  onDone: (id: string) => void,
): Promise<number> {
  const script = process.argv[1] ?? '';
  const runs = Array.from({ length: workers }, (_, index) => {
    const words = ['--slides', `${slides}`, '--seed', `${seed}`, '--out', out, '--part', `${index}/${workers}`];
    return runPart([script, 'phantom', 'cohort', ...words], signal, onDone);
  });
  const made = await Promise.all(runs);
  return made.reduce((sum, one) => sum + one, 0);
}

function runPart(words: readonly string[], signal: AbortSignal, onDone: (id: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    // A process that is stopped leaves no half slide: slides get their name when they are whole.
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      printed += part;
    });
    createInterface({ input: child.stderr }).on('line', onDone);
    child.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    child.on('close', (code) => {
      if (signal.aborted) return reject(signal.reason);
      if (code === 0) return resolve(JSON.parse(printed).made);
      const reason = printed.trim() === '' ? `it ended with code ${code}` : JSON.parse(printed).error.message;
      reject(new AppError({ code: 'worker/crashed', worker: 'phantom', reason }));
    });
  });
}

/** A folder must not fill with slides of two cohorts. @throws usage where another one lies */
async function refuseOtherCohort(file: string, plan: string): Promise<void> {
  if (!existsSync(file)) return;
  const { readFile } = await import('node:fs/promises');
  const there = await readFile(file, 'utf8');
  if (there === plan) return;
  const problem = `${path.dirname(file)} holds another cohort (${there.trim()}); choose another folder.`;
  throw new AppError({ code: 'usage', problem });
}

async function writeSlide(
  biopsy: Biopsy,
  file: string,
  signal: AbortSignal,
  onProgress?: (done: number, total: number) => void,
): Promise<number> {
  const { writePhantomSlide } = await import('../../phantom/slide-file.ts');
  const { writeInPlace } = await import('../file-sink.ts');
  return writeInPlace(file, (write) => writePhantomSlide(biopsy, write, { signal, onProgress }));
}

async function writeMask(biopsy: Biopsy, file: string): Promise<void> {
  const { encode } = await import('fast-png');
  const { writeWhole } = await import('../file-sink.ts');
  const { width, height, data } = biopsy.mask(MASK_STEP);
  await writeWhole(file, encode({ width, height, data, channels: 1, depth: 8 }));
}
