/**
 * A pool of slide workers behind one object. Each worker opens each slide for itself (a File is a cheap handle), lazily.
 * Tiles wait here and not in the workers: the tile wanted last is read first, and one no longer wanted costs nothing.
 */
import { AppError, isAppError } from '../errors.ts';
import type { Rect } from '../geometry.ts';
import type { OverviewPicture } from '../slide/overview.ts';
import type { ReducedRegion } from '../slide/reduced.ts';
import type { Region } from '../slide/region.ts';
import type { SlideInfo } from '../slide/slide.ts';
import { readOverviewOf } from './overview-reader.ts';
import type { CompanionFile, ScreenColors, ScreenLook, SlideCalls, SlideFile } from './protocol.ts';
import { connect, type Port, type Remote } from './rpc.ts';

/** A Worker, or in tests a MessagePort to the same handlers. */
export interface SlideWorker extends Port {
  terminate(): void;
}

export interface SlidePool {
  /** Opens a slide by its content. Opening one again counts: it stays until closed as often. @throws slide/* */
  open(
    file: SlideFile,
    name: string,
    signal?: AbortSignal,
    companions?: readonly CompanionFile[],
    series?: number,
  ): Promise<SlideInfo>;
  /**
   * One tile, clipped to the level; the caller closes the bitmap. Of this and what follows the default colours are
   * managed, the default channels as models get them. @throws slide/tile-failed, slide/read-failed
   */
  readTile(
    slideId: string,
    level: number,
    col: number,
    row: number,
    signal?: AbortSignal,
    look?: ScreenLook,
  ): Promise<ImageBitmap>;
  /** x, y in level-0 px, width and height in px of the level; the caller closes the bitmap. */
  readRegion(
    slideId: string,
    region: Rect & { readonly level: number },
    signal?: AbortSignal,
    look?: ScreenLook,
  ): Promise<ImageBitmap>;
  /** A part of a level made smaller, see slide/reduced.ts; the caller closes the bitmap. */
  readReduced(slideId: string, region: ReducedRegion, signal?: AbortSignal, look?: ScreenLook): Promise<ImageBitmap>;
  readAssociated(slideId: string, name: string, signal?: AbortSignal, colors?: ScreenColors): Promise<ImageBitmap>;
  /**
   * The whole slide in one picture, see slide/overview.ts; undefined where only its tiles show it. The caller closes the
   * bitmaps. `onProgress`: the share that is read, 0..1.
   */
  readOverview(
    slideId: string,
    signal?: AbortSignal,
    look?: ScreenLook,
    onProgress?: (share: number) => void,
  ): Promise<OverviewPicture<ImageBitmap> | undefined>;
  close(slideId: string): void;
  /** A new port to each worker, for the analysis worker. */
  attach(): readonly { readonly workerId: number; readonly port: MessagePort }[];
  /** Calls back with the id of each worker that dies; returns how to stop. */
  onWorkerLost(listener: (workerId: number) => void): () => void;
  /** Ends the workers; what is under way rejects with worker/crashed. */
  dispose(): void;
}

/** One call is decoded while the next is read from disk; more would only wait where they cannot be reordered. */
const CALLS_PER_WORKER = 2;

export interface PoolLimits {
  /** A worker that leaves a call unanswered so long is taken for hung (a decoder in an endless loop) and replaced. */
  readonly answerMs: number;
  /** The same after the call was cancelled: nobody waits for the answer, but somebody may for the worker. */
  readonly cancelMs: number;
}

const LIMITS: PoolLimits = { answerMs: 60_000, cancelMs: 2_000 };

/** How many slide workers for so many cores: the other half decodes nothing but draws and infers. */
export function poolSize(cores: number): number {
  return Math.min(4, Math.max(1, Math.floor(cores / 2)));
}

const MANAGED: ScreenLook = { colors: 'managed' };

interface OpenedSlide {
  readonly file: SlideFile;
  readonly name: string;
  readonly companions: readonly CompanionFile[];
  readonly series: number | undefined;
  /** There once it is open. */
  info: SlideInfo | undefined;
  /** Of a slide in one piece: the only worker that holds it. */
  home: Slot | undefined;
  uses: number;
}

interface Slot {
  readonly workerId: number;
  readonly worker: SlideWorker;
  readonly remote: Remote<SlideCalls>;
  readonly opened: Map<OpenedSlide, Promise<SlideInfo>>;
  /** Tasks handed to it and not settled. A cancelled one is settled, though the worker may still be at it. */
  tasks: number;
}

