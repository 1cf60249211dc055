/**
 * Typed calls over a message port. `connect` makes the asking end, `serve` the answering end, both from one table of
 * calls (protocol.ts). What structured clone drops is carried by hand: the class and fields of errors, aborts, progress.
 */
import { AppError, type ErrorInfo, isAbort, isAppError } from '../errors.ts';
import { afterMessages, type Precedence } from './precedence.ts';
import type { Call } from './protocol.ts';

/** A table of calls: the name of each with its input, output and progress. */
export type Calls<C> = { readonly [K in keyof C]: Call<unknown, unknown, unknown> };

/** The part of Worker, MessagePort and the worker's own global scope that is used here. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  /** MessagePorts deliver nothing before it. */
  start?(): void;
}

export interface CallOptions<Progress> {
  /** Aborting rejects at once with AbortError and tells the other end, which may still be at work for a while. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly transfer?: Transferable[] | undefined;
  /** Told once when no answer is owed any more: it came (after a cancel, too), the call was refused, or the end is gone. */
  readonly onAnswered?: (() => void) | undefined;
}

/** The asking end. */
export interface Remote<C extends Calls<C>> {
  /** @throws what the other end threw, rebuilt as AppError; AbortError; worker/crashed when the other end is gone */
  call<K extends keyof C & string>(
    type: K,
    input: C[K]['in'],
    options?: CallOptions<C[K]['progress']>,
  ): Promise<C[K]['out']>;
  /** Calls the other end has not answered yet, cancelled ones included: its load. */
  pending(): number;
  /** Resolves when the other end has answered every call, cancelled ones included, or is gone. */
  idle(): Promise<void>;
  /** Rejects every call under way, and every later one, with worker/crashed. */
  fail(reason: string): void;
}

/** What a handler may do besides answering. */
export interface Served<Progress> {
  readonly signal: AbortSignal;
  progress(value: Progress, transfer?: Transferable[]): void;
  /** Names parts of the answer that are moved and not copied. */
  transfer(...parts: Transferable[]): void;
}

export type Handlers<C extends Calls<C>> = {
  readonly [K in keyof C]: (input: C[K]['in'], served: Served<C[K]['progress']>) => Promise<C[K]['out']> | C[K]['out'];
};

type Message =
  | { readonly rpc: 'call'; readonly id: number; readonly type: string; readonly input: unknown }
  | { readonly rpc: 'cancel'; readonly id: number }
  | { readonly rpc: 'done'; readonly id: number; readonly out: unknown }
  | { readonly rpc: 'failed'; readonly id: number; readonly error: WireError }
  | { readonly rpc: 'progress'; readonly id: number; readonly progress: unknown };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: ((progress: unknown) => void) | undefined;
  readonly release: () => void;
}

/**
 * The asking end over `port`; `name` stands in the sentence of worker/crashed. `onCrash` is told once when the other end
 * is gone: an uncaught error in it, a script that cannot be loaded, a message that cannot be read.
 */
export function connect<C extends Calls<C>>(
  port: Port,
  options: { readonly name: string; readonly onCrash?: (error: AppError) => void },
): Remote<C> {
  const waiting = new Map<number, Waiting>();
  /** Asked and not yet answered, with whom to tell; a cancelled call is here and no longer in `waiting`. */
  const unanswered = new Map<number, (() => void) | undefined>();
  let whenIdle: (() => void)[] = [];
  let crash: AppError | undefined;
  let nextId = 1;

  const settleIdle = () => {
    if (unanswered.size > 0) return;
    for (const resolve of whenIdle) resolve();
    whenIdle = [];
  };

  const fail = (reason: string) => {
    if (crash) return;
    crash = new AppError({ code: 'worker/crashed', worker: options.name, reason });
    const lost = [...waiting.values()];
    const unheard = [...unanswered.values()];
    waiting.clear();
    unanswered.clear();
    for (const one of lost) {
      one.release();
      one.reject(crash);
    }
    for (const tell of unheard) tell?.();
    settleIdle();
    options.onCrash?.(crash);
  };

  port.addEventListener('message', (event) => {
    const message = (event as MessageEvent<Message>).data;
    if (message.rpc === 'progress') {
      waiting.get(message.id)?.onProgress?.(message.progress);
    } else if (message.rpc === 'done' || message.rpc === 'failed') {
      const tell = unanswered.get(message.id);
      unanswered.delete(message.id);
      tell?.();
      const one = waiting.get(message.id);
      waiting.delete(message.id);
      one?.release();
      if (message.rpc === 'failed') one?.reject(fromWire(message.error));
      else if (one) one.resolve(message.out);
      // An answer nobody waits for any more must not hold a picture in memory.
      else closeBitmap(message.out);
      settleIdle();
    }
  });
  port.addEventListener('error', (event) => {
    const { message } = event as ErrorEvent;
    fail(message ? message : 'its script could not be loaded');
  });
  port.addEventListener('messageerror', () => fail('a message could not be read'));
  // The other end of a MessagePort went away (Chromium 122 and Node; elsewhere whoever owns the worker calls `fail`).
  port.addEventListener('close', () => fail('the connection was closed'));
  port.start?.();

  return {
    call: (type, input, { signal, onProgress, transfer, onAnswered } = {}) =>
      new Promise((resolve, reject) => {
        if (crash || signal?.aborted) {
          onAnswered?.();
          return reject(crash ?? abortError());
        }
        const id = nextId++;
        const abort = () => {
          if (!waiting.delete(id)) return;
          port.postMessage({ rpc: 'cancel', id } satisfies Message, []);
          reject(abortError());
        };
        try {
          port.postMessage({ rpc: 'call', id, type, input } satisfies Message, transfer ?? []);
        } catch (error) {
          onAnswered?.();
          return reject(new AppError({ code: 'internal', reason: `${type} could not be asked` }, { cause: error }));
        }
        signal?.addEventListener('abort', abort, { once: true });
        unanswered.set(id, onAnswered);
        waiting.set(id, {
          resolve: resolve as (value: unknown) => void,
          reject,
          onProgress: onProgress as ((progress: unknown) => void) | undefined,
          release: () => signal?.removeEventListener('abort', abort),
        });
      }),
    pending: () => unanswered.size,
    idle: () =>
      new Promise((resolve) => {
        whenIdle.push(resolve);
        settleIdle();
      }),
    fail,
  };
}

