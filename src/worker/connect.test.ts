import { afterEach, describe, expect, it } from 'vitest';
import type { BagPrediction } from '../analysis/prediction.ts';
import { AppError, isAbort, isAppError } from '../errors.ts';
import type { BackendReport } from '../model/backend-report.ts';
import { type AnalysisClient, type AnalyzeInput, createAnalysisClient } from './connect.ts';
import type { AnalysisCalls } from './protocol.ts';
import { type Port, serve } from './rpc.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('should have failed'),
    (error: unknown) => error,
  );

const clients: AnalysisClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.dispose();
});

/** What the stand-in worker does is asked for by the name of the model. */
function setUp() {
  const log: string[] = [];
  const spawn = () => {
    const { port1, port2 } = new MessageChannel();
    const name = `w${log.filter((line) => line.endsWith('made')).length}`;
    log.push(`${name} made`);
    serve<AnalysisCalls>(port1 as Port, {
      prepare: () => ({ name: 'cpu' }) as BackendReport,
      async analyze({ modelId, tilePorts }, { signal, progress }) {
        log.push(`${name} ${modelId} ${tilePorts.length}`);
        progress({
          stage: 'tiles',
          tilesDone: 1,
          tilesTotal: 2,
          tilesPerSecond: 1,
          secondsLeft: 1,
          bag: undefined,
          scoresFirst: 0,
          scores: new Float32Array([3]),
        });
        if (modelId === 'polite') {
          await new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              log.push(`${name} stopped`);
              reject(signal.reason);
            });
          });
        }
        if (modelId === 'stubborn') await new Promise(() => {});
        if (modelId === 'lost') throw new AppError({ code: 'gpu/lost', reason: 'unplugged' });
        return { modelId } as BagPrediction;
      },
      planImport: () => expect.unreachable('not asked'),
      importModel: () => expect.unreachable('not asked'),
      tileWorkerLost: () => {},
    });
    return Object.assign(port2, {
      terminate() {
        log.push(`${name} ended`);
        port1.close();
      },
    }) as unknown as Worker;
  };
  const client = createAnalysisClient(spawn);
  clients.push(client);
  return { client, log };
}

const input = (modelId: string): AnalyzeInput => ({
  file: new Blob(),
  name: 'a.svs',
  modelId,
  mpp: undefined,
  bag: undefined,
  backend: undefined,
});

/** A run that has begun, and what it will reject with. */
async function begin(client: AnalysisClient, modelId: string) {
  const controller = new AbortController();
  let tellBegun = () => {};
  const begun = new Promise<void>((resolve) => {
    tellBegun = resolve;
  });
  const { signal } = controller;
  const failure = caught(client.analyze(input(modelId), { signal, onProgress: () => tellBegun() }));
  await begun;
  return { controller, failure };
}

describe('the analysis client', () => {
  it('runs, reports progress, and keeps its worker for the next run', async () => {
    const { client, log } = setUp();
    const scores: number[] = [];
    expect((await client.prepare({ modelId: 'any', backend: undefined })).name).toBe('cpu');
    const first = await client.analyze(input('quick'), { onProgress: (progress) => scores.push(...progress.scores) });
    expect(first.modelId).toBe('quick');
    expect(scores).toEqual([3]);
    await client.analyze(input('quick'));
    expect(log).toEqual(['w0 made', 'w0 quick 0', 'w0 quick 0']);
  });

  it('rejects at once on abort, and keeps a worker that stops', async () => {
    const { client, log } = setUp();
    const { controller, failure } = await begin(client, 'polite');
    const asked = performance.now();
    controller.abort();
    expect(isAbort(await failure)).toBe(true);
    expect(performance.now() - asked).toBeLessThan(50);
    await client.analyze(input('quick'));
    expect(log).toEqual(['w0 made', 'w0 polite 0', 'w0 stopped', 'w0 quick 0']);
  });

  it('ends a worker that does not stop, and the next run gets a new one', async () => {
    const { client, log } = setUp();
    const { controller, failure } = await begin(client, 'stubborn');
    const asked = performance.now();
    controller.abort();
    expect(isAbort(await failure)).toBe(true);
    expect(performance.now() - asked).toBeLessThan(50);
    await client.analyze(input('quick'));
    expect(performance.now() - asked).toBeLessThan(3_000);
    expect(log).toEqual(['w0 made', 'w0 stubborn 0', 'w0 ended', 'w1 made', 'w1 quick 0']);
  });

  it('can be aborted while it waits for the run before', async () => {
    const { client } = setUp();
    const { controller } = await begin(client, 'stubborn');
    controller.abort();
    const second = new AbortController();
    const waiting = caught(client.analyze(input('quick'), { signal: second.signal }));
    await pause(5);
    second.abort();
    expect(isAbort(await waiting)).toBe(true);
  });

  it('starts anew after the graphics card was lost', async () => {
    const { client, log } = setUp();
    expect(isAppError(await caught(client.analyze(input('lost'))), 'gpu/lost')).toBe(true);
    await client.analyze(input('quick'));
    expect(log).toEqual(['w0 made', 'w0 lost 0', 'w0 ended', 'w1 made', 'w1 quick 0']);
  });
});
