import { expect, it } from 'vitest';
import { COLOR_MAPS, divergingTable, sequentialTable } from './color-maps.ts';

type Rgb = readonly number[];

/** sRGB of H&E as scanners give it, from glass over eosin to nuclei, and red blood cells. */
const TISSUE: Readonly<Record<string, Rgb>> = {
  glass: [248, 246, 248],
  stroma: [240, 215, 232],
  'light eosin': [226, 150, 196],
  eosin: [214, 84, 150],
  magenta: [190, 70, 190],
  violet: [140, 96, 170],
  hematoxylin: [96, 50, 130],
  nucleus: [52, 20, 80],
  'red cell': [200, 40, 60],
};
/** As it is when nobody has changed it. */
const OPACITY = 0.65;

/** CIE L*a*b* under D65. */
function lab([red = 0, green = 0, blue = 0]: Rgb): readonly [number, number, number] {
  const [r, g, b] = [red, green, blue].map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** CIE 1976; a difference of 2.3 is just seen. */
function difference(one: Rgb, other: Rgb): number {
  const [a, b] = [lab(one), lab(other)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

const color = (table: Uint8Array, strength: number, end: 0 | 1): Rgb => {
  const at = Math.round(end === 1 ? strength * 255 : (1 - strength) * 255);
  return [...table.subarray(3 * at, 3 * at + 3)];
};

/** Each way from no strength to full: of the diverging map both. */
const WAYS: readonly (readonly [string, (strength: number) => Rgb])[] = [
  ...COLOR_MAPS.map((map) => [map, (s: number) => color(sequentialTable(map), s, 1)] as const),
  ['towards', (s: number) => color(divergingTable(), 0.5 + s / 2, 1)],
  ['against', (s: number) => color(divergingTable(), 0.5 + s / 2, 0)],
];

const STEPS = Array.from({ length: 33 }, (_, i) => i / 32);

it.each(WAYS)('%s darkens steadily: the strongest is never the palest', (_, at) => {
  const lightness = STEPS.map((strength) => lab(at(strength))[0]);
  lightness.slice(1).forEach((value, i) => {
    expect(value).toBeLessThan(lightness[i] ?? 0);
  });
});

it.each(WAYS)('%s: over any tissue a stronger tile differs more from it than a weaker one', (_, at) => {
  for (const [name, tissue] of Object.entries(TISSUE)) {
    const seen = STEPS.map((strength) => {
      const shade = at(strength);
      return difference(
        tissue.map((value, i) => value + OPACITY * strength * ((shade[i] ?? 0) - value)),
        tissue,
      );
    });
    seen.slice(1).forEach((value, i) => {
      // Half of what is just seen: steps of the tables are whole numbers.
      expect(value, `${name} at ${STEPS[i + 1]}`).toBeGreaterThan((seen[i] ?? 0) - 1.2);
    });
    expect(seen.at(-1), name).toBe(Math.max(...seen));
    expect(seen.at(-1), name).toBeGreaterThan(14);
  }
});

it.each(WAYS.filter(([name]) => name !== 'grays'))('%s: the strongest tile has no color of tissue', (_, at) => {
  const shade = at(1);
  for (const [name, tissue] of Object.entries(TISSUE)) {
    const covered = tissue.map((value, i) => value + OPACITY * ((shade[i] ?? 0) - value));
    const nearest = Math.min(...Object.values(TISSUE).map((other) => difference(covered, other)));
    expect(nearest, name).toBeGreaterThan(20);
  }
});