const load = ({ tasks, remote }: Slot): number => Math.max(tasks, remote.pending());

type ReadName = 'tile' | 'region' | 'reduced' | 'associated' | 'thumbnail';

interface Task {
  readonly slide: OpenedSlide;
  /** Reads, and hands on what it read. */
  readonly read: (slot: Slot) => Promise<void>;
  readonly reject: (error: unknown) => void;
  isRetry: boolean;
}

/** A pool of `size` workers, each made by `spawn` when first needed. */
export function createSlidePool(
  spawn: () => SlideWorker,
  size: number,
  { answerMs, cancelMs }: PoolLimits = LIMITS,
): SlidePool {
  const slots: Slot[] = [];
  const slides = new Map<string, OpenedSlide>();
  /** A stack: the newest is at the end. */
  const queue: Task[] = [];
  const lostListeners = new Set<(workerId: number) => void>();
  let nextWorkerId = 1;
  let isDisposed = false;

  const addSlot = (): Slot => {
    const worker = spawn();
    const workerId = nextWorkerId++;
    const slot: Slot = {
      workerId,
      worker,
      opened: new Map(),
      tasks: 0,
      remote: connect<SlideCalls>(worker, {
        name: 'slide',
        onCrash: () => {
          worker.terminate();
          slots.splice(slots.indexOf(slot), 1);
          for (const listener of lostListeners) listener(workerId);
          // After the rejections have been seen, so that what is to be read again is in the queue.
          setTimeout(dispatch);
        },
      }),
    };
    slots.push(slot);
    return slot;
  };

  /** The worker with the least to do; a new one rather than one that is busy. */
  const leastLoaded = (): Slot => {
    const [best] = [...slots].sort((a, b) => load(a) - load(b));
    return best === undefined || (load(best) > 0 && slots.length < size) ? addSlot() : best;
  };

  /** One call, under the watch of the limits. */
  const ask = <K extends keyof SlideCalls>(
    { remote }: Slot,
    type: K,
    input: SlideCalls[K]['in'],
    signal?: AbortSignal,
  ): Promise<SlideCalls[K]['out']> => {
    const giveUp = (ms: number) =>
      setTimeout(() => remote.fail(`it did not answer for ${Math.round(ms / 1000)} s`), ms);
    let timer = giveUp(answerMs);
    const hurry = () => {
      clearTimeout(timer);
      timer = giveUp(cancelMs);
    };
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', hurry);
      queueMicrotask(dispatch);
    };
    signal?.addEventListener('abort', hurry, { once: true });
    return remote.call(type, input, { signal, onAnswered: done });
  };

  const openIn = (slot: Slot, slide: OpenedSlide): Promise<SlideInfo> => {
    const known = slot.opened.get(slide);
    if (known) return known;
    const { file, name, companions, series } = slide;
    const opening = ask(slot, 'open', { file, name, companions, series });
    slot.opened.set(slide, opening);
    opening.catch(() => slot.opened.delete(slide));
    return opening;
  };

  /** Where a slide is read next. The tiles of one in one piece are copies: a second worker would decode all of it first. */
  const slotFor = (slide: OpenedSlide): Slot => {
    if (slide.home === undefined) return leastLoaded();
    if (!slots.includes(slide.home)) slide.home = leastLoaded();
    return slide.home;
  };

  const dispatch = () => {
    while (!isDisposed) {
      // The newest, but one that waits for its own worker holds up nobody else.
      const at = queue.findLastIndex(({ slide }) => load(slotFor(slide)) < CALLS_PER_WORKER);
      const [task] = at < 0 ? [] : queue.splice(at, 1);
      if (task === undefined) return;
      void run(slotFor(task.slide), task);
    }
  };

  const run = async (slot: Slot, task: Task) => {
    slot.tasks++;
    try {
      await openIn(slot, task.slide);
      if (task.slide.uses === 0) throw new DOMException('The slide was closed.', 'AbortError');
      await task.read(slot);
    } catch (error) {
      if (isAppError(error, 'worker/crashed') && !task.isRetry && !isDisposed) {
        task.isRetry = true;
        queue.push(task);
      } else task.reject(error);
    }
    slot.tasks--;
    dispatch();
  };

  const find = (slideId: string): OpenedSlide => {
    const slide = slides.get(slideId);
    if (!slide) throw new AppError({ code: 'internal', reason: 'the slide is not open' });
    return slide;
  };

  const read = async <K extends ReadName>(
    slideId: string,
    type: K,
    input: SlideCalls[K]['in'],
    signal: AbortSignal | undefined,
  ): Promise<SlideCalls[K]['out']> => {
    signal?.throwIfAborted();
    const slide = find(slideId);
    let abort = () => {};
    const reading = new Promise<SlideCalls[K]['out']>((resolve, reject) => {
      const askSlot = async (slot: Slot) => resolve(await ask(slot, type, input, signal));
      const task: Task = { slide, reject, isRetry: false, read: askSlot };
      abort = () => {
        const waiting = queue.indexOf(task);
        if (waiting >= 0) queue.splice(waiting, 1);
        reject(new DOMException('The operation was aborted.', 'AbortError'));
      };
      signal?.addEventListener('abort', abort, { once: true });
      queue.push(task);
      dispatch();
    });
    return reading.finally(() => signal?.removeEventListener('abort', abort));
  };

  return {
    async open(file, name, signal, companions = [], series = undefined) {
      signal?.throwIfAborted();
      let slot = leastLoaded();
      const slide: OpenedSlide = { file, name, companions, series, info: undefined, home: undefined, uses: 1 };
      const attempt = () => ask(slot, 'open', { file, name, companions, series }, signal);
      // Behind another call the worker may have hung, or died, on that one: this slide has not had its turn.
      const isBehind = load(slot) > 0;
      const info = await attempt().catch((error: unknown) => {
        if (!isBehind || !isAppError(error, 'worker/crashed') || isDisposed) throw error;
        slot = leastLoaded();
        return attempt();
      });
      // The same content again: the newer handle serves from now on, the older may be of a file that is gone.
      const before = slides.get(info.id);
      if (before) {
        slide.uses += before.uses;
        for (const one of slots) one.opened.delete(before);
      }
      slot.opened.set(slide, Promise.resolve(info));
      slide.info = info;
      if (info.isOnePiece) slide.home = slot;
      slides.set(info.id, slide);
      return info;
    },
    readTile: (slideId, level, col, row, signal, look = MANAGED) =>
      read(slideId, 'tile', { slideId, level, col, row, look }, signal),
    readRegion: (slideId, { level, x, y, width, height }, signal, look = MANAGED) =>
      read(slideId, 'region', { slideId, level, x, y, width, height, look }, signal),
    readReduced: (slideId, region, signal, look = MANAGED) =>
      read(slideId, 'reduced', { slideId, region, look }, signal),
    readAssociated: (slideId, name, signal, colors = 'managed') =>
      read(slideId, 'associated', { slideId, name, colors }, signal),
    async readOverview(slideId, signal, look = MANAGED, onProgress = undefined) {
      const { info } = find(slideId);
      const readers = {
        thumbnail: () => read(slideId, 'thumbnail', { slideId, colors: look.colors }, signal),
        region: (region: Region) => read(slideId, 'region', { slideId, ...region, look }, signal),
      };
      return info && readOverviewOf(info, readers, onProgress);
    },
    close(slideId) {
      const slide = slides.get(slideId);
      if (!slide || --slide.uses > 0) return;
      slides.delete(slideId);
      for (let at = queue.length - 1; at >= 0; at--) {
        const task = queue[at];
        if (task?.slide !== slide) continue;
        queue.splice(at, 1);
        task.reject(new DOMException('The slide was closed.', 'AbortError'));
      }
      for (const slot of slots) {
        if (!slot.opened.delete(slide)) continue;
        slot.remote.call('close', { slideId }).catch(() => undefined);
      }
    },
    attach() {
      while (slots.length < size) addSlot();
      return slots.map(({ workerId, remote }) => {
        const { port1, port2 } = new MessageChannel();
        remote.call('attach', { port: port1 }, { transfer: [port1] }).catch(() => undefined);
        return { workerId, port: port2 };
      });
    },
    onWorkerLost(listener) {
      lostListeners.add(listener);
      return () => lostListeners.delete(listener);
    },
    dispose() {
      isDisposed = true;
      for (const slot of [...slots]) slot.remote.fail('it was ended');
      for (const task of queue.splice(0))
        task.reject(new AppError({ code: 'worker/crashed', worker: 'slide', reason: 'it was ended' }));
    },
  };
}
