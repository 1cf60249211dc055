/**
 * Notices a worker that ends without a word. Browsers tell of a script that throws, but not of one that closes itself or
 * is ended for its memory. A lock that the worker holds as long as it lives is then free.
 */

interface Lifeline {
  /** Name of the lock; the worker sends it back once it holds it. */
  readonly lifeline: string;
}

const lifelineOf = (event: Event) => (event as MessageEvent<Partial<Lifeline> | undefined>).data?.lifeline;

/** In the page: the worker, which from now on has an `error` event for a silent end, too. */
export function withLifeline(worker: Worker): Worker {
  // Locks exist only on https and localhost.
  if (!('locks' in navigator)) return worker;
  const lifeline = `milscope worker ${crypto.randomUUID()}`;
  worker.addEventListener('message', (event) => {
    if (lifelineOf(event) !== lifeline) return;
    void navigator.locks.request(lifeline, () => {
      worker.dispatchEvent(new ErrorEvent('error', { message: 'it stopped unexpectedly' }));
    });
  });
  worker.postMessage({ lifeline } satisfies Lifeline);
  return worker;
}

/** In the worker: holds the lock of the page's asking until the worker itself is no more. */
export function holdLifeline(scope: Pick<Worker, 'addEventListener' | 'postMessage'>): void {
  scope.addEventListener('message', (event) => {
    const lifeline = lifelineOf(event);
    if (lifeline === undefined) return;
    void navigator.locks.request(lifeline, () => {
      scope.postMessage({ lifeline } satisfies Lifeline);
      return new Promise(() => {});
    });
  });
}