/**
 * The answering end: runs at most `concurrency` handlers at a time, those of the names in `first` before others, else in
 * the order asked. Between two handlers it lets the messages that wait be read, so a cancel overtakes queued work.
 * Whoever waits for its turn by `precedence` waits for the calls in `first`, from when they come until they are answered.
 */
export function serve<C extends Calls<C>>(
  port: Port,
  handlers: Handlers<C>,
  options: {
    readonly concurrency?: number;
    readonly first?: readonly (keyof C & string)[];
    readonly precedence?: Precedence;
  } = {},
): void {
  const { concurrency = Number.POSITIVE_INFINITY, first = [], precedence } = options;
  const isFirst = (type: string) => (first as readonly string[]).includes(type);
  /** Of each call in `first` that is not answered. */
  const leaves = new Map<number, () => void>();
  const queue: (Message & { rpc: 'call' })[] = [];
  const running = new Map<number, AbortController>();
  let isScheduled = false;

  const send = (message: Message, transfer: Transferable[] = []) => port.postMessage(message, transfer);
  const leave = (id: number) => {
    leaves.get(id)?.();
    leaves.delete(id);
  };
  const refuse = (id: number, error: unknown) => send({ rpc: 'failed', id, error: toWire(error) });

  const schedule = () => {
    if (isScheduled || queue.length === 0 || running.size >= concurrency) return;
    isScheduled = true;
    afterMessages(() => {
      isScheduled = false;
      const urgent = queue.findIndex((one) => isFirst(one.type));
      const [next] = queue.splice(Math.max(0, urgent), 1);
      if (next) void run(next);
      schedule();
    });
  };

  const run = async ({ id, type, input }: Message & { rpc: 'call' }) => {
    const controller = new AbortController();
    running.set(id, controller);
    const moved: Transferable[] = [];
    try {
      const handler = Object.hasOwn(handlers, type) ? handlers[type as keyof C] : undefined;
      if (!handler) throw new AppError({ code: 'internal', reason: `no handler for ${type}` });
      const out = await handler(input, {
        signal: controller.signal,
        progress: (progress, transfer) => send({ rpc: 'progress', id, progress }, transfer),
        transfer: (...parts) => void moved.push(...parts),
      });
      if (controller.signal.aborted) {
        closeBitmap(out);
        throw abortError();
      }
      send({ rpc: 'done', id, out }, moved);
    } catch (error) {
      refuse(id, error);
    } finally {
      running.delete(id);
      leave(id);
      schedule();
    }
  };

  port.addEventListener('message', (event) => {
    const message = (event as MessageEvent<Message | undefined>).data;
    if (message?.rpc === 'call') {
      queue.push(message);
      if (precedence && isFirst(message.type)) leaves.set(message.id, precedence.enter());
      schedule();
    } else if (message?.rpc === 'cancel') {
      const queued = queue.findIndex((one) => one.id === message.id);
      if (queued >= 0) {
        queue.splice(queued, 1);
        leave(message.id);
        refuse(message.id, abortError());
      } else running.get(message.id)?.abort();
    }
  });
  port.start?.();
}

type WireError =
  | { readonly kind: 'abort' }
  | { readonly kind: 'app'; readonly info: ErrorInfo; readonly stack: string | undefined; readonly cause?: WireError }
  | {
      readonly kind: 'error';
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      readonly cause?: WireError;
    };

/** Longer chains of causes are cut: they help nobody, and a chain may be a ring. */
const MAX_CAUSES = 8;

function toWire(error: unknown, depth = 0): WireError {
  if (isAbort(error)) return { kind: 'abort' };
  const cause =
    error instanceof Error && error.cause !== undefined && depth < MAX_CAUSES
      ? { cause: toWire(error.cause, depth + 1) }
      : {};
  if (isAppError(error)) return { kind: 'app', info: error.info, stack: error.stack, ...cause };
  if (error instanceof Error || error instanceof DOMException)
    return { kind: 'error', name: error.name, message: error.message, stack: error.stack, ...cause };
  return { kind: 'error', name: 'Error', message: String(error), stack: undefined };
}

/** At the top of the chain always an AppError or an AbortError: anything else was nobody's intention, so `internal`. */
function fromWire(wire: WireError): AppError | DOMException {
  if (wire.kind === 'abort') return abortError();
  if (wire.kind === 'app') return rebuilt(wire) as AppError;
  return new AppError(
    { code: 'internal', reason: wire.message === '' ? wire.name : wire.message },
    { cause: rebuilt(wire) },
  );
}

function rebuilt(wire: WireError): Error | DOMException {
  if (wire.kind === 'abort') return abortError();
  const options = wire.cause ? { cause: rebuilt(wire.cause) } : undefined;
  const error =
    wire.kind === 'app'
      ? new AppError(wire.info, options)
      : Object.assign(new Error(wire.message, options), { name: wire.name });
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

function abortError(): DOMException {
  return new DOMException('The operation was aborted.', 'AbortError');
}

function closeBitmap(value: unknown): void {
  if (typeof ImageBitmap !== 'undefined' && value instanceof ImageBitmap) value.close();
}
