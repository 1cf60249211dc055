/** The process around the command line: streams, Ctrl-C, exit code. */
import { setMaxListeners } from 'node:events';
import { runCommandLine } from './main.ts';
import { toJsonText } from './terminal.ts';

// Libraries that chatter must not spoil the one JSON object.
console.log = console.error;
console.info = console.error;
console.debug = console.error;

// One signal is listened to by every read under way; Node takes more than ten for a leak.
setMaxListeners(0);
const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
process.once('SIGTERM', () => controller.abort());
// A reader that went away, as `head` does, is no failure of ours.
process.stdout.on('error', () => process.exit());

const code = await runCommandLine(process.argv.slice(2), {
  print: (result) => process.stdout.write(`${toJsonText(result)}\n`),
  say: (line) => process.stderr.write(`${line}\n`),
  progress: process.stderr.isTTY === true,
  signal: controller.signal,
});
// A GPU device would keep the process alive; what was printed must have left first.
process.stdout.write('', () => process.exit(code));
