/** So many at a time, in the order in which they asked. */

export type TakeTurn = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** Whoever stops waiting (abort) loses the place and is never begun. */
export function turns(limit: number): TakeTurn {
  let running = 0;
  const waiting = new Set<() => void>();
  const next = () => {
    for (const begin of waiting) {
      waiting.delete(begin);
      return begin();
    }
  };
  return async (work, signal) => {
    signal?.throwIfAborted();
    if (running >= limit)
      await new Promise<void>((resolve, reject) => {
        const begin = () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        };
        const leave = () => {
          waiting.delete(begin);
          reject(signal?.reason);
        };
        waiting.add(begin);
        signal?.addEventListener('abort', leave, { once: true });
      });
    // A turn that is handed on is taken before anybody else can ask.
    else running++;
    try {
      return await work();
    } finally {
      if (waiting.size > 0) next();
      else running--;
    }
  };
}
