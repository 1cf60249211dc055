/** The commands of `npm run --silent milscope -- COMMAND`: one JSON object each, or one error. */
import { Command, CommanderError } from 'commander';
import { AppError } from '../errors.ts';
import { analyzeCommand } from './commands/analyze.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { evaluateWorkerCommand } from './commands/evaluate-worker.ts';
import { importModelCommand } from './commands/import-model.ts';
import { inspectCommand } from './commands/inspect.ts';
import { modelsCommand } from './commands/models.ts';
import { phantomCommand } from './commands/phantom.ts';
import { regionCommand } from './commands/region.ts';
import { tilesCommand } from './commands/tiles.ts';
import { type Terminal, toFailure } from './terminal.ts';
import { provideWasmFiles } from './wasm-files.ts';

const COMMANDS = [
  inspectCommand,
  regionCommand,
  analyzeCommand,
  modelsCommand,
  tilesCommand,
  evaluateCommand,
  evaluateWorkerCommand,
  importModelCommand,
  phantomCommand,
];

/** Runs one command line (without node and script) to its end; the exit code. 2 is a wrong command line. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<number> {
  provideWasmFiles();
  const program = new Command('milscope').description('Slides and attention MIL from a terminal. Research use only.');
  for (const command of COMMANDS) program.addCommand(command(terminal));
  for (const command of everyCommand(program))
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: (text) => terminal.say(text.trimEnd()) });
  try {
    await program.parseAsync([...words], { from: 'user' });
    return 0;
  } catch (error) {
    // Help was asked for and has been given.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const failure = error instanceof CommanderError ? wrongUse(program, error) : error;
    const printed = toFailure(failure);
    terminal.print(printed);
    return printed.error.code === 'usage' ? 2 : 1;
  }
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

function wrongUse(program: Command, error: CommanderError): AppError {
  const names = program.commands.map((command) => command.name()).join(', ');
  const problem =
    error.code === 'commander.help'
      ? `Which command? There are ${names}.`
      : sentence(error.message.replace(/^error: /, ''));
  return new AppError({ code: 'usage', problem });
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(first) ? first : `${first}.`;
}
