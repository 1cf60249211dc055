/** How different two colours look. */

/** Linear light to X, Y, Z under D65, row by row. @see IEC 61966-2-1; CSS Color 4, sample code for color conversions */
const TO_XYZ = {
  srgb: [0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.072175, 0.0193339, 0.119192, 0.9503041],
  'display-p3': [0.4865709, 0.2656677, 0.1982173, 0.2289746, 0.6917385, 0.0792869, 0, 0.0451134, 1.0439444],
} as const;

/** Lab of a colour 0..255 of a screen, under D65. @see CIE 15:2018 */
export function toLab(rgb: ArrayLike<number>, space: keyof typeof TO_XYZ): readonly [number, number, number] {
  const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const [r, g, b] = [linear((rgb[0] ?? 0) / 255), linear((rgb[1] ?? 0) / 255), linear((rgb[2] ?? 0) / 255)];
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const [xr, xg, xb, yr, yg, yb, zr, zg, zb] = TO_XYZ[space];
  const x = f((xr * r + xg * g + xb * b) / 0.95047);
  const y = f(yr * r + yg * g + yb * b);
  const z = f((zr * r + zg * g + zb * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

type Lab = readonly [number, number, number];

const RADIANS = Math.PI / 180;

/** CIEDE2000 of two Lab colours. @see Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", 2005 */
export function deltaE2000([l1, a1, b1]: Lab, [l2, a2, b2]: Lab): number {
  const mean = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const g = 0.5 * (1 - Math.sqrt(mean ** 7 / (mean ** 7 + 25 ** 7)));
  const [ap1, ap2] = [(1 + g) * a1, (1 + g) * a2];
  const [c1, c2] = [Math.hypot(ap1, b1), Math.hypot(ap2, b2)];
  const hue = (a: number, b: number) => (a === 0 && b === 0 ? 0 : (Math.atan2(b, a) / RADIANS + 360) % 360);
  const [h1, h2] = [hue(ap1, b1), hue(ap2, b2)];
  const isGrey = c1 * c2 === 0;
  let turn = h2 - h1;
  if (turn > 180) turn -= 360;
  else if (turn < -180) turn += 360;
  if (isGrey) turn = 0;
  const dl = l2 - l1;
  const dc = c2 - c1;
  const dh = 2 * Math.sqrt(c1 * c2) * Math.sin((turn / 2) * RADIANS);
  const [lm, cm] = [(l1 + l2) / 2, (c1 + c2) / 2];
  let hm = h1 + h2;
  if (!isGrey) {
    if (Math.abs(h1 - h2) > 180) hm += hm < 360 ? 360 : -360;
    hm /= 2;
  }
  const cos = (degrees: number) => Math.cos(degrees * RADIANS);
  const t = 1 - 0.17 * cos(hm - 30) + 0.24 * cos(2 * hm) + 0.32 * cos(3 * hm + 6) - 0.2 * cos(4 * hm - 63);
  const sl = 1 + (0.015 * (lm - 50) ** 2) / Math.sqrt(20 + (lm - 50) ** 2);
  const sc = 1 + 0.045 * cm;
  const sh = 1 + 0.015 * cm * t;
  const spread = 30 * Math.exp(-(((hm - 275) / 25) ** 2));
  const rt = -Math.sin(2 * spread * RADIANS) * 2 * Math.sqrt(cm ** 7 / (cm ** 7 + 25 ** 7));
  return Math.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * (dc / sc) * (dh / sh));
}
