/** Lets work in a thread wait while calls that go before it are asked for or under way. */

export interface Precedence {
  /** One more call that goes before; returns how to say, once, that it is answered. */
  enter(): () => void;
  /**
   * Runs a piece of work, in the order asked, when no such call waits or is under way; the messages that wait are read
   * before each, so that a call that has come is known. @throws what the work throws; the signal's reason
   */
  inTurn<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** Pieces of work under way at once: they hide the wait for bytes, and a call waits for no more of them than these. */
const AT_ONCE = 4;

export function createPrecedence(): Precedence {
  let before = 0;
  let underWay = 0;
  let isScheduled = false;
  const waiting: (() => void)[] = [];

  const admit = () => {
    if (isScheduled || before > 0 || underWay >= AT_ONCE || waiting.length === 0) return;
    isScheduled = true;
    afterMessages(() => {
      isScheduled = false;
      if (before > 0) return;
      const next = waiting.shift();
      if (next) {
        underWay++;
        next();
      }
      admit();
    });
  };

  return {
    enter: () => {
      before++;
      let isIn = true;
      return () => {
        if (!isIn) return;
        isIn = false;
        before--;
        admit();
      };
    },
    inTurn: async (work, signal) => {
      await new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const abort = () => {
          const at = waiting.indexOf(begin);
          if (at >= 0) waiting.splice(at, 1);
          reject(signal?.reason);
        };
        const begin = () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        };
        signal?.addEventListener('abort', abort, { once: true });
        waiting.push(begin);
        admit();
      });
      try {
        return await work();
      } finally {
        underWay--;
        admit();
      }
    },
  };
}

/** Runs `task` once the messages that wait now have been delivered; unlike a timer it is not slowed in the background. */
export function afterMessages(task: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => {
    port1.close();
    task();
  };
  port1.postMessage(undefined);
}
