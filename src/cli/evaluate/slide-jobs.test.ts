import { expect, it } from 'vitest';
import { isAbort } from '../../errors.ts';
import type { CohortRecord } from '../../evaluation/records.ts';
import { runSlideJobs, type SlideJob } from './slide-jobs.ts';

/** A worker process: what it does with a job is written in the job's file name. */
const WORKER = `
process.stdout.write('{"ready":true}\\n');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, file } = JSON.parse(line);
  if (file === 'exit') { process.stderr.write('out of luck'); process.exit(3); }
  if (file === 'kill') process.kill(process.pid, 'SIGKILL');
  if (file === 'hang') return;
  process.stdout.write('chatter of a library\\n');
  process.stdout.write(JSON.stringify({ type: 'failure', id, code: 'internal', message: file + process.pid }) + '\\n');
});`;

const worker = (script: string): [string, ...string[]] => [process.execPath, '-e', script];
const jobs = (...files: string[]): SlideJob[] => files.map((file, i) => ({ id: `s${i}`, file }));

async function run(list: readonly SlideJob[], script = WORKER, signal = new AbortController().signal, processes = 2) {
  const records: CohortRecord[] = [];
  await runSlideJobs(list, { worker: worker(script), processes, signal, onRecord: (record) => records.push(record) });
  return records.sort((a, b) => a.id.localeCompare(b.id));
}

const messageOf = (record: CohortRecord | undefined) => (record?.type === 'failure' ? record.message : '');

it('answers every job once', async () => {
  const records = await run(jobs('a', 'b', 'c', 'd', 'e', 'f'), WORKER, undefined, 3);
  expect(records.map((record) => record.id)).toEqual(['s0', 's1', 's2', 's3', 's4', 's5']);
  expect(records.map((record) => messageOf(record).charAt(0)).join('')).toBe('abcdef');
});

it('makes a slide that kills its process a failure by name, and goes on with the rest', async () => {
  const records = await run(jobs('exit', 'a', 'kill', 'b', 'kill'));
  expect(records).toHaveLength(5);
  expect(records[0]).toMatchObject({ id: 's0', code: 'worker/crashed' });
  expect(messageOf(records[0])).toContain('code 3: out of luck');
  expect(messageOf(records[2])).toContain('SIGKILL');
  expect(records[4]).toMatchObject({ code: 'worker/crashed' });
  expect(messageOf(records[1])).toMatch(/^a\d+/);
  expect(messageOf(records[3])).toMatch(/^b\d+/);
});

it('stops at once where a process cannot start its model, and blames no slide', async () => {
  const broken = `console.log('{"error":{"code":"model/unknown","message":"There is no model."}}'); process.exitCode = 1;`;
  await expect(run(jobs('a', 'b'), broken)).rejects.toMatchObject({ info: { code: 'worker/crashed' } });
  await expect(run(jobs('a', 'b'), broken)).rejects.toThrow('There is no model.');
});

it('stops within a second when aborted, and blames no slide', async () => {
  const controller = new AbortController();
  const records: CohortRecord[] = [];
  const started = Date.now();
  const running = runSlideJobs(jobs('a', 'hang', 'hang'), {
    worker: worker(WORKER),
    processes: 2,
    signal: controller.signal,
    onRecord: (record) => {
      records.push(record);
      setTimeout(() => controller.abort(), 50);
    },
  });
  await expect(running).rejects.toSatisfy(isAbort);
  expect(records).toHaveLength(1);
  expect(Date.now() - started).toBeLessThan(10_000);
});

it('needs no process for no jobs', async () => {
  expect(await run([], 'process.exit(1)')).toEqual([]);
});
