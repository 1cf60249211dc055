/** How one TIFF directory cuts its image into blocks, tiles or strips, and the bytes that the file has of each. */
import { AppError } from '../../errors.ts';
import type { TiffDirectory, TiffFile } from './directories.ts';
import { type FileNumbers, fileNumbers } from './tag-values.ts';
import { TAG, type TagReader } from './tags.ts';

export const IMAGE_LIMITS = {
  /** px */
  edge: 2 ** 31,
  tileEdgeMin: 4,
  tileEdge: 4096,
  blocks: 16 * 2 ** 20,
  /** Decoded, px; for strips, which have no edge limit. */
  blockPixels: 64 * 2 ** 20,
  /** Of a compressed tile, where its pixels do not take more uncompressed. */
  compressedBytes: 32 * 2 ** 20,
  /** A strip can hold a whole plain image. */
  compressedStripBytes: 512 * 2 ** 20,
  jpegTablesBytes: 2 ** 16,
} as const;

/** An uncompressed image in one strip is read in pieces of about this size, bytes. */
const PIECE_BYTES = 2 ** 20;

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

/** Sizes as the tags state them. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly tiled: boolean;
  /** Size of a tile, or of a strip (all the width). */
  readonly blockWidth: number;
  readonly blockHeight: number;
}

/** @throws slide/corrupt */
export async function readGrid(reader: TagReader, tiled: boolean): Promise<Grid> {
  const { name, one, need } = reader;
  const width = await need(TAG.width, 'width');
  const height = await need(TAG.height, 'height');
  const isSize = (value: number) => Number.isInteger(value) && value > 0 && value <= IMAGE_LIMITS.edge;
  if (!isSize(width) || !isSize(height)) throw corrupt(`${name} claims ${width} x ${height} px`);
  if (!tiled) {
    // Many writers give 2^32 - 1 rows a strip for one strip.
    const blockHeight = Math.min((await one(TAG.rowsPerStrip)) ?? height, height);
    if (!(blockHeight >= 1)) throw corrupt(`${name} claims strips of ${blockHeight} rows`);
    return { width, height, tiled, blockWidth: width, blockHeight };
  }
  const blockWidth = await need(TAG.tileWidth, 'tile width');
  const blockHeight = await need(TAG.tileHeight, 'tile height');
  const isEdge = (value: number) =>
    Number.isInteger(value) && value >= IMAGE_LIMITS.tileEdgeMin && value <= IMAGE_LIMITS.tileEdge;
  if (!isEdge(blockWidth) || !isEdge(blockHeight))
    throw corrupt(`${name} claims tiles of ${blockWidth} x ${blockHeight} px`);
  return { width, height, tiled, blockWidth, blockHeight };
}

/** Where block `index` lies in the file. */
type Placement = (index: number, signal?: AbortSignal) => Promise<readonly [offset: number, length: number]>;

function readPlacement(
  tiff: TiffFile,
  { tags }: TiffDirectory,
  name: string,
  tiled: boolean,
  blocks: number,
): Placement {
  const kind = tiled ? 'tile' : 'strip';
  const numbers = (id: number, what: string): FileNumbers => {
    const tag = tags.get(id);
    if (!tag) throw corrupt(`${name} has no ${kind} ${what}`);
    if (tag.count < blocks) throw corrupt(`${name} has ${tag.count} ${kind} ${what} for ${blocks} ${kind}s`);
    return fileNumbers(tiff, tag);
  };
  const offsets = numbers(tiled ? TAG.tileOffsets : TAG.stripOffsets, 'offsets');
  const byteCounts = numbers(tiled ? TAG.tileByteCounts : TAG.stripByteCounts, 'byte counts');
  return (index, signal) => Promise.all([offsets.at(index, signal), byteCounts.at(index, signal)]);
}

/** How the blocks are stored. */
export interface BlockStorage {
  readonly compression: number;
  /** Planes that follow one another, each of all blocks. */
  readonly planes: number;
  /** Of a row of a block, uncompressed, bytes. */
  readonly stride: number;
  /** Of one block, decoded, px. */
  readonly mostPixels: number;
  /** Of a compressed block, where its pixels do not take more uncompressed. */
  readonly mostBytes: number;
}

/** The blocks that are served: those of the file, or its one strip in smaller ones. */
export interface BlockGrid extends Grid {
  readonly cols: number;
  readonly rows: number;
}

export interface Blocks {
  readonly grid: BlockGrid;
  /** Where the first block lies. */
  first(signal?: AbortSignal): Promise<readonly [offset: number, length: number]>;
  /**
   * The stored bytes of block `index`, of which `height` rows are wanted. Undefined where the file leaves it out.
   * @throws slide/corrupt, slide/read-failed
   */
  readBytes(index: number, height: number, signal?: AbortSignal): Promise<Uint8Array | undefined>;
}

/** An uncompressed image in one strip is served in smaller ones, however large it is. @throws slide/corrupt, slide/unsupported */
export function blocksOf(
  tiff: TiffFile,
  directory: TiffDirectory,
  reader: TagReader,
  stored: Grid,
  { compression, planes, stride, mostPixels, mostBytes }: BlockStorage,
): Blocks {
  const { name } = reader;
  const { width, height, tiled, blockWidth } = stored;
  const inPieces = !tiled && compression === 1 && planes === 1 && stored.blockHeight === height;
  const pieceRows = Math.max(1, Math.floor(PIECE_BYTES / stride));
  const blockHeight = inPieces ? Math.min(pieceRows, height) : stored.blockHeight;
  if (blockWidth * blockHeight > mostPixels) throw reader.unsupported(`a strip of ${blockWidth} x ${blockHeight} px`);
  const cols = Math.ceil(width / blockWidth);
  const rows = Math.ceil(height / blockHeight);
  const count = cols * rows * planes;
  if (count > IMAGE_LIMITS.blocks) throw corrupt(`${name} claims ${count} tiles`);
  const place = readPlacement(tiff, directory, name, tiled, inPieces ? 1 : count);
  const most = Math.max(mostBytes, compression === 1 ? Number.POSITIVE_INFINITY : 2 * stride * blockHeight);
  return {
    grid: { ...stored, blockHeight, cols, rows },
    first: (signal) => place(0, signal),
    async readBytes(index, height, signal) {
      const [start, length] = await place(inPieces ? 0 : index, signal);
      if (start === 0 || length === 0) return undefined;
      const skipped = inPieces ? index * blockHeight * stride : 0;
      const wanted = compression === 1 ? Math.min(length - skipped, stride * height) : length;
      if (wanted > most || wanted < 1) throw corrupt(`a ${tiled ? 'tile' : 'strip'} claims ${length} bytes`);
      if (start + skipped + wanted > tiff.source.sizeBytes) throw corrupt('its bytes lie past the end of the file');
      return tiff.source.read(start + skipped, wanted, signal);
    },
  };
}
