/** Writes Hamamatsu VMS and VMU: an index file and its images. @see OpenSlide documentation, "Hamamatsu format" */
import { encodeJpeg } from '../../slide/codecs/jpeg.ts';
import type { Pixels } from '../../slide/slide.ts';
import { concat } from '../../slide/tiff/tile-bytes.ts';
import { paintBlock } from '../synthetic-slide.ts';
import { restartJpeg } from './ndpi.ts';
import { paint, painted } from './paint.ts';

export interface VmsSpec {
  readonly name: string;
  /** Of images. */
  readonly cols: number;
  readonly rows: number;
  /** Of one image, px. */
  readonly width: number;
  readonly height: number;
  /** MCUs in a restart interval. */
  readonly interval: number;
  /** The optimisation file: as it should be, left out, or pointing nowhere. */
  readonly optimisation: 'right' | 'none' | 'wrong';
}

const NM = 460;

function index(section: string, name: string, lines: Readonly<Record<string, string | number>>): Uint8Array {
  const keys = Object.entries({ NoLayers: 1, ...lines, AuthCode: name, SourceLens: 20 });
  return new TextEncoder().encode(`[${section}]\r\n${keys.map(([key, value]) => `${key}=${value}\r\n`).join('')}`);
}

export async function vmsFiles(spec: VmsSpec): Promise<ReadonlyMap<string, Uint8Array>> {
  const { name, cols, rows, width, height, interval } = spec;
  const files = new Map<string, Uint8Array>();
  const lines: Record<string, string | number> = { NoJpegColumns: cols, NoJpegRows: rows };
  const entries: Uint8Array[] = [];
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < cols; x++) {
      const image = paintBlock(paint, 1, { x: x * width, y: y * height, width, height });
      const { jpeg, starts = [] } = await restartJpeg(image, interval, '444');
      const file = `${name}-${x}-${y}.jpg`;
      lines[x + y === 0 ? 'ImageFile' : `ImageFile(${x},${y})`] = file;
      files.set(file, jpeg);
      const perRow = Math.ceil(width / 8 / interval);
      for (let row = 0; row * 8 < height; row++) {
        const entry = new Uint8Array(40);
        const offset = spec.optimisation === 'wrong' && row > 0 ? 12_345 + row : (starts[row * perRow] ?? 0);
        new DataView(entry.buffer).setBigInt64(0, BigInt(offset), true);
        entries.push(entry);
      }
    }
  const [all, down] = [cols * width, rows * height];
  const jpeg = async (pixels: Pixels) => encodeJpeg({ ...pixels, components: 3 }, 90, '444');
  // OpenSlide wants restart markers in it too.
  files.set(`${name}_map.jpg`, (await restartJpeg(painted(all, down, 2), interval, '444')).jpeg);
  files.set(`${name}_macro.jpg`, await jpeg(painted(120, 60, 1)));
  // The last row of the last image is not in it.
  if (spec.optimisation !== 'none') files.set(`${name}.opt`, concat(entries.slice(0, -1)));
  const more = { MapFile: `${name}_map.jpg`, MacroImage: `${name}_macro.jpg` };
  const optimisation = { OptimisationFile: spec.optimisation === 'none' ? '' : `${name}.opt` };
  const physical = { PhysicalWidth: all * NM, PhysicalHeight: down * NM };
  files.set(
    `${name}.vms`,
    index('Virtual Microscope Specimen', name, { ...lines, ...more, ...optimisation, ...physical }),
  );
  return files;
}

/** 12 bits of 16, in columns. */
function ngr({ width, height, data }: Pixels, column: number): Uint8Array {
  const out = new DataView(new ArrayBuffer(28 + width * height * 6));
  out.setUint8(0, 0x47);
  out.setUint8(1, 0x4e);
  [width, height, column].forEach((value, i) => {
    out.setInt32(4 + i * 4, value, true);
  });
  out.setInt32(24, 28, true);
  let at = 28;
  for (let left = 0; left < width; left += column)
    for (let y = 0; y < height; y++)
      for (let i = (y * width + left) * 3; i < (y * width + left + column) * 3; i++, at += 2)
        out.setUint16(at, (data[i] ?? 0) * 16 + (i % 16), true);
  return new Uint8Array(out.buffer);
}

export async function vmuFiles(name: string, width: number, height: number): Promise<ReadonlyMap<string, Uint8Array>> {
  const macro = await encodeJpeg({ ...painted(120, 60, 1), components: 3 }, 90, '444');
  return new Map([
    [`${name}.ngr`, ngr(painted(width, height, 1), width / 4)],
    [`${name}_map.ngr`, ngr(painted(width, height, 2), width / 2)],
    [`${name}_macro.jpg`, macro],
    [
      `${name}.vmu`,
      index('Uncompressed Virtual Microscope Specimen', name, {
        ImageFile: `${name}.ngr`,
        MapFile: `${name}_map.ngr`,
        MapScale: 2,
        MacroImage: `${name}_macro.jpg`,
        PixelWidth: width,
        PixelHeight: height,
        PhysicalWidth: width * NM,
        PhysicalHeight: height * NM,
        BitsPerPixel: 36,
        PixelOrder: 'RGB',
      }),
    ],
  ]);
}
