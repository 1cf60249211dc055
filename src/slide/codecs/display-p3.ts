/** The colour space of wide-gamut screens as an ICC profile: our build of Little CMS makes no profile but that of sRGB. */

/**
 * The primaries (0.680, 0.320), (0.265, 0.690), (0.150, 0.060) under D65 (0.3127, 0.3290), adapted to D50 by Bradford's
 * matrix, as profiles want them: X, Y, Z of red, green and blue. @see SMPTE EG 432-1; ICC.1:2022 annex E
 */
const PRIMARIES = [
  [0.5151187, 0.24118917, -0.00105045],
  [0.29197783, 0.69224405, 0.04187912],
  [0.15710347, 0.06656678, 0.78407133],
] as const;
const D50 = [0.9642, 1, 0.8249] as const;
/** Of sRGB: Y = (aX + b)^g from d on, cX below. @see IEC 61966-2-1; ICC.1:2022 section 10.18, function type 3 */
const CURVE = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045] as const;
const HEADER_BYTES = 128;

/** The bytes of a Display-P3 profile of matrix and curves. @see ICC.1:2022 section 7; CSS Color 4, display-p3 */
export function displayP3Profile(): Uint8Array {
  const tags: readonly (readonly [string, Uint8Array])[] = [
    ['desc', unicode('Display P3')],
    ['cprt', unicode('CC0')],
    ['wtpt', fixed('XYZ ', D50)],
    ['rXYZ', fixed('XYZ ', PRIMARIES[0])],
    ['gXYZ', fixed('XYZ ', PRIMARIES[1])],
    ['bXYZ', fixed('XYZ ', PRIMARIES[2])],
    ...['rTRC', 'gTRC', 'bTRC'].map((name) => [name, fixed('para', CURVE, 3)] as const),
  ];
  const start = HEADER_BYTES + 4 + 12 * tags.length;
  const bytes = new Uint8Array(start + tags.reduce((sum, [, body]) => sum + body.length, 0));
  const view = new DataView(bytes.buffer);
  const text = (at: number, four: string) => bytes.set(new TextEncoder().encode(four), at);
  view.setUint32(0, bytes.length);
  view.setUint32(8, 0x04400000);
  text(12, 'mntr');
  text(16, 'RGB ');
  text(20, 'XYZ ');
  text(36, 'acsp');
  for (const [i, value] of D50.entries()) view.setInt32(68 + 4 * i, Math.round(value * 65536));
  view.setUint32(HEADER_BYTES, tags.length);
  let at = start;
  for (const [i, [name, body]] of tags.entries()) {
    const entry = HEADER_BYTES + 4 + 12 * i;
    text(entry, name);
    view.setUint32(entry + 4, at);
    view.setUint32(entry + 8, body.length);
    bytes.set(body, at);
    at += body.length;
  }
  return bytes;
}

/** Numbers of 16 bits before and after the point; behind the type a curve has the number of its function. */
function fixed(type: string, values: readonly number[], kind?: number): Uint8Array {
  const start = kind === undefined ? 8 : 12;
  const view = new DataView(new ArrayBuffer(start + 4 * values.length));
  const bytes = new Uint8Array(view.buffer);
  bytes.set(new TextEncoder().encode(type));
  if (kind !== undefined) view.setUint16(8, kind);
  for (const [i, value] of values.entries()) view.setInt32(start + 4 * i, Math.round(value * 65536));
  return bytes;
}

/** One text in English, filled up to whole words. @see ICC.1:2022 section 10.15 */
function unicode(text: string): Uint8Array {
  const view = new DataView(new ArrayBuffer(28 + 4 * Math.ceil(text.length / 2)));
  const bytes = new Uint8Array(view.buffer);
  bytes.set(new TextEncoder().encode('mluc'));
  for (const [at, value] of [
    [8, 1],
    [12, 12],
    [20, 2 * text.length],
    [24, 28],
  ] as const)
    view.setUint32(at, value);
  bytes.set(new TextEncoder().encode('enUS'), 16);
  for (let i = 0; i < text.length; i++) view.setUint16(28 + 2 * i, text.charCodeAt(i));
  return bytes;
}
