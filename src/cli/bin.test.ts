import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from './root.ts';

/** Runs the command line as a user does, bundle included. */
function run(...words: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const script = path.join(projectRoot(), 'scripts', 'milscope.mjs');
    const child = spawn(process.execPath, [script, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (part) => {
      stdout += part;
    });
    child.stderr.setEncoding('utf8').on('data', (part) => {
      stderr += part;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

it('prints one JSON object and nothing else, and exits with 0', async () => {
  const { code, stdout, stderr } = await run('models', '--json');
  expect(code, stderr).toBe(0);
  expect(stdout.endsWith('}\n')).toBe(true);
  expect(JSON.parse(stdout).models.length).toBeGreaterThan(0);
});

it('prints an error as JSON, and exits with another code', async () => {
  const { code, stdout } = await run('inspect', 'no-such-file.svs');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    error: {
      code: 'slide/read-failed',
      message: 'no-such-file.svs could not be read: there is no such file.',
    },
  });
});
