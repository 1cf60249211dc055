/** Our side of `npm run pixels`: `table.js write FOLDER` makes the written slides, `table.js compare FOLDER` compares. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { provideWasmFiles } from '../../src/cli/wasm-files.ts';
import { withSlide } from '../../src/cli/with-slide.ts';
import { readRegion } from '../../src/slide/region.ts';
import type { Slide } from '../../src/slide/slide.ts';
import { WRITTEN } from '../../src/testing/written/slides.ts';

/** What reference.py read of one file: RGBA of each region in `pixels`, one after the other. */
interface Read {
  readonly name: string;
  readonly path: string;
  readonly problem?: string;
  readonly vendor: string;
  readonly pixels: string;
  readonly regions: readonly {
    readonly kind: string;
    readonly level: number;
    /** Of the level, px. */
    readonly size: readonly [number, number];
    /** Level-0 px. */
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
}

interface Row {
  readonly name: string;
  readonly level: number;
  readonly region: string;
  readonly difference: number;
  /** Largest difference allowed. */
  readonly allowed: number;
}

async function write(folder: string): Promise<void> {
  const files: { name: string; path: string }[] = [];
  for (const { name, main, make } of WRITTEN) {
    for (const [file, bytes] of await make()) {
      const target = path.join(folder, name, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, bytes);
    }
    files.push({ name, path: path.join(folder, name, main) });
  }
  process.stdout.write(`${JSON.stringify(files)}\n`);
}

/** Largest difference of a sample; OpenSlide's pixels are laid over our background where they are transparent. */
function largestDifference(ours: Uint8Array, theirs: Uint8Array, background: readonly number[]): number {
  let largest = 0;
  for (let i = 0; i * 3 < ours.length; i++) {
    const opacity = (theirs[i * 4 + 3] ?? 0) / 255;
    for (let c = 0; c < 3; c++) {
      const behind = background[c] ?? 255;
      const wanted = Math.round(behind + ((theirs[i * 4 + c] ?? 0) - behind) * opacity);
      largest = Math.max(largest, Math.abs((ours[i * 3 + c] ?? 0) - wanted));
    }
  }
  return largest;
}

/** True where OpenSlide has colours that shine through: it keeps them multiplied with their opacity, in whole numbers. */
function hasSheer(theirs: Uint8Array): boolean {
  for (let i = 3; i < theirs.length; i += 4) if (theirs[i] !== 0 && theirs[i] !== 255) return true;
  return false;
}

async function compareFile(read: Read, slide: Slide): Promise<{ rows: Row[]; notes: string[] }> {
  const rows: Row[] = [];
  const notes: string[] = [];
  const { info } = slide;
  const theirs = new Uint8Array(readFileSync(read.pixels));
  let at = 0;
  const foreign = new Set<number>();
  for (const { kind, level, size, x, y, width, height } of read.regions) {
    const bytes = theirs.subarray(at, at + width * height * 4);
    at += bytes.length;
    // OpenSlide makes levels of its own of a JPEG decoded at a half, a quarter, an eighth.
    const ours = info.levels.findIndex((one) => one.width === size[0] && one.height === size[1]);
    if (ours < 0) {
      foreign.add(level);
      continue;
    }
    const { data } = await readRegion(slide, { level: ours, x, y, width, height });
    rows.push({
      name: read.name,
      level: ours,
      region: `${kind}: ${width} x ${height} px at ${x}, ${y}`,
      difference: largestDifference(data, bytes, info.background),
      allowed: /JPEG 2000/.test(info.formatLabel) || hasSheer(bytes) ? 1 : 0,
    });
  }
  if (foreign.size > 0)
    notes.push(`${read.name}: levels ${[...foreign].join(', ')} are OpenSlide's own, and not in the file`);
  return { rows, notes };
}

async function compare(folder: string): Promise<void> {
  const files: readonly Read[] = JSON.parse(readFileSync(path.join(folder, 'read.json'), 'utf8'));
  const rows: Row[] = [];
  const notes: string[] = [];
  for (const read of files) {
    if (read.problem !== undefined) {
      notes.push(`${read.name}: OpenSlide does not open it (${read.problem})`);
      continue;
    }
    const found = await withSlide(read.path, new AbortController().signal, (slide) => compareFile(read, slide));
    rows.push(...found.rows);
    notes.push(...found.notes);
  }
  process.stdout.write(`${JSON.stringify({ rows, notes })}\n`);
}

provideWasmFiles();
const [task, folder = ''] = process.argv.slice(2);
await (task === 'write' ? write(folder) : compare(folder));
