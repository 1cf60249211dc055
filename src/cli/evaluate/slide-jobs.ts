/** Runs the slides of a cohort in several processes of this same program, so that a slide that kills one costs only itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { AppError } from '../../errors.ts';
import { type CohortRecord, toFailureRecord } from '../../evaluation/records.ts';

export interface SlideJob {
  readonly id: string;
  readonly file: string;
}

export interface JobOptions {
  /** Program and arguments of one worker: reads a job a line, answers with a record a line. */
  readonly worker: readonly [string, ...string[]];
  readonly processes: number;
  readonly signal: AbortSignal;
  /** Called once for each job, in the order they end. */
  onRecord(record: CohortRecord): void;
}

/**
 * Runs all jobs. A worker that ends while it has a slide makes that slide a failure, and another worker takes its place.
 * @throws AbortError; internal where workers end before they answered anything
 */
export async function runSlideJobs(jobs: readonly SlideJob[], options: JobOptions): Promise<void> {
  options.signal.throwIfAborted();
  const queue = [...jobs];
  const children = new Set<ChildProcess>();
  const stop = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    const lanes = Math.min(options.processes, jobs.length);
    await Promise.all(Array.from({ length: lanes }, () => lane(queue, children, options)));
    options.signal.throwIfAborted();
  } finally {
    options.signal.removeEventListener('abort', stop);
    stop();
  }
}

/** One worker after another until the queue is empty. */
async function lane(queue: SlideJob[], children: Set<ChildProcess>, options: JobOptions): Promise<void> {
  while (queue.length > 0 && !options.signal.aborted) {
    const answered = await oneWorker(queue, children, options);
    options.signal.throwIfAborted();
    // A worker that cannot even start would eat the whole cohort as failures.
    if (typeof answered === 'string') throw new AppError({ code: 'internal', reason: answered });
  }
}

/** Feeds one worker until the queue is empty or it ends; a reason where it ended without an answer to its first job. */
function oneWorker(queue: SlideJob[], children: Set<ChildProcess>, options: JobOptions): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const [program, ...words] = options.worker;
    const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    children.add(child);
    let job: SlideJob | undefined;
    let answered = 0;
    let complaint = '';
    const next = () => {
      job = queue.shift();
      if (job === undefined) child.stdin.end();
      else child.stdin.write(`${JSON.stringify(job)}\n`);
    };
    child.stdin.on('error', () => {}); // The worker is gone: 'close' tells.
    child.stderr.on('data', (part: Buffer) => {
      complaint = `${complaint}${part.toString()}`.slice(-500);
    });
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      let record: CohortRecord | { readonly error: { readonly message: string } };
      try {
        record = JSON.parse(line);
      } catch {
        complaint = line;
        return;
      }
      if ('error' in record) {
        complaint = record.error.message;
        return;
      }
      if (record.id !== job?.id) return;
      answered++;
      try {
        options.onRecord(record);
      } catch (error) {
        reject(error);
        child.kill('SIGKILL');
        return;
      }
      next();
    });
    child.on('error', (error) => {
      complaint = error.message;
    });
    child.on('close', (code, signal) => {
      children.delete(child);
      if (options.signal.aborted || job === undefined) {
        resolve(answered);
        return;
      }
      const how = signal === null ? `code ${code}` : signal;
      const reason = `it ended with ${how}${complaint.trim() === '' ? '' : `: ${complaint.trim()}`}`;
      // Its first slide may be the one that kills: only a worker that says why before any slide is beyond help.
      if (answered === 0 && signal === null && code !== 0 && complaint.trim() !== '') {
        queue.unshift(job);
        resolve(`the evaluation worker stopped: ${reason}`);
        return;
      }
      options.onRecord(toFailureRecord(job.id, new AppError({ code: 'worker/crashed', worker: 'evaluation', reason })));
      resolve(answered);
    });
    next();
  });
}
