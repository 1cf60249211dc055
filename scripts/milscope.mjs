/** npm run milscope -- COMMAND: installs and bundles the command line when needed, then runs it. */
import { ensureInstalled } from './install.mjs';
import { requireNode, run } from './project.mjs';

requireNode();
// Standard output belongs to the command: one JSON object and nothing else.
const { log } = console;
console.log = console.error;
await ensureInstalled();
const { buildCommandLine, commandLine } = await import('./build.mjs');
await buildCommandLine();
console.log = log;
process.exitCode = await run(process.execPath, [commandLine, ...process.argv.slice(2)], {
  // The folder the user called from, which npm keeps: paths in the arguments are relative to it.
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
