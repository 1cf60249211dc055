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
  /** Program and arguments of one worker: says `{ready:true}`, then reads a job a line and answers each with a record. */
  readonly worker: readonly [string, ...string[]];
  readonly processes: number;
  readonly signal: AbortSignal;
  /** Called once for each job, in the order they end. */
  onRecord(record: CohortRecord): void;
}

/**
 * Runs all jobs. A worker that ends while it has a slide makes that slide a failure, and another worker takes its place.
 * @throws AbortError; worker/crashed where a worker ends before it is ready
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
    const problem = await oneWorker(queue, children, options);
    options.signal.throwIfAborted();
    // A worker that cannot even load its model would make a failure of every slide.
    if (problem !== undefined) throw new AppError({ code: 'worker/crashed', worker: 'evaluation', reason: problem });
  }
}

/** Feeds one worker until the queue is empty or it ends; a reason where it ended before it was ready. */
function oneWorker(queue: SlideJob[], children: Set<ChildProcess>, options: JobOptions): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const [program, ...words] = options.worker;
    const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    children.add(child);
    let job: SlideJob | undefined;
    let ready = false;
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
      let record: CohortRecord | { readonly ready: true } | { readonly error: { readonly message: string } };
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
      if ('ready' in record) {
        ready = true;
        next();
        return;
      }
      if (record.id !== job?.id) return;
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
      const how = signal === null ? `code ${code}` : signal;
      const reason = `it ended with ${how}${complaint.trim() === '' ? '' : `: ${complaint.trim()}`}`;
      if (job !== undefined && !options.signal.aborted) {
        const crash = new AppError({ code: 'worker/crashed', worker: 'evaluation', reason });
        options.onRecord(toFailureRecord(job.id, crash));
      }
      resolve(ready ? undefined : reason);
    });
  });
}
