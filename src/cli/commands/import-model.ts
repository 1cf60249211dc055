import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { AppError } from '../../errors.ts';
import type { ImportSettings, ImportSource } from '../../model/import.ts';
import { BAG_NAMES, type BagName, bagSpec, decimal, integer, oneOf } from '../options.ts';
import type { Terminal } from '../terminal.ts';

interface ImportOptions {
  readonly out?: string;
  readonly plan?: true;
  readonly name?: string;
  readonly bag?: BagName;
  readonly tilePx?: number;
  readonly tileMpp?: number;
  readonly scale?: number;
  readonly mean?: readonly [number, number, number];
  readonly std?: readonly [number, number, number];
  readonly classes?: readonly [string, string];
  readonly threshold?: number;
  readonly temperature?: number;
  readonly tissue?: string;
  readonly stain?: string;
}

/** `import-model FILE`: makes a model folder of a lab's own weights. */
export function importModelCommand(terminal: Terminal): Command {
  return new Command('import-model')
    .description(
      'makes a model folder of PyTorch or safetensors weights, with a TensorFlow.js encoder or without, or checks one that is there',
    )
    .argument(
      '<file...>',
      'weights (.pth, .pt, .safetensors), with them a reference result (golden/) or the folder of an encoder; or a model folder',
    )
    .option('--out <dir>', 'folder to write; it must not exist yet')
    .option('--plan', 'only show what would become what')
    .option('--name <text>', 'what a person calls it')
    .option('--bag <name>', BAG_NAMES.join(' or '), oneOf('--bag', BAG_NAMES))
    .option('--tile-px <px>', 'side of a tile', integer('--tile-px', 16, 1024))
    .option('--tile-mpp <um>', 'µm/px of the tiles (tissue-grid)', decimal('--tile-mpp', 0.05, 50))
    .option('--scale <s>', 'input is (v * scale - mean) / std of v in 0..255', decimal('--scale', 1e-6, 1e6))
    .option('--mean <r,g,b>', '', triple('--mean'))
    .option('--std <r,g,b>', '', triple('--std'))
    .option('--classes <negative,positive>', '', pair('--classes'))
    .option('--threshold <p>', 'positive from this probability on', decimal('--threshold', 0, 1))
    .option('--temperature <t>', 'divides the logit', decimal('--temperature', 0.01, 100))
    .option('--tissue <text>', 'what it was trained on')
    .option('--stain <text>', 'and with which stain')
    .option('--json', 'print JSON (always done)')
    .action(async (places: string[], options: ImportOptions) => {
      const { importModel, planImport } = await import('../../model/import.ts');
      const { writeWhole } = await import('../file-sink.ts');
      const { out } = options;
      if (out === undefined && !options.plan)
        throw new AppError({ code: 'usage', problem: 'Give --out, or --plan to see what would be written.' });
      if (out !== undefined && existsSync(out))
        throw new AppError({ code: 'usage', problem: `${out} is there already; choose another folder.` });
      const sources = await listSources(places);
      const plan = await planImport(sources, terminal.signal);
      const changed = settingsOf(options, plan.settings);
      if (options.plan || out === undefined) {
        terminal.print({ ...plan, settings: plan.settings && { ...plan.settings, ...changed } });
        return;
      }
      const model = await importModel(sources, changed, terminal.signal);
      const work = `${out.replace(/[\\/]+$/, '')}.${process.pid}.part`;
      try {
        for (const [name, bytes] of model.contents) {
          const file = path.resolve(work, name);
          // Names come from the imported manifest.
          if (!file.startsWith(path.resolve(work) + path.sep))
            throw new AppError({ code: 'model/invalid', path: name, problem: 'it would lie outside of its folder' });
          await writeWhole(file, bytes);
        }
        await rename(work, out);
      } finally {
        await rm(work, { recursive: true, force: true });
      }
      terminal.print({
        out,
        ...plan,
        manifestId: model.manifest.id,
        settings: plan.settings && { ...plan.settings, ...changed },
        manifest: model.manifest,
      });
    });
}

/** The files as the importer wants them; a folder stands for all that is in it. @throws model/missing-file */
async function listSources(places: readonly string[]): Promise<ImportSource[]> {
  const lists = places.map(async (place): Promise<ImportSource[]> => {
    const found = await stat(place).catch((cause: unknown) => {
      throw new AppError({ code: 'model/missing-file', path: place }, { cause });
    });
    if (!found.isDirectory()) return [await toSource(place, path.basename(place))];
    const entries = await readdir(place, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
    return Promise.all(
      files.map((entry) => {
        const file = path.join(entry.parentPath, entry.name);
        return toSource(
          file,
          path
            .relative(path.dirname(path.resolve(place)), path.resolve(file))
            .split(path.sep)
            .join('/'),
        );
      }),
    );
  });
  return (await Promise.all(lists)).flat();
}

async function toSource(file: string, name: string): Promise<ImportSource> {
  const { size } = await stat(file);
  return {
    name,
    sizeBytes: size,
    async read() {
      const bytes = await readFile(file);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    },
  };
}

/** What the options say otherwise than the assumption; `assumed` is undefined for a folder, which says it all itself. */
function settingsOf(options: ImportOptions, assumed: ImportSettings | undefined): Partial<ImportSettings> {
  const { name, bag, tilePx, tileMpp, scale, mean, std, classes, threshold, temperature, tissue, stain } = options;
  const given = { name, classes, threshold, temperature, tissue, stain };
  const changed: Partial<ImportSettings> = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  if (assumed === undefined) {
    const isAny =
      Object.keys(changed).length > 0 || [bag, tilePx, tileMpp, scale, mean, std].some((one) => one !== undefined);
    if (isAny)
      throw new AppError({ code: 'usage', problem: 'A model folder states its own settings; they cannot be changed.' });
    return {};
  }
  const base = bag === undefined ? assumed.bag : bagSpec(bag, assumed.bag);
  if (base.protocol === 'darkest' && tileMpp !== undefined)
    throw new AppError({ code: 'usage', problem: 'darkest-16 takes no --tile-mpp.' });
  const spec =
    base.protocol === 'darkest'
      ? { ...base, tilePx: tilePx ?? base.tilePx }
      : { ...base, tilePx: tilePx ?? base.tilePx, mpp: tileMpp ?? base.mpp };
  const input = {
    ...assumed.input,
    scale: scale ?? assumed.input.scale,
    mean: mean ?? assumed.input.mean,
    std: std ?? assumed.input.std,
  };
  return { ...changed, bag: spec, input };
}

function triple(option: string): (text: string) => readonly [number, number, number] {
  return (text) => {
    const [r, g, b, ...more] = text.split(',').map(Number);
    const isTriple = [r, g, b].every((value) => value !== undefined && Number.isFinite(value)) && more.length === 0;
    if (!isTriple)
      throw new AppError({ code: 'usage', problem: `${option} must be three numbers like 0.5,0.5,0.5, not ${text}.` });
    return [r ?? 0, g ?? 0, b ?? 0];
  };
}

function pair(option: string): (text: string) => readonly [string, string] {
  return (text) => {
    const [negative, positive, ...more] = text.split(',').map((word) => word.trim());
    if (!negative || !positive || more.length > 0)
      throw new AppError({ code: 'usage', problem: `${option} must be two words like benign,malignant, not ${text}.` });
    return [negative, positive];
  };
}
