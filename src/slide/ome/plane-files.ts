/** Where the planes of an OME-TIFF are looked for: in this file, and in the others of its set that were dropped with it. */
import { AppError } from '../../errors.ts';
import { MAX_CHANNELS } from '../channel-view.ts';
import type { SlideFiles } from '../slide.ts';
import { readTiff, type TiffDirectory, type TiffFile } from '../tiff/directories.ts';
import { tagText } from '../tiff/tag-values.ts';
import { TAG } from '../tiff/tags.ts';
import { OME_TIFF, type OmeDocument, type OmePlane, parseOme, shownPlane } from './document.ts';

const XML_BYTES = 32 * 2 ** 20;

/** A directory, the file that it is of, and its name in errors. */
export interface PlaneAt {
  readonly tiff: TiffFile;
  readonly directory: TiffDirectory;
  readonly name: string;
}

/** @throws slide/corrupt, slide/unsupported where its file is missing */
export type OpenPlane = (plane: OmePlane, signal: AbortSignal | undefined) => Promise<PlaneAt>;

function missing(name: string): AppError {
  const feature = `it without its file ${name}, which was not dropped with it`;
  return new AppError({ code: 'slide/unsupported', format: OME_TIFF, feature });
}

/** The XML of the file, or of the companion that it names. @throws slide/corrupt, slide/unsupported where that is missing */
export async function readDocument(
  files: SlideFiles,
  tiff: TiffFile,
  signal: AbortSignal | undefined,
): Promise<OmeDocument> {
  const tag = tiff.directories[0]?.tags.get(TAG.description);
  const document = parseOme(tag ? await tagText(tiff, tag, signal, XML_BYTES) : '');
  const { companion } = document;
  if (companion === undefined) return document;
  const source = files.find(companion);
  if (!source) throw missing(companion);
  if (source.sizeBytes > XML_BYTES) throw new AppError({ code: 'slide/corrupt', where: `${companion} is too large` });
  return parseOme(new TextDecoder().decode(await source.read(0, source.sizeBytes, signal)));
}

/** Each file of the set is opened once. */
export function planeOpener(files: SlideFiles, own: TiffFile, { images }: OmeDocument): OpenPlane {
  const opened = new Map<string, Promise<TiffFile>>();
  // A file that was renamed alone is still whole: one name in all of its XML can only mean itself.
  const names = new Set<string>();
  for (const image of images)
    for (let c = 0; c < Math.min(MAX_CHANNELS, image.channels.length); c++) {
      const file = shownPlane(image, c)?.file;
      if (file) names.add(file.name);
    }
  return async ({ ifd, file }, signal) => {
    let tiff = own;
    if (file && file.name !== files.main.name) {
      const source = files.find(file.name);
      if (source) {
        const known = opened.get(file.name) ?? readTiff(source, signal);
        opened.set(file.name, known);
        tiff = await known;
      } else if (names.size > 1 || !names.has(file.name)) throw missing(file.name);
    }
    const directory = tiff.directories[ifd];
    if (!directory) throw new AppError({ code: 'slide/corrupt', where: `its OME-XML names directory ${ifd}` });
    return { tiff, directory, name: `directory ${ifd}` };
  };
}
