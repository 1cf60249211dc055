/**
 * Sine, cosine and exponential from additions and multiplications alone. The language leaves the last bits of Math.sin
 * and Math.exp to the engine; these give the same bits everywhere, so a phantom has one sha256 on all machines.
 */

const HALF_PI = Math.PI / 2;

/** Sine of an angle in radians, |angle| up to some thousands; error below 1e-9. */
export function sine(angle: number): number {
  const quarter = Math.round(angle / HALF_PI);
  const x = angle - quarter * HALF_PI;
  const xx = x * x;
  const odd = x * (1 - (xx / 6) * (1 - (xx / 20) * (1 - (xx / 42) * (1 - (xx / 72) * (1 - xx / 110)))));
  const even = 1 - (xx / 2) * (1 - (xx / 12) * (1 - (xx / 30) * (1 - (xx / 56) * (1 - (xx / 90) * (1 - xx / 132)))));
  switch (((quarter % 4) + 4) % 4) {
    case 0:
      return odd;
    case 1:
      return even;
    case 2:
      return -odd;
    default:
      return -even;
  }
}

export function cosine(angle: number): number {
  return sine(angle + HALF_PI);
}

/** e^-x for x >= 0; relative error below 1e-7. */
export function decay(x: number): number {
  // e^-x = (e^(-x/1024))^1024: the series converges at once and ten squarings restore the power.
  const t = -x / 1024;
  let y = 1 + t * (1 + (t / 2) * (1 + (t / 3) * (1 + t / 4)));
  for (let i = 0; i < 10; i++) y *= y;
  return y;
}

export function clamp01(x: number): number {
  return Math.max(0, Math.min(1, x));
}
