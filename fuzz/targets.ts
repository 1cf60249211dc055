/**
 * What is fuzzed, one function each, in the form that jazzer.js takes: any bytes end in a result or an AppError that says the
 * file is damaged. All else is a finding. The parsers only: the codecs are kept libraries.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../src/errors.ts';
import { parseMediaType, parseMultipart } from '../src/slide/multipart.ts';
import { readTiff } from '../src/slide/tiff/directories.ts';
import { tagText } from '../src/slide/tiff/tag-values.ts';
import { concat, jpegSegments, spliceJpeg, splitJpeg } from '../src/slide/tiff/tile-bytes.ts';
import { onePart } from '../src/testing/dicom-json.ts';
import { ANSWER_TYPE, exerciseSlide, METADATA, slideFiles } from '../src/testing/exercise.ts';
import { IMAGE_SEEDS, MAKER_SEEDS } from '../src/testing/seeds.ts';
import '../src/testing/setup.ts';
import { bytesSource } from '../src/testing/synthetic-slide.ts';

export { mutant } from '../src/testing/mutants.ts';

async function typed(run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    const codes = ['slide/corrupt', 'slide/unsupported', 'slide/unrecognized'];
    if (!(error instanceof AppError) || !codes.includes(error.info.code)) throw error;
  }
}

/** The directories of a TIFF, every text tag of them read. */
export async function directories(data: Uint8Array): Promise<void> {
  await typed(async () => {
    const tiff = await readTiff(bytesSource(data));
    for (const { tags } of tiff.directories)
      for (const tag of tags.values()) if (tag.type === 2) await typed(() => tagText(tiff, tag));
  });
}

/** JPEG tables put before a tile: the first two bytes say how long the tables are, the tile is the rest. */
export async function splice(data: Uint8Array): Promise<void> {
  const at = 2 + ((data[0] ?? 0) | ((data[1] ?? 0) << 8));
  for (const color of ['rgb', 'ycbcr', 'as-marked'] as const)
    await typed(() => {
      const { jpeg } = spliceJpeg(data.subarray(at), at > 2 ? data.subarray(2, at) : undefined, color);
      // What was spliced is a JPEG that can be walked again.
      jpegSegments(jpeg);
    });
}

const whole = (start: string, offset: number) => async (data: Uint8Array) => {
  const bytes = new Uint8Array(Math.max(data.length, offset + start.length));
  bytes.set(data);
  // What the format is told by stays, so that no run is spent on files of no format.
  for (let i = 0; i < start.length; i++) bytes[offset + i] = start.charCodeAt(i);
  await exerciseSlide(slideFiles('slide', new Map([['slide', bytes]])));
};

/** A DICOM file, opened and read. */
export const dicom = whole('DICM', 128);
/** A CZI file, opened and read. */
export const czi = whole('ZISRAWFILE', 0);

/** The DICOM JSON of a series, opened and read; its frames are there, whatever it calls them. */
export async function dicomweb(data: Uint8Array): Promise<void> {
  const files = slideFiles(METADATA, new Map([[METADATA, data]]));
  const bytes = onePart('application/octet-stream', new Uint8Array(16 * 16 * 3), 'x');
  await exerciseSlide({ ...files, readRemote: async () => ({ contentType: ANSWER_TYPE, bytes }) });
}

/** An answer in parts: its media type in the first line, the body after it. */
export async function multipart(data: Uint8Array): Promise<void> {
  const line = data.indexOf(10);
  const { parameters } = parseMediaType(new TextDecoder('latin1').decode(data.subarray(0, Math.max(0, line))));
  for (const { bytes } of parseMultipart(data.subarray(line + 1), parameters.get('boundary') ?? 'x') ?? [])
    if (bytes.length > data.length - line) throw new Error('a part is larger than its body');
}

const CORPUS: Readonly<Record<string, (name: string) => boolean>> = {
  directories: (name) => /tiff|TIFF|Aperio|NDPI|SCN|Philips|ome\//.test(name),
  splice: (name) => /jpg$/.test(name),
  dicom: (name) => name.startsWith('DICOM'),
  czi: (name) => name === 'CZI, one image',
  dicomweb: (name) => name === `DICOMweb, ${METADATA}`,
  multipart: (name) => name === 'DICOMweb, answer with a frame',
};

/** How a file becomes an input, where it is none itself. */
const FORM: Readonly<Record<string, (file: Uint8Array) => Uint8Array>> = {
  splice(file) {
    const { tables, tile } = splitJpeg(file);
    return concat([Uint8Array.of(tables.length & 255, tables.length >> 8), tables, tile]);
  },
  multipart: (answer) => concat([new TextEncoder().encode(`${ANSWER_TYPE}\n`), answer]),
};

/** Writes the files that fuzzing starts from, a folder each target. */
export async function writeCorpus(folder: string): Promise<void> {
  for (const [target, isWanted] of Object.entries(CORPUS)) {
    mkdirSync(path.join(folder, target), { recursive: true });
    for (const seed of [...IMAGE_SEEDS, ...MAKER_SEEDS].filter(({ name }) => isWanted(name))) {
      const bytes = (await seed.make()).get(seed.broken) ?? new Uint8Array();
      writeFileSync(path.join(folder, target, seed.name.replace(/\W+/g, '-')), FORM[target]?.(bytes) ?? bytes);
    }
  }
}
