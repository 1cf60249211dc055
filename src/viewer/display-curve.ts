/** Brightness, contrast and gamma of the slide on screen. Only what the eye sees: no number of a model depends on it. */

export interface Adjustment {
  /** Added to every value, -0.5..0.5 of the whole range; 0 is neutral. */
  readonly brightness: number;
  /** Factor about the middle grey, 1/4..4; 1 is neutral. */
  readonly contrast: number;
  /** Above 1 the dark parts become lighter, 1/4..4; 1 is neutral. */
  readonly gamma: number;
}

export const NEUTRAL: Adjustment = { brightness: 0, contrast: 1, gamma: 1 };

export function isNeutral({ brightness, contrast, gamma }: Adjustment): boolean {
  return brightness === 0 && contrast === 1 && gamma === 1;
}

/** [256] float, what is shown (0..1) for each stored value 0..255: contrast, then brightness, then gamma. */
export function toCurve({ brightness, contrast, gamma }: Adjustment): number[] {
  return Array.from({ length: 256 }, (_, value) => {
    const line = (value / 255 - 0.5) * contrast + 0.5 + brightness;
    return Math.min(1, Math.max(0, line)) ** (1 / gamma);
  });
}

/** Changes the pixels of a picture that is kept, as the screen's filter does; transparent ones stay. */
export function applyCurve(rgba: Uint8ClampedArray, curve: readonly number[]): void {
  for (let at = 0; at < rgba.length; at += 4)
    for (let k = at; k < at + 3; k++) rgba[k] = 255 * (curve[rgba[k] ?? 0] ?? 0);
}
