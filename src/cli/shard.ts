/**
 * Shards: the tiles of one slide as a .safetensors file, and the index of a folder of them; `training/bags.py` reads both.
 * A shard is written as its tiles are read, so memory holds one batch.
 * @see https://github.com/huggingface/safetensors#format
 */
import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import type { Slide } from '../slide/slide.ts';
import type { BagSpec, Rejected, TileBag } from '../tiling/bag.ts';
import { readBatches } from '../tiling/batches.ts';
import { writeInPlace } from './file-sink.ts';

/** One slide in index.json. */
export interface ShardRow {
  /** As the label table names it; the path below the folder of slides where there is no table. */
  readonly id: string;
  readonly file: string;
  readonly label: 0 | 1 | null;
  readonly split: string | null;
  readonly group: string | null;
  readonly stratum: string;
  readonly tiles: number;
  readonly level: number;
  readonly mpp: number | null;
  readonly spanPx: number;
  readonly candidates: number;
  readonly rejected: Rejected;
  /** Of the shard file. */
  readonly sha256: string;
}

export type ShardLabels = Pick<ShardRow, 'id' | 'label' | 'split' | 'group' | 'stratum'>;

/** What a shard says of itself in `__metadata__`, where all values are strings. */
interface ShardMetadata {
  readonly slide_id: string;
  /** Content fingerprint of the slide. */
  readonly slide_fingerprint: string;
  readonly label: string;
  readonly level: string;
  readonly mpp: string;
  readonly span_px: string;
  readonly tile_px: string;
  /** JSON */
  readonly bag: string;
  readonly candidates: string;
  /** JSON */
  readonly rejected: string;
  /** sha256 of the mask's file; empty where there is none. */
  readonly mask: string;
}

/** Share of tiles that may be unreadable, as for a prediction. */
const MAX_FAILED_SHARE = 0.01;
const BATCH_TILES = 32;

export interface ShardSource {
  readonly slide: Slide;
  readonly spec: BagSpec;
  readonly bag: TileBag;
  readonly labels: ShardLabels;
  /** [N] 0..1 share of each tile that is lesion, and the mask's sha256. */
  readonly lesion: { readonly fraction: Float32Array; readonly sha256: string } | undefined;
}

/** Writes the tiles of a bag. @throws bag/tiles-failed when more than 1 % cannot be read; slide/read-failed */
export async function writeShard(
  folder: string,
  file: string,
  source: ShardSource,
  signal: AbortSignal,
): Promise<ShardRow> {
  const { slide, bag, labels, spec, lesion } = source;
  const metadata: ShardMetadata = {
    slide_id: labels.id,
    slide_fingerprint: slide.info.id,
    label: labels.label === null ? '' : String(labels.label),
    level: String(bag.level),
    mpp: bag.mpp === undefined ? '' : String(bag.mpp),
    span_px: String(bag.spanPx),
    tile_px: String(bag.tilePx),
    bag: JSON.stringify(spec),
    candidates: String(bag.candidates),
    rejected: JSON.stringify(bag.rejected),
    mask: lesion?.sha256 ?? '',
  };
  const n = bag.count;
  const tileBytes = bag.tilePx * bag.tilePx * 3;
  const parts: { name: string; dtype: string; shape: number[]; bytes: number }[] = [
    { name: 'tiles', dtype: 'U8', shape: [n, bag.tilePx, bag.tilePx, 3], bytes: n * tileBytes },
    { name: 'xy', dtype: 'I32', shape: [n, 2], bytes: n * 8 },
    { name: 'tissue_fraction', dtype: 'F32', shape: [n], bytes: n * 4 },
  ];
  if (lesion) parts.push({ name: 'lesion_fraction', dtype: 'F32', shape: [n], bytes: n * 4 });

  const hash = createHash('sha256');
  await writeInPlace(`${folder}/${file}`, async (write) => {
    let at = 0;
    const append = async (bytes: Uint8Array) => {
      hash.update(bytes);
      await write(at, bytes);
      at += bytes.length;
    };
    await append(headerBytes(parts, metadata));
    let failed = 0;
    for await (const batch of readBatches(slide, bag, { batchTiles: BATCH_TILES, signal })) {
      failed += batch.failed.length;
      if (failed > n * MAX_FAILED_SHARE) throw new AppError({ code: 'bag/tiles-failed', failed, count: n });
      await append(batch.rgb.subarray(0, batch.count * tileBytes));
    }
    await append(littleEndian(bag.xy));
    await append(littleEndian(bag.tissueFraction));
    if (lesion) await append(littleEndian(lesion.fraction));
  });
  return toRow(file, labels, metadata, n, hash.digest('hex'));
}

