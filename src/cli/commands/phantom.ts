import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import type { Biopsy } from '../../phantom/biopsy.ts';
import { integer } from '../options.ts';
import { startProgress, type Terminal } from '../terminal.ts';

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
      const bytes = await writeSlide(terminal, biopsy, options.out, 'sample slide');
      if (options.mask !== undefined) await writeMask(biopsy, options.mask);
      const { seed, width, height } = SAMPLE_SPEC;
      terminal.print({ out: options.out, bytes, seed, width, height });
    });
}

interface CohortOptions {
  readonly slides: number;
  readonly seed: number;
  readonly out: string;
}

function cohortCommand(terminal: Terminal): Command {
  return new Command('cohort')
    .description("a labelled cohort in PANDA's layout: train.csv, train_images/, train_label_masks/")
    .requiredOption('--slides <n>', 'how many, every other one benign', integer('--slides', 1, 100_000))
    .option('--seed <n>', 'everything follows from it', integer('--seed', 0, 2 ** 31 - 1), 1)
    .requiredOption('--out <dir>', 'folder to write; slides that are there already are kept')
    .option('--json', 'print JSON (always done)')
    .action(async ({ slides: count, seed, out }: CohortOptions) => {
      const { planBiopsy } = await import('../../phantom/biopsy.ts');
      const { cohortTable, planCohort } = await import('../../phantom/cohort.ts');
      const { writeWhole } = await import('../file-sink.ts');
      const slides = planCohort(count, seed);
      const planFile = path.join(out, 'cohort.json');
      const plan = `${JSON.stringify({ formatVersion: 1, slides: count, seed })}\n`;
      await refuseOtherCohort(planFile, plan);
      await writeWhole(planFile, plan);
      await writeWhole(path.join(out, 'train.csv'), cohortTable(slides));
      const progress = startProgress(terminal, 'slides', count);
      let made = 0;
      try {
        for (const [i, { id, spec }] of slides.entries()) {
          const slideFile = path.join(out, 'train_images', `${id}.tiff`);
          const maskFile = path.join(out, 'train_label_masks', `${id}_mask.png`);
          if (!existsSync(slideFile) || !existsSync(maskFile)) {
            const biopsy = planBiopsy(spec);
            await writeMask(biopsy, maskFile);
            await writeSlide({ ...terminal, progress: false }, biopsy, slideFile, id);
            made++;
          }
          progress.update(i + 1, id);
        }
      } finally {
        progress.stop();
      }
      terminal.print({ out, slides: count, made, malignant: slides.filter((slide) => slide.isup > 0).length, seed });
    });
}

/** A folder must not fill with slides of two cohorts. @throws usage where another one lies */
async function refuseOtherCohort(file: string, plan: string): Promise<void> {
  if (!existsSync(file)) return;
  const { readFile } = await import('node:fs/promises');
  const { AppError } = await import('../../errors.ts');
  const there = await readFile(file, 'utf8');
  if (there === plan) return;
  const problem = `${path.dirname(file)} holds another cohort (${there.trim()}); choose another folder.`;
  throw new AppError({ code: 'usage', problem });
}

async function writeSlide(terminal: Terminal, biopsy: Biopsy, file: string, label: string): Promise<number> {
  const { writePhantomSlide } = await import('../../phantom/slide-file.ts');
  const { writeInPlace } = await import('../file-sink.ts');
  let progress: ReturnType<typeof startProgress> | undefined;
  try {
    return await writeInPlace(file, (write) =>
      writePhantomSlide(biopsy, write, {
        signal: terminal.signal,
        onProgress: (done, total) => {
          progress ??= startProgress(terminal, label, total);
          progress.update(done);
        },
      }),
    );
  } finally {
    progress?.stop();
  }
}

async function writeMask(biopsy: Biopsy, file: string): Promise<void> {
  const { encode } = await import('fast-png');
  const { writeWhole } = await import('../file-sink.ts');
  const { width, height, data } = biopsy.mask(MASK_STEP);
  await writeWhole(file, encode({ width, height, data, channels: 1, depth: 8 }));
}
