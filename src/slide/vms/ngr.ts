/**
 * NGR, the images of a VMU slide: uncompressed 16-bit RGB, 12 of them used, in columns one behind the other.
 * @see OpenSlide documentation, "Hamamatsu format", NGR
 */
import { AppError } from '../../errors.ts';
import type { UnplacedImage } from '../mosaic.ts';
import type { ByteSource } from '../slide.ts';

/** px */
const MAX_EDGE = 2 ** 24;
/** Rows of a column that are read at once. */
const ROWS = 256;

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

/** `label` stands in refusals. @throws slide/corrupt, slide/unsupported where it is no NGR image */
export async function openNgr(
  source: ByteSource,
  label: string,
  signal: AbortSignal | undefined,
): Promise<UnplacedImage> {
  if (source.sizeBytes < 28) throw corrupt(`${source.name} is cut short`);
  const head = await source.read(0, 28, signal);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head[0] !== 0x47 || head[1] !== 0x4e)
    throw new AppError({ code: 'slide/unsupported', format: label, feature: `${source.name}, which is no NGR image` });
  const [width, height, column] = [view.getInt32(4, true), view.getInt32(8, true), view.getInt32(12, true)];
  const start = view.getInt32(24, true);
  const isSize = (value: number) => value > 0 && value <= MAX_EDGE;
  if (!isSize(width) || !isSize(height) || !isSize(column) || column > 65_536 || width % column !== 0)
    throw corrupt(`${source.name} claims ${width} x ${height} px in columns of ${column}`);
  if (start < 28 || start + width * height * 6 > source.sizeBytes) throw corrupt(`${source.name} is cut short`);
  const blockHeight = Math.min(height, ROWS);
  return {
    width,
    height,
    blockWidth: column,
    blockHeight,
    async readBlock(col, row, signal) {
      const rows = Math.min(blockHeight, height - row * blockHeight);
      const offset = start + (col * height + row * blockHeight) * column * 6;
      const bytes = await source.read(offset, rows * column * 6, signal);
      const data = new Uint8Array(rows * column * 3);
      for (let i = 0; i < data.length; i++)
        data[i] = Math.min(255, ((bytes[i * 2] ?? 0) | ((bytes[i * 2 + 1] ?? 0) << 8)) >> 4);
      return { width: column, height: rows, data };
    },
  };
}
