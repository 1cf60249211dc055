/** Tells a key that is tapped from one that is held down. Its clock is given to it. */

/** A key that is down for longer is held, ms. */
export const HOLD_MS = 250;

export interface TapOrHoldEvents {
  /** Released before it counted as held. */
  onTap(key: string): void;
  onHold(): void;
  /** After each onHold: released, or the page is no longer looked at. */
  onRelease(): void;
}

export interface TapOrHold {
  /** `at`: when the key went down, ms, on the clock of `up`. The repeats of a key that stays down, and a second key, change nothing. */
  down(key: string, at: number): void;
  up(key: string, at: number): void;
  /** Nobody will say when the key goes up: the page lost the focus, or is hidden. No tap comes of it. */
  end(): void;
}

/** `after`: calls back once so many ms have passed; returns how to call it off. */
export function createTapOrHold(
  after: (ms: number, callback: () => void) => () => void,
  { onTap, onHold, onRelease }: TapOrHoldEvents,
): TapOrHold {
  let pressed: { readonly key: string; readonly at: number; readonly callOff: () => void; isHeld: boolean } | undefined;
  const end = () => {
    if (pressed === undefined) return;
    const { callOff, isHeld } = pressed;
    pressed = undefined;
    callOff();
    if (isHeld) onRelease();
  };
  return {
    down: (key, at) => {
      if (pressed !== undefined) return;
      const callOff = after(HOLD_MS, () => {
        if (pressed === undefined) return;
        pressed.isHeld = true;
        onHold();
      });
      pressed = { key, at, callOff, isHeld: false };
    },
    up: (key, at) => {
      if (pressed?.key !== key) return;
      // A page that was busy hears of the release before its own clock: the times of the keys decide.
      const isTap = !pressed.isHeld && at - pressed.at <= HOLD_MS;
      end();
      if (isTap) onTap(key);
    },
    end,
  };
}
