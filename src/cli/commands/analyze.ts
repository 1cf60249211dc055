import { Command } from 'commander';
import type { BackendName } from '../../model/backend-report.ts';
import type { Slide } from '../../slide/slide.ts';
import { BAG_NAMES, type BagName, bagSpec, mppOption, oneOf, SERIES_WORDS, seriesOption } from '../options.ts';
import { startProgress, type Terminal } from '../terminal.ts';

interface AnalyzeOptions {
  readonly model: string;
  readonly mpp?: number;
  readonly bag?: BagName;
  readonly backend: BackendName | 'auto';
  readonly series?: number;
  readonly withName?: true;
}

/** `analyze FILE`: runs a model on a slide and prints the result as docs/result.schema.json has it. */
export function analyzeCommand(terminal: Terminal): Command {
  return new Command('analyze')
    .description('runs a model on a slide: probability, and score and weight of each tile')
    .argument('<file>')
    .requiredOption('--model <id>', 'a model that ships (see `models`), or the path of a model folder')
    .option('--mpp <um>', 'µm per level-0 px, where the slide does not say it', mppOption)
    .option('--bag <name>', `${BAG_NAMES.join(' or ')}, instead of the model's own`, oneOf('--bag', BAG_NAMES))
    .option(
      '--backend <name>',
      'wasm, cpu, webgpu, or auto: the fastest that works',
      oneOf('--backend', ['wasm', 'cpu', 'webgpu', 'auto']),
      'wasm' as const,
    )
    .option('--series <n>', SERIES_WORDS, seriesOption)
    .option('--with-name', "put the slide's file name, often an accession number, into the result")
    .option('--json', 'print JSON (always done)')
    .action(async (file: string, options: AnalyzeOptions) => {
      const { openModel } = await import('../model-dir.ts');
      const { withSlide } = await import('../with-slide.ts');
      const { loadModel } = await import('../../model/load.ts');
      const { analyze } = await import('../../analysis/analyze.ts');
      const { resultContext } = await import('../../report/result.ts');
      const { toResultJson } = await import('../../report/write-json.ts');
      const files = await openModel(options.model);
      if (options.backend === 'webgpu' || options.backend === 'auto') {
        const { provideGpu } = await import('../wasm-files.ts');
        await provideGpu().catch((error: unknown) => {
          if (options.backend === 'webgpu') throw error;
        });
      }
      const run = async (slide: Slide) => {
        const model = await loadModel(files, {
          backend: options.backend === 'auto' ? undefined : options.backend,
          signal: terminal.signal,
        });
        const spec = options.bag === undefined ? files.manifest.bag : bagSpec(options.bag, files.manifest.bag);
        let progress: ReturnType<typeof startProgress> | undefined;
        try {
          const prediction = await analyze(slide, model, {
            mpp: options.mpp,
            bag: spec,
            signal: terminal.signal,
            onProgress: ({ tilesDone, tilesTotal }) => {
              if (tilesTotal === 0) return;
              progress ??= startProgress(terminal, 'tiles', tilesTotal);
              progress.update(tilesDone);
            },
          });
          const context = resultContext({
            info: slide.info,
            manifest: files.manifest,
            userMpp: options.mpp,
            bagSpec: spec,
            date: new Date(),
            withName: options.withName === true,
          });
          return toResultJson(prediction, context);
        } finally {
          progress?.stop();
          model.dispose();
        }
      };
      terminal.print(await withSlide(file, terminal.signal, run, options.series));
    });
}
