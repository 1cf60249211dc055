/** One read under way for all who wait for it. */

export interface SharedRead<T> {
  /** Waits for the read; when every caller that joined has aborted, the read itself is aborted. */
  join(signal: AbortSignal | undefined, onAbandoned: () => void): Promise<T>;
}

export function shareRead<T>(start: (signal: AbortSignal) => Promise<T>): SharedRead<T> {
  const controller = new AbortController();
  const result = Promise.resolve().then(() => start(controller.signal));
  // Whoever joined hears of a failure; that nobody did is no error of its own.
  result.catch(() => {});
  let waiting = 0;
  return {
    join(signal, onAbandoned) {
      waiting++;
      if (!signal) return result;
      return new Promise<T>((resolve, reject) => {
        const abort = () => {
          waiting--;
          if (waiting === 0) {
            onAbandoned();
            controller.abort();
          }
          reject(signal.reason);
        };
        signal.addEventListener('abort', abort, { once: true });
        result.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
      });
    },
  };
}
