import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { AppError } from '../../errors.ts';
import type { Slide } from '../../slide/slide.ts';
import { integer, SERIES_WORDS, seriesOption } from '../options.ts';
import type { Terminal } from '../terminal.ts';

/** A region is one picture in memory: 3 bytes a pixel, and a PNG of it. */
const MAX_REGION_PIXELS = 400e6;

interface RegionOptions {
  readonly level: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly out: string;
  readonly series?: number;
}

/** `region FILE`: writes a rectangle of one level as PNG, the pixels that models get. */
export function regionCommand(terminal: Terminal): Command {
  const position = 2 ** 31;
  return new Command('region')
    .description('a rectangle of one level as PNG: the pixels models get, without colour management')
    .argument('<file>')
    .requiredOption('--level <n>', 'level, 0 is the largest', integer('--level', 0, 64))
    .requiredOption('--x <px>', 'left edge, level-0 px', integer('--x', -position, position))
    .requiredOption('--y <px>', 'top edge, level-0 px', integer('--y', -position, position))
    .requiredOption('--width <px>', 'width, px of the level', integer('--width', 1, 100_000))
    .requiredOption('--height <px>', 'height, px of the level', integer('--height', 1, 100_000))
    .requiredOption('--out <png>', 'file to write')
    .option('--series <n>', SERIES_WORDS, seriesOption)
    .option('--json', 'print JSON (always done)')
    .action(async (file: string, options: RegionOptions) => {
      const { level, x, y, width, height, out, series } = options;
      if (width * height > MAX_REGION_PIXELS)
        throw new AppError({
          code: 'usage',
          problem: `A region holds at most ${MAX_REGION_PIXELS / 1e6} million pixels.`,
        });
      const { withSlide } = await import('../with-slide.ts');
      const { readRegion } = await import('../../slide/region.ts');
      const { encode } = await import('fast-png');
      const read = async (slide: Slide) => {
        if (level >= slide.info.levels.length)
          throw new AppError({
            code: 'usage',
            problem: `The slide has levels 0 to ${slide.info.levels.length - 1}; there is no level ${level}.`,
          });
        return readRegion(slide, { level, x, y, width, height }, terminal.signal);
      };
      const pixels = await withSlide(file, terminal.signal, read, series);
      const png = encode({ width, height, data: pixels.data, channels: 3, depth: 8 });
      await writeFile(out, png);
      terminal.print({ out, level, x, y, width, height, bytes: png.length });
    });
}
