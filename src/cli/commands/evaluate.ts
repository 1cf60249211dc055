import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { AppError } from '../../errors.ts';
import { BAG_NAMES, type BagName, integer, mppOption, oneOf } from '../options.ts';
import type { Terminal } from '../terminal.ts';

interface EvaluateOptions {
  readonly slides?: string;
  readonly predictions?: string;
  readonly labels: string;
  readonly model: string;
  readonly out: string;
  readonly split?: string;
  readonly fitTemperature?: string;
  readonly mpp?: number;
  readonly bag?: BagName;
  readonly masks?: string;
  readonly workers: number;
  readonly retryFailed?: true;
  readonly skipMissing?: true;
}

/** `evaluate`: a model over a labelled cohort, on all cores; goes on where it was killed. */
export function evaluateCommand(terminal: Terminal): Command {
  return new Command('evaluate')
    .description('a model over labelled slides: AUROC with interval, sensitivity, calibration, a row a slide')
    .option('--slides <folder>', 'the slides; results are kept in OUT/records.jsonl, and a killed run goes on there')
    .option(
      '--predictions <folder>',
      'instead of --slides: JSON that `analyze` printed or the page exported, named like the slides',
    )
    .requiredOption('--labels <csv>', "PANDA's train.csv, or file,label[,split][,group][,stratum]")
    .requiredOption('--model <id>', 'a model that ships (see `models`), or the path of a model folder')
    .requiredOption('--out <folder>', 'gets records.jsonl, report.json, figures.csv, slides.csv and report.html')
    .option('--split <name>', 'judge only the slides of this split')
    .option('--fit-temperature <split>', 'fit the temperature on this split, judge the others')
    .option('--mpp <um>', 'µm per level-0 px, where the slides do not say it', mppOption)
    .option('--bag <name>', `${BAG_NAMES.join(' or ')}, instead of the model's own`, oneOf('--bag', BAG_NAMES))
    .option(
      '--masks <folder>',
      'folder of lesion masks SLIDE_mask.png: scores attention, contribution and tile probability',
    )
    .option('--workers <n>', 'processes', integer('--workers', 1, 256), availableParallelism())
    .option('--skip-missing', 'leave out labelled slides that have no file, in place of counting them as failed')
    .option('--retry-failed', 'run slides again that failed before')
    .option('--json', 'print JSON (always done)')
    .action(async (options: EvaluateOptions) => {
      if ((options.slides === undefined) === (options.predictions === undefined)) {
        throw new AppError({ code: 'usage', problem: 'Give either --slides or --predictions.' });
      }
      if (options.masks !== undefined && options.slides === undefined) {
        throw new AppError({
          code: 'usage',
          problem: '--masks needs --slides: predictions are scored without slides.',
        });
      }
      const { evaluate } = await import('../evaluate/run.ts');
      const { slides, predictions, mpp, bag, masks, split, fitTemperature } = options;
      terminal.print(
        await evaluate(
          {
            source:
              slides === undefined
                ? { kind: 'predictions', folder: predictions ?? '' }
                : {
                    kind: 'slides',
                    folder: slides,
                    workers: options.workers,
                    retryFailed: options.retryFailed === true,
                  },
            labels: options.labels,
            model: options.model,
            out: options.out,
            skipMissing: options.skipMissing === true,
            ...(mpp === undefined ? {} : { mpp }),
            ...(bag === undefined ? {} : { bag }),
            ...(masks === undefined ? {} : { masks }),
            ...(split === undefined ? {} : { split }),
            ...(fitTemperature === undefined ? {} : { fitSplit: fitTemperature }),
          },
          terminal,
        ),
      );
    });
}
