/** What a file costs that may be broken: pixels, numbers or a typed error, at once and in little memory. */
import { AppError } from '../errors.ts';
import { parseSafetensors } from '../model/safetensors.ts';
import { toFloat32 } from '../model/stored-tensor.ts';
import { isTorchCheckpoint, parseTorchCheckpoint } from '../model/torch-checkpoint.ts';
import { openSlide } from '../slide/open.ts';
import type { Pixels, SlideFiles } from '../slide/slide.ts';
import { bytesSource } from './synthetic-slide.ts';

/** 'holes': it opens, and some tiles or images beside them cannot be decoded. */
export type Outcome = 'read' | 'holes' | 'refused';

/** Typed errors that a broken slide may give. That a file which it names was not dropped with it, or is not as a server should send it, is one. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  const { info } = error;
  if (info.code === 'slide/read-failed') return /was not given|^the server /.test(info.reason);
  return ['slide/unrecognized', 'slide/unsupported', 'slide/corrupt', 'slide/tile-failed'].includes(info.code);
}

/** Tiles read of each level, across and down. */
const TILES = 4;

/** The description of a series on a server: its frames are the other files, each as an answer in one part. */
export const METADATA = 'metadata.json';
export const ANSWER_TYPE = 'multipart/related; type="application/octet-stream"; boundary=x';

/** Files in memory as they would be dropped, or as a DICOMweb server would send them. */
export function slideFiles(main: string, files: ReadonlyMap<string, Uint8Array>): SlideFiles {
  const find = (name: string) => {
    const bytes = files.get(name);
    return bytes && bytesSource(bytes, name);
  };
  const found = find(main);
  if (!found) throw new RangeError(`no file ${main}`);
  const dropped: SlideFiles = { main: found, find, list: () => [...files.keys()] };
  if (main !== METADATA) return dropped;
  return {
    ...dropped,
    async readRemote(path, name, maxBytes) {
      const bytes = files.get(path);
      if (bytes && bytes.length <= maxBytes) return { contentType: ANSWER_TYPE, bytes };
      throw new AppError({ code: 'slide/read-failed', name, reason: 'the server has no such file (404)' });
    },
  };
}

/** Opens a slide and reads its first tiles and all its other images. @throws what is no typed error */
export async function exerciseSlide(files: SlideFiles): Promise<Outcome> {
  try {
    const slide = await openSlide(files);
    let holes = 0;
    const attempt = async (read: Promise<Pixels>) => {
      try {
        const { width, height, data } = await read;
        if (width < 1 || height < 1 || data.length !== width * height * 3)
          throw new Error('pixels do not fit their size');
      } catch (error) {
        if (!isRefusal(error)) throw error;
        holes++;
      }
    };
    for (const { index, width, height, tileWidth, tileHeight } of slide.info.levels)
      for (let row = 0; row < Math.min(TILES, Math.ceil(height / tileHeight)); row++)
        for (let col = 0; col < Math.min(TILES, Math.ceil(width / tileWidth)); col++)
          await attempt(slide.readTile(index, col, row));
    for (const name of slide.info.associated) await attempt(slide.readAssociated(name));
    await slide.close();
    return holes > 0 ? 'holes' : 'read';
  } catch (error) {
    if (isRefusal(error)) return 'refused';
    throw error;
  }
}

/** Reads all numbers of a weight file. @throws what is no typed error */
export async function exerciseWeights(bytes: Uint8Array): Promise<Outcome> {
  try {
    const tensors = isTorchCheckpoint(bytes) ? parseTorchCheckpoint(bytes, 'w') : parseSafetensors(bytes, 'w');
    for (const tensor of tensors.values()) toFloat32(tensor);
    return 'read';
  } catch (error) {
    if (error instanceof AppError && error.info.code === 'model/invalid') return 'refused';
    throw error;
  }
}