/** The row of a shard that lies there already, if it is whole and holds just these tiles of this slide. */
export async function findShard(
  folder: string,
  file: string,
  wanted: { readonly labels: ShardLabels; readonly spec: BagSpec; readonly slideId: string; readonly mask: string },
): Promise<ShardRow | undefined> {
  const path = `${folder}/${file}`;
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined || size < 8) return undefined;
  const handle = await open(path, 'r');
  let tensors: Record<string, { readonly data_offsets: readonly number[]; readonly shape: readonly number[] }>;
  let metadata: ShardMetadata;
  let end: number;
  try {
    const head = Buffer.alloc(8);
    await handle.read(head, 0, 8, 0);
    const length = Number(head.readBigUInt64LE());
    if (length > size - 8 || length > 2 ** 20) return undefined;
    const json = Buffer.alloc(length);
    await handle.read(json, 0, length, 8);
    ({ __metadata__: metadata, ...tensors } = JSON.parse(json.toString('utf8')));
    end = 8 + length + Math.max(...Object.values(tensors).map((tensor) => tensor.data_offsets[1] ?? 0));
  } catch {
    return undefined;
  } finally {
    await handle.close();
  }
  const isSame =
    end === size &&
    metadata.slide_id === wanted.labels.id &&
    metadata.slide_fingerprint === wanted.slideId &&
    metadata.bag === JSON.stringify(wanted.spec) &&
    metadata.mask === wanted.mask &&
    metadata.label === (wanted.labels.label === null ? '' : String(wanted.labels.label));
  const tiles = tensors.tiles?.shape[0];
  if (!isSame || tiles === undefined) return undefined;
  const hash = createHash('sha256').update(await readFile(path));
  return toRow(file, wanted.labels, metadata, tiles, hash.digest('hex'));
}

function toRow(file: string, labels: ShardLabels, metadata: ShardMetadata, tiles: number, sha256: string): ShardRow {
  return {
    id: labels.id,
    file,
    label: labels.label,
    split: labels.split,
    group: labels.group,
    stratum: labels.stratum,
    tiles,
    level: Number(metadata.level),
    mpp: metadata.mpp === '' ? null : Number(metadata.mpp),
    spanPx: Number(metadata.span_px),
    candidates: Number(metadata.candidates),
    rejected: JSON.parse(metadata.rejected),
    sha256,
  };
}

function headerBytes(
  parts: readonly { name: string; dtype: string; shape: number[]; bytes: number }[],
  metadata: ShardMetadata,
): Uint8Array {
  let offset = 0;
  const tensors = parts.map(({ name, dtype, shape, bytes }) => {
    const begin = offset;
    offset += bytes;
    return [name, { dtype, shape, data_offsets: [begin, offset] }] as const;
  });
  const json = Buffer.from(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(tensors) }));
  const length = Math.ceil(json.length / 8) * 8;
  const out = Buffer.alloc(8 + length, 0x20);
  out.writeBigUInt64LE(BigInt(length));
  json.copy(out, 8);
  return out;
}

/** The bytes of 32-bit numbers in the order of the format, whatever that of the machine. */
function littleEndian(values: Int32Array | Float32Array): Uint8Array {
  const out = new Uint8Array(values.length * 4);
  const view = new DataView(out.buffer);
  for (const [i, value] of values.entries())
    if (values instanceof Int32Array) view.setInt32(i * 4, value, true);
    else view.setFloat32(i * 4, value, true);
  return out;
}

/** File names of shards: the id with all but letters, digits, dot, hyphen and underscore replaced; never twice the same. */
export function shardNames(ids: readonly string[]): string[] {
  const used = new Map<string, number>();
  return ids.map((id) => {
    const name = id.replace(/[^A-Za-z0-9._-]/g, '_');
    // Lower case, since some file systems know no difference.
    const times = (used.get(name.toLowerCase()) ?? 0) + 1;
    used.set(name.toLowerCase(), times);
    return `${name}${times > 1 ? `-${times}` : ''}.safetensors`;
  });
}
