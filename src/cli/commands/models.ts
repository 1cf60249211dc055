import { Command } from 'commander';
import type { Terminal } from '../terminal.ts';

/** `models`: prints the manifests of all models that ship. */
export function modelsCommand(terminal: Terminal): Command {
  return new Command('models')
    .description('the models that can be run: their manifests, with metrics, scope and limits')
    .option('--json', 'print JSON (always done)')
    .action(async () => {
      const { listModels, openModel } = await import('../model-dir.ts');
      const ids = await listModels();
      terminal.print({ models: await Promise.all(ids.map(async (id) => (await openModel(id)).manifest)) });
    });
}
