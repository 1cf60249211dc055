/** Lengths and magnifications of the screen, from µm per screen pixel. Pure. */

export interface ScaleBar {
  readonly um: number;
  /** Length on screen, CSS px. */
  readonly px: number;
  readonly label: string;
}

/** The longest round length (1, 2 or 5 times a power of ten) of at most `maxPx` CSS px. */
export function scaleBar(umPerPx: number, maxPx: number): ScaleBar {
  const longest = umPerPx * maxPx;
  const power = 10 ** Math.floor(Math.log10(longest));
  // 1e-9: 5 * 0.2 µm over 1 µm must not fall to 2 for a rounding error.
  const step = [5, 2, 1].find((one) => one * power <= longest * (1 + 1e-9)) ?? 1;
  const um = step * power;
  return { um, px: um / umPerPx, label: lengthLabel(um) };
}

function lengthLabel(um: number): string {
  const shown = (value: number) => Number(value.toPrecision(3)).toString();
  if (um >= 10_000) return `${shown(um / 10_000)} cm`;
  if (um >= 1000) return `${shown(um / 1000)} mm`;
  if (um >= 1) return `${shown(um)} µm`;
  return `${shown(um * 1000)} nm`;
}

/** Of a 40x objective by the convention of slide scanners, µm/px. */
const UM_PER_PX_AT_40 = 0.25;

export const MAGNIFICATIONS = [1, 2, 5, 10, 20, 40] as const;

/** Magnification that shows `umPerPx` µm on one screen pixel. */
export function toMagnification(umPerPx: number): number {
  return (40 * UM_PER_PX_AT_40) / umPerPx;
}

/** µm that one screen pixel shows at a magnification. */
export function toUmPerPx(magnification: number): number {
  return (40 * UM_PER_PX_AT_40) / magnification;
}

/** Objectives that slides are scanned with. */
const OBJECTIVES = [1.25, 2.5, 5, 10, 20, 40, 60, 63, 100] as const;
/** How far a scanner's pixel size is from the convention. */
const OBJECTIVE_TOLERANCE = 0.15;

/** Magnification at which a slide of so many µm/px was scanned: that of an objective, where one is near. */
export function scanMagnification(umPerSlidePx: number): number {
  const exact = toMagnification(umPerSlidePx);
  const off = (one: number) => Math.abs(exact / one - 1);
  const nearest = OBJECTIVES.reduce((best: number, one) => (off(one) < off(best) ? one : best), OBJECTIVES[0]);
  return off(nearest) <= OBJECTIVE_TOLERANCE ? nearest : exact;
}

/** Whether a magnification shows no more than the scan holds. */
export function isDigital(magnification: number, scanned: number): boolean {
  return magnification > scanned * 1.02;
}

/** As it is read aloud: "0.8x", "12x". */
export function magnificationLabel(magnification: number): string {
  return `${magnification >= 9.95 ? Math.round(magnification) : Number(magnification.toPrecision(2))}×`;
}
