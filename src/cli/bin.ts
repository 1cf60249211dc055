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

const code = await runCommandLine(process.argv.slice(2), {
  print: (result) => process.stdout.write(`${toJsonText(result)}\n`),
  say: (line) => process.stderr.write(`${line}\n`),
  progress: process.stderr.isTTY === true,
  signal: controller.signal,
});
process.exitCode = code;
// A GPU device would keep the process alive; standard output to a pipe is flushed first.
if (process.stdout.writableLength === 0) process.exit();
process.stdout.once('drain', () => process.exit());
