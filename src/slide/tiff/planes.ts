/** The grey planes of one TIFF directory at their own depth: channels of microscopes, whose range is chosen when shown. */
import { AppError } from '../../errors.ts';
import type { Samples } from '../channels.ts';
import { codecFor } from '../codecs/index.ts';
import { isWideKind, type WideLayout, wideSamples } from '../codecs/wide-samples.ts';
import { type TiffDirectory, type TiffFile, tagBytes } from './directories.ts';
import { type Grid, IMAGE_LIMITS, readerOf, readGrid, readPlacement, TAG } from './image.ts';

export interface TiffPlanes extends Grid {
  readonly cols: number;
  readonly rows: number;
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
/** An uncompressed image in one strip is read in pieces of about this size, bytes. */
const PIECE_BYTES = 2 ** 20;

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
  const inPieces = !tiled && compression === 1 && !planar && stored.blockHeight === stored.height;
  const { width, height, blockWidth } = stored;
  const blockHeight = inPieces ? Math.min(Math.max(1, Math.floor(PIECE_BYTES / stride)), height) : stored.blockHeight;
  if (blockWidth * blockHeight * perBlock > IMAGE_LIMITS.blockPixels)
    throw reader.unsupported(`a strip of ${blockWidth} x ${blockHeight} px`);
  const cols = Math.ceil(width / blockWidth);
  const rows = Math.ceil(height / blockHeight);
  const blocks = cols * rows * (planar ? samples : 1);
  if (blocks > IMAGE_LIMITS.blocks)
    throw new AppError({ code: 'slide/corrupt', where: `${name} claims ${blocks} tiles` });
  const place = readPlacement(tiff, directory, name, tiled, inPieces ? 1 : blocks);
  const tablesTag = compression === 7 ? tags.get(TAG.jpegTables) : undefined;
  const jpegTables = tablesTag && (await tagBytes(tiff, tablesTag, signal, IMAGE_LIMITS.jpegTablesBytes));
  const photometric = (await reader.one(TAG.photometric)) ?? 1;

  const readBytes = async (index: number, rowsHere: number, signal: AbortSignal | undefined) => {
    const [start, length] = await place(inPieces ? 0 : index, signal);
    if (start === 0 || length === 0) return undefined;
    const skipped = inPieces ? index * blockHeight * stride : 0;
    const wanted = compression === 1 ? Math.min(length - skipped, stride * rowsHere) : length;
    if (wanted < 1 || wanted > Math.max(IMAGE_LIMITS.compressedBytes, 2 * stride * blockHeight))
      throw new AppError({ code: 'slide/corrupt', where: `a tile claims ${length} bytes` });
    if (start + skipped + wanted > tiff.source.sizeBytes)
      throw new AppError({ code: 'slide/corrupt', where: 'its bytes lie past the end of the file' });
    return tiff.source.read(start + skipped, wanted, signal);
  };

  return {
    ...stored,
    blockHeight,
    cols,
    rows,
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
