/** When two fingers that pinch also turn the slide. Pure. */

/** Degrees that fingers turn while they only mean to zoom. */
const DEAD_ZONE = 15;
/** Degrees from a quarter turn at which the slide is let go to it. */
const SNAP = 7;

export interface Twist {
  /** The fingers turned by so many degrees more; by how many the slide turns. */
  turn(degrees: number): number;
  /** The fingers are gone. Whether they have turned the slide. */
  end(): boolean;
}

/** One pinch after another. */
export function createTwist(): Twist {
  let total = 0;
  let isTurning = false;
  return {
    turn: (degrees) => {
      const step = ((((degrees + 180) % 360) + 360) % 360) - 180;
      total += step;
      if (isTurning) return step;
      if (Math.abs(total) <= DEAD_ZONE) return 0;
      isTurning = true;
      // Only what goes beyond: nothing jumps.
      return total - Math.sign(total) * DEAD_ZONE;
    },
    end: () => {
      const hasTurned = isTurning;
      total = 0;
      isTurning = false;
      return hasTurned;
    },
  };
}

/** The quarter turn that is near, or the angle itself; degrees. */
export function toQuarter(degrees: number): number {
  const quarter = Math.round(degrees / 90) * 90;
  // 0 and not -0.
  return Math.abs(degrees - quarter) <= SNAP ? quarter + 0 : degrees;
}
