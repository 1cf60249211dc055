/**
 * Index.dat of a MIRAX slide: linked pages that say where each stored image lies.
 * @see OpenSlide documentation, "MIRAX format", Index.dat
 */
import { AppError } from '../../errors.ts';
import type { ByteSource } from '../slide.ts';
import type { Slidedat } from './slidedat.ts';

const VERSION = '01.02';
const LIMIT_BYTES = 256 * 2 ** 20;

export interface MiraxPlace {
  readonly file: number;
  readonly offset: number;
  readonly length: number;
}

export interface MiraxIndex {
  /** For each level, where each stored image lies, by its number: row * imagesAcross + column of level 0. */
  readonly levels: readonly ReadonlyMap<number, MiraxPlace>[];
  /** Place of a non-hierarchical record, undefined where the slide has none. */
  record(number: number): MiraxPlace | undefined;
}

function corrupt(where: string, cause?: unknown): AppError {
  return new AppError({ code: 'slide/corrupt', where }, cause === undefined ? undefined : { cause });
}

/** Reads the whole index. @throws slide/corrupt, slide/read-failed */
export async function readIndex(source: ByteSource, slidedat: Slidedat, signal?: AbortSignal): Promise<MiraxIndex> {
  if (source.sizeBytes > LIMIT_BYTES) throw corrupt(`Index.dat has ${source.sizeBytes} bytes`);
  const bytes = await source.read(0, source.sizeBytes, signal);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const expected = new TextEncoder().encode(VERSION + slidedat.slideId);
  if (expected.some((byte, i) => bytes[i] !== byte)) throw corrupt('Index.dat belongs to another slide');
  const root = expected.length;
  const int = (at: number, what: string): number => {
    if (at < 0 || at + 4 > bytes.length) throw corrupt(`Index.dat is too short for ${what}`);
    return view.getInt32(at, true);
  };
  const place = (at: number, what: string): MiraxPlace => {
    const found = { offset: int(at, what), length: int(at + 4, what), file: int(at + 8, what) };
    const isFile = found.file >= 0 && found.file < slidedat.dataFiles.length;
    if (!isFile || found.offset < 0 || found.length < 0) throw corrupt(`Index.dat places ${what} nowhere`);
    return found;
  };

  const images = slidedat.imagesAcross * slidedat.imagesDown;
  const hierarchy = int(root, 'its first pointer');
  const levels = slidedat.levels.map((_, level) => {
    const found = new Map<number, MiraxPlace>();
    const list = int(hierarchy + level * 4, `level ${level}`);
    if (int(list, `level ${level}`) !== 0) throw corrupt(`Index.dat has no list of level ${level}`);
    const visited = new Set<number>();
    for (let page = int(list + 4, `level ${level}`); page !== 0; page = int(page + 4, 'a page')) {
      if (visited.has(page)) throw corrupt('Index.dat has pages that point at each other');
      visited.add(page);
      const count = int(page, 'a page');
      if (count < 0 || count * 16 > bytes.length) throw corrupt(`Index.dat has a page of ${count} images`);
      for (let i = 0; i < count; i++) {
        const at = page + 8 + i * 16;
        const number = int(at, 'an image');
        if (number < 0 || number >= images) throw corrupt(`Index.dat places image ${number} of ${images}`);
        found.set(number, place(at + 4, `image ${number}`));
      }
    }
    return found;
  });

  return {
    levels,
    record(number) {
      const list = int(int(root + 4, 'its second pointer') + number * 4, `record ${number}`);
      if (int(list, `record ${number}`) !== 0) throw corrupt(`Index.dat has no record ${number}`);
      const page = int(list + 4, `record ${number}`);
      if (page === 0 || int(page, `record ${number}`) < 1) return undefined;
      return place(page + 16, `record ${number}`);
    },
  };
}
