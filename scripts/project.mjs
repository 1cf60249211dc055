/** Where the project lies, and how a script runs another program in it. Only Node: it runs before anything is installed. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Ends the script with a sentence and exit code 1. */
export function giveUp(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** Ends the script unless Node is 20.19 or newer, the oldest that Vite 8 runs on. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    giveUp(`milscope needs Node 20.19 or newer; this is ${process.versions.node}. Get it at https://nodejs.org.`);
  }
}

/** Runs a program in the project's folder and resolves to its exit code; 127 when it cannot be started. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.on('error', () => resolve(127));
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** As `run`, and resolves to what the program printed as well. */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (part) => {
      stdout += part;
    });
    child.stderr.on('data', (part) => {
      stderr += part;
    });
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

/** Runs an installed tool by its script, so that no shell and no npx lies between. */
export function tool(script, args, options) {
  return run(process.execPath, [path.join(root, 'node_modules', script), ...args], options);
}
