import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { isAbort } from '../../errors.ts';
import { BAG_NAMES, type BagName, bagSpec, mppOption, oneOf } from '../options.ts';
import type { Terminal } from '../terminal.ts';

interface WorkerOptions {
  readonly model: string;
  readonly mpp?: number;
  readonly bag?: BagName;
  readonly masks?: string;
}

/** One process of `evaluate`: says that it is ready, reads `{id, file}` lines, answers each with its record. Not for people. */
export function evaluateWorkerCommand(terminal: Terminal): Command {
  return new Command('evaluate-worker')
    .description('one process of `evaluate`')
    .requiredOption('--model <id>')
    .option('--mpp <um>', '', mppOption)
    .option('--bag <name>', '', oneOf('--bag', BAG_NAMES))
    .option('--masks <folder>')
    .action(async (options: WorkerOptions) => {
      const { openModel } = await import('../model-dir.ts');
      const { withSlide } = await import('../with-slide.ts');
      const { loadModel } = await import('../../model/load.ts');
      const { analyze } = await import('../../analysis/analyze.ts');
      const { lesionFractions, readLesionMask } = await import('../lesion-mask.ts');
      const { scoreMaps } = await import('../../evaluation/lesion-maps.ts');
      const { toFailureRecord, toSlideRecord } = await import('../../evaluation/records.ts');
      const files = await openModel(options.model);
      const model = await loadModel(files, { backend: 'wasm', signal: terminal.signal });
      terminal.print({ ready: true });
      try {
        for await (const line of createInterface({ input: process.stdin })) {
          const { id, file } = JSON.parse(line) as { readonly id: string; readonly file: string };
          try {
            const mask = options.masks === undefined ? undefined : await readLesionMask(options.masks, file);
            const record = await withSlide(file, terminal.signal, async (slide) => {
              const prediction = await analyze(slide, model, {
                ...(options.mpp === undefined ? {} : { mpp: options.mpp }),
                ...(options.bag === undefined ? {} : { bag: bagSpec(options.bag, files.manifest.bag) }),
                signal: terminal.signal,
              });
              const { attention } = prediction;
              const lesion = mask && scoreMaps(attention, lesionFractions(mask, slide.info, attention.bag));
              return toSlideRecord(id, prediction, lesion);
            });
            terminal.print(record);
          } catch (error) {
            if (isAbort(error)) throw error;
            terminal.print(toFailureRecord(id, error));
          }
        }
      } finally {
        model.dispose();
      }
    });
}
