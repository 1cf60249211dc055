/** The grey planes of one TIFF directory at their own depth: channels of microscopes, whose range is chosen when shown. */
import { AppError } from '../../errors.ts';
import type { Samples } from '../channels.ts';
import { codecFor } from '../codecs/index.ts';
import { isWideKind, type WideLayout, wideSamples } from '../codecs/wide-samples.ts';
import { type BlockGrid, blocksOf, IMAGE_LIMITS, readGrid } from './blocks.ts';
import type { TiffDirectory, TiffFile } from './directories.ts';
import { tagBytes } from './tag-values.ts';
import { readerOf, TAG } from './tags.ts';

export interface TiffPlanes extends BlockGrid {
  readonly compression: number;
  /** Samples a pixel: each is a plane. */
  readonly samples: number;
  readonly bits: number;
  readonly kind: WideLayout['kind'];
  /**
   * One plane of a block, [height,width] of the block: full size for tiles, clipped to the image for the last strip.
   * Undefined where the file leaves the block out.
   * @throws slide/corrupt, slide/unsupported, slide/read-failed
   */
  readPlane(sample: number, col: number, row: number, signal?: AbortSignal): Promise<Samples | undefined>;
}

const KINDS: Readonly<Record<number, WideLayout['kind']>> = { 1: 'unsigned', 2: 'signed', 3: 'float', 4: 'unsigned' };

/** Reads and checks the tags; `name` stands in errors, `format` in refusals. @throws slide/corrupt, slide/unsupported */
export async function readPlanes(
  tiff: TiffFile,
  directory: TiffDirectory,
  name: string,
  format: string,
  signal?: AbortSignal,
): Promise<TiffPlanes> {
  const reader = readerOf(tiff, directory, name, format, signal);
  const { tags } = directory;
  const tiled = tags.has(TAG.tileWidth) || tags.has(TAG.tileOffsets);
  const stored = await readGrid(reader, tiled);
  const compression = (await reader.one(TAG.compression)) ?? 1;
  const codec = codecFor(compression, format);
  const samples = (await reader.one(TAG.samples)) ?? 1;
  const bitsOfAll = (await reader.all(TAG.bits)) ?? [1];
  const bits = bitsOfAll[0] ?? 1;
  const kind = KINDS[(await reader.one(TAG.sampleFormat)) ?? 1];
  const predictor = (await reader.one(TAG.predictor)) ?? 1;
  if (!Number.isInteger(samples) || samples < 1 || samples > 64)
    throw new AppError({ code: 'slide/corrupt', where: `${name} claims ${samples} samples` });
  if (bitsOfAll.some((value) => value !== bits)) throw reader.unsupported('samples of different depth');
  if (!kind || !isWideKind(kind, bits)) throw reader.unsupported(`${bits}-bit ${kind ?? 'complex'} samples`);
  if (predictor !== 1 && predictor !== 2) throw reader.unsupported('the floating-point predictor');
  const planar = samples > 1 && (await reader.one(TAG.planar)) === 2;
  const perBlock = planar ? 1 : samples;
  const stride = (stored.blockWidth * perBlock * bits) / 8;
  const { grid, readBytes } = blocksOf(tiff, directory, reader, stored, {
    compression,
    planes: planar ? samples : 1,
    stride,
    mostPixels: IMAGE_LIMITS.blockPixels / perBlock,
    mostBytes: IMAGE_LIMITS.compressedBytes,
  });
  const { height, blockWidth, blockHeight, cols, rows } = grid;
  const tablesTag = compression === 7 ? tags.get(TAG.jpegTables) : undefined;
  const jpegTables = tablesTag && (await tagBytes(tiff, tablesTag, signal, IMAGE_LIMITS.jpegTablesBytes));
  const photometric = (await reader.one(TAG.photometric)) ?? 1;

  return {
    ...grid,
    compression,
    samples,
    bits,
    kind,
    async readPlane(sample, col, row, signal) {
      const rowsHere = tiled ? blockHeight : Math.min(blockHeight, height - row * blockHeight);
      const bytes = await readBytes((planar ? sample * rows + row : row) * cols + col, rowsHere, signal);
      if (!bytes) return undefined;
      const { littleEndian } = tiff;
      if (codec.unpack) {
        const layout = { width: blockWidth, height: rowsHere, samples: perBlock, bits, kind, predictor, littleEndian };
        return wideSamples(await codec.unpack(bytes, stride * rowsHere), layout, planar ? 0 : sample);
      }
      // Image codecs give 8 bits whatever their depth: the upper ones.
      const block = await codec.decode(bytes, {
        width: blockWidth,
        height: rowsHere,
        maxHeight: blockHeight,
        samples: perBlock,
        bits,
        predictor,
        littleEndian,
        compression,
        photometric,
        jpegTables,
      });
      if (block.width !== blockWidth || block.height < rowsHere)
        throw new AppError({
          code: 'slide/corrupt',
          where: `the tile is ${block.width} x ${block.height} px and should be ${blockWidth} x ${rowsHere}`,
        });
      const out = new Uint8Array(blockWidth * rowsHere);
      const at = planar ? 0 : Math.min(sample, block.samples - 1);
      for (let i = 0; i < out.length; i++) out[i] = block.data[i * block.samples + at] ?? 0;
      return out;
    },
  };
}
