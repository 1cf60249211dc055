/** A first look at a slide: its glass, its tissue threshold, and where it is worth looking closer. */
import type { Level, Pixels, Slide } from '../slide/slide.ts';
import { readLevelTiles } from './level-tiles.ts';
import { shrink, shrinkFactor } from './shrink.ts';
import { classifyPixel, GLASS, otsuThreshold, type TissueRule } from './tissue.ts';

export interface Overview {
  readonly rule: TissueRule;
  /** True where a rectangle of level 0 may hold tissue; always true where the slide was only sampled. */
  mayHoldTissue(x: number, y: number, width: number, height: number): boolean;
}

/** The overview is kept in memory: 6 MB. */
const MOST_PIXELS = 2 ** 21;
/** A level of no more tiles than this is read whole: a second or two, saved again where the survey skips glass. */
const WHOLE_TILES = 2000;
/** Of a slide without low levels only so many tiles are looked at, spread evenly. */
const SAMPLED_TILES = 400;

/** Otsu's threshold is trusted within these: glass is noisier than 10, and H&E from 25 on is tissue on every scanner. */
const CHROMA_RANGE = [10, 25] as const;

/**
 * Looks at the coarsest level that still shows details of `detailPx` level-0 px, shrunk as little as memory allows but to
 * `finestPx`: coarse pixels mix tissue and glass into something like either.
 * @throws slide/read-failed
 */
export async function readOverview(
  slide: Slide,
  detailPx: number,
  finestPx: number,
  signal: AbortSignal | undefined,
): Promise<Overview> {
  const { info } = slide;
  const level = info.levels.filter((one) => one.downsample <= detailPx).at(-1) ?? (info.levels[0] as Level);
  const columns = Math.ceil(level.width / level.tileWidth);
  const tiles = columns * Math.ceil(level.height / level.tileHeight);
  const isWhole = tiles <= WHOLE_TILES;
  const seen = isWhole ? level.width * level.height : SAMPLED_TILES * level.tileWidth * level.tileHeight;
  const factor = shrinkFactor(level, Math.max(finestPx / level.downsample, Math.sqrt(seen / MOST_PIXELS)));
  const pieces: { x: number; y: number; pixels: Pixels }[] = [];
  const isWanted = (col: number, row: number): boolean => {
    if (isWhole) return true;
    const index = row * columns + col;
    // Of `tiles` tiles, SAMPLED_TILES at equal distances.
    return Math.floor(((index + 1) * SAMPLED_TILES) / tiles) > Math.floor((index * SAMPLED_TILES) / tiles);
  };
  for await (const tile of readLevelTiles(slide, level, isWanted, signal)) {
    if (tile.pixels !== undefined)
      pieces.push({ x: tile.x / factor, y: tile.y / factor, pixels: shrink(tile.pixels, factor) });
  }
  const rule = tissueRule(pieces.map((piece) => piece.pixels));
  if (!isWhole) return { rule, mayHoldTissue: () => true };

  const width = Math.ceil(level.width / factor);
  const height = Math.ceil(level.height / factor);
  // What could not be read may hold tissue.
  const maybe = new Uint8Array(width * height).fill(1);
  // A little tissue in a pixel of the overview pales: half the threshold will do.
  const careful: TissueRule = { glass: rule.glass, minChroma: rule.minChroma / 2 };
  for (const { x, y, pixels } of pieces) {
    for (let j = 0; j < pixels.height; j++) {
      for (let i = 0; i < pixels.width; i++) {
        const at = (j * pixels.width + i) * 3;
        const [r, g, b] = [pixels.data[at] as number, pixels.data[at + 1] as number, pixels.data[at + 2] as number];
        maybe[(y + j) * width + x + i] = classifyPixel(careful, r, g, b) === GLASS ? 0 : 1;
      }
    }
  }
  const perX = width / info.width;
  const perY = height / info.height;
  return {
    rule,
    mayHoldTissue: (x, y, w, h) => {
      const x1 = Math.min(width, Math.ceil((x + w) * perX) + 1);
      const y1 = Math.min(height, Math.ceil((y + h) * perY) + 1);
      for (let j = Math.max(0, Math.floor(y * perY) - 1); j < y1; j++) {
        for (let i = Math.max(0, Math.floor(x * perX) - 1); i < x1; i++) if (maybe[j * width + i] === 1) return true;
      }
      return false;
    },
  };
}

/** Glass and threshold of a slide from its overview. */
export function tissueRule(pictures: readonly Pixels[]): TissueRule {
  const glass = glassColour(pictures);
  const histogram = new Float64Array(256);
  eachPixel(pictures, (red, green, blue) => {
    const r = Math.min(255, (red * 255) / glass[0]);
    const g = Math.min(255, (green * 255) / glass[1]);
    const b = Math.min(255, (blue * 255) / glass[2]);
    const high = Math.max(r, g, b);
    // Black and what is dark enough anyway say nothing about the threshold.
    if (high < 100) return;
    const chroma = Math.round(high - Math.min(r, g, b));
    histogram[chroma] = (histogram[chroma] as number) + 1;
  });
  const [low, high] = CHROMA_RANGE;
  return { glass, minChroma: Math.min(high, Math.max(low, otsuThreshold(histogram))) };
}

/** Nearly grey and bright: candidates for glass. */
const GLASS_CHROMA = 12;
const GLASS_MIN = 170;
/** Less than this share of the picture is lumen or mucus, not the glass around the tissue. */
const GLASS_SHARE = 0.05;

/** Colour of empty glass: the commonest bright grey; white where there is none. */
function glassColour(pictures: readonly Pixels[]): readonly [number, number, number] {
  const counts = new Float64Array(256);
  let total = 0;
  eachPixel(pictures, (r, g, b) => {
    total++;
    // Pure white is where the scanner did not look.
    if (Math.min(r, g, b) >= 254 || !isGlassLike(r, g, b)) return;
    const grey = Math.round((r + g + b) / 3);
    counts[grey] = (counts[grey] as number) + 1;
  });
  const near = (i: number) => (counts[i - 1] ?? 0) + (counts[i] ?? 0) + (counts[i + 1] ?? 0);
  let peak = 0;
  for (let i = 1; i < 256; i++) if (near(i) > near(peak)) peak = i;
  let n = 0;
  const sum = [0, 0, 0] as [number, number, number];
  eachPixel(pictures, (r, g, b) => {
    if (!isGlassLike(r, g, b) || Math.abs((r + g + b) / 3 - peak) > 3) return;
    n++;
    sum[0] += r;
    sum[1] += g;
    sum[2] += b;
  });
  if (n === 0 || n < GLASS_SHARE * total) return [255, 255, 255];
  return [sum[0] / n, sum[1] / n, sum[2] / n];
}

function isGlassLike(r: number, g: number, b: number): boolean {
  const low = Math.min(r, g, b);
  return low >= GLASS_MIN && Math.max(r, g, b) - low <= GLASS_CHROMA;
}

function eachPixel(pictures: readonly Pixels[], visit: (r: number, g: number, b: number) => void): void {
  for (const { data } of pictures) {
    for (let at = 0; at < data.length; at += 3)
      visit(data[at] as number, data[at + 1] as number, data[at + 2] as number);
  }
}
