/** npm run milscope -- COMMAND: installs and bundles the command line when needed, then runs it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled } from './install.mjs';
import { requireNode, root, run } from './project.mjs';

// Standard output belongs to the command: one JSON object and nothing else, also where it never comes to the command.
const { log } = console;
console.log = console.error;
let isRunning = false;
process.on('exit', (code) => {
  if (isRunning || code === 0) return;
  const message = 'The command line could not be set up; standard error says why.';
  writeSync(1, `${JSON.stringify({ error: { code: 'internal', message } })}\n`);
});

requireNode();
const unlock = await lock(path.join(root, '.cache', 'command-line.lock'));
try {
  await ensureInstalled();
  const { buildCommandLine } = await import('./build.mjs');
  await buildCommandLine();
} finally {
  unlock();
}
const { commandLine } = await import('./build.mjs');
console.log = log;
isRunning = true;
process.exitCode = await run(process.execPath, [commandLine, ...process.argv.slice(2)], {
  // The folder the user called from, which npm keeps: paths in the arguments are relative to it.
  cwd: process.env.INIT_CWD ?? process.cwd(),
});

/** Workflows start many commands at once; only one of them may build. The lock of a killed run is taken over. */
async function lock(file) {
  mkdirSync(path.dirname(file), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      const unlock = () => rmSync(file, { force: true });
      process.on('exit', unlock);
      return () => {
        process.off('exit', unlock);
        unlock();
      };
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const seen = ownerOf(file);
      await new Promise((resolve) => setTimeout(resolve, 50));
      // Looked at twice, so that of several that wait only the first takes a dead one's lock away.
      if (seen !== undefined && ownerOf(file) === seen && !isAlive(seen)) rmSync(file, { force: true });
    }
  }
}

/** Undefined for a lock made this moment and not yet written, or given back meanwhile. */
function ownerOf(file) {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}
