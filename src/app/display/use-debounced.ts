import { useEffect, useState } from 'react';

/** ms: as long as a hand on a slider pauses between two positions. */
const PAUSE = 120;

/** The value once it has stopped changing for a moment, for what is too dear to do at each position of a slider. */
export function useDebounced<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(() => value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
