/** For tests: a command line run within their own process, and a folder with a slide to run it on. */
import { getEventListeners } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { planBiopsy } from '../phantom/biopsy.ts';
import { SHARP_SCANNER } from '../phantom/scanner.ts';
import { writePhantomSlide } from '../phantom/slide-file.ts';
import { writeInPlace } from './file-sink.ts';
import { runCommandLine } from './main.ts';
import { toJsonText } from './terminal.ts';

/** What was printed, as a reader of the output sees it; null where nothing was. @throws where a listener of the signal is left */
export async function runInProcess(...words: readonly string[]) {
  const printed: string[] = [];
  const said: string[] = [];
  const { signal } = new AbortController();
  const code = await runCommandLine(words, {
    print: (result) => printed.push(toJsonText(result)),
    say: (line) => said.push(line),
    progress: false,
    signal,
  });
  if (printed.length > 1) throw new Error(`${printed.length} objects were printed`);
  const left = getEventListeners(signal, 'abort').length;
  if (left > 0) throw new Error(`${left} of what listened to the signal still does after the command`);
  return { code, json: JSON.parse(printed[0] ?? 'null'), said: said.join('\n') };
}

/** One core of 2048 x 1104 px, half of it lesion. */
export const ONE_CORE = {
  seed: 5,
  width: 2048,
  height: 1104,
  cores: 1,
  gleason: [4, 4],
  lesionShare: 0.5,
  stainVariation: 0,
  fold: false,
  pen: false,
  scanner: SHARP_SCANNER,
} as const;

/** A folder with the slide one.tiff, ONE_CORE, in it; the caller removes it. */
export async function makeSlideFolder(): Promise<{ readonly folder: string; readonly slide: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'milscope-cli-'));
  const slide = path.join(folder, 'one.tiff');
  await writeInPlace(slide, (write) => writePhantomSlide(planBiopsy(ONE_CORE), write));
  return { folder, slide };
}
