import { Command } from 'commander';
import type { Terminal } from '../terminal.ts';

/** `inspect FILE`: prints SlideInfo. */
export function inspectCommand(terminal: Terminal): Command {
  return new Command('inspect')
    .description('what a slide is: size, levels, pixel size, vendor metadata')
    .argument('<file>')
    .option('--json', 'print JSON (always done)')
    .action(async (file: string) => {
      const { withSlide } = await import('../with-slide.ts');
      terminal.print(await withSlide(file, terminal.signal, async (slide) => slide.info));
    });
}
