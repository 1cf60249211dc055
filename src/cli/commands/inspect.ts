import { Command } from 'commander';
import { SERIES_WORDS, seriesOption } from '../options.ts';
import type { Terminal } from '../terminal.ts';

/** `inspect FILE`: prints SlideInfo. */
export function inspectCommand(terminal: Terminal): Command {
  return new Command('inspect')
    .description('what a slide is: size, levels, pixel size, vendor metadata')
    .argument('<file>')
    .option('--series <n>', SERIES_WORDS, seriesOption)
    .option('--json', 'print JSON (always done)')
    .action(async (file: string, { series }: { readonly series?: number }) => {
      const { withSlide } = await import('../with-slide.ts');
      terminal.print(await withSlide(file, terminal.signal, async (slide) => slide.info, series));
    });
}
