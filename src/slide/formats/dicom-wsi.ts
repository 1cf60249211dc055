/**
 * DICOM VL Whole Slide Microscopy: one series of files, one or more a level. Recognised by "DICM" at byte 128.
 *
 * @see DICOM PS3.3 A.32.8, PS3.10
 */
import { AppError, isAbort } from '../../errors.ts';
import { syntaxOf } from '../dicom/decode-frame.ts';
import { type DicomFile, isDicom, readDicomFile } from '../dicom/file.ts';
import { frameReader } from '../dicom/frames.ts';
import { pyramidOf, refuseClass, seriesSlide, WSI_CLASS } from '../dicom/pyramid.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import type { SlideFiles } from '../slide.ts';

const MAX_FILES = 4096;

export const dicomWsi: SlideFormat = {
  id: 'dicom-wsi',
  label: 'DICOM',
  detect: ({ head }) => isDicom(head),
  async open(files, _probe, signal) {
    const series = await readSeries(files, signal);
    const pyramid = pyramidOf(series.map((file) => ({ instance: file.instance, openFrames: () => frameReader(file) })));
    const { first } = pyramid;
    const { source } = series.find(({ instance }) => instance === first) ?? { source: files.main };
    const { iccProfile } = first;
    return seriesSlide(
      pyramid,
      {
        id: await fingerprint(source, signal),
        name: files.main.name,
        format: 'dicom-wsi',
        formatLabel: `DICOM whole slide, ${syntaxOf(first).name}`,
      },
      iccProfile && 'bytes' in iccProfile ? iccProfile.bytes : undefined,
    );
  },
};

/** The slide instances of the series that the main file belongs to, or of the first whole slide among the files. */
async function readSeries(files: SlideFiles, signal: AbortSignal | undefined): Promise<DicomFile[]> {
  const main = await readDicomFile(files.main, signal);
  const names = files.list().filter((name) => name !== files.main.name);
  const found = main.instance.sopClass === WSI_CLASS ? [main] : [];
  for (const name of names.slice(0, MAX_FILES)) {
    const source = files.find(name);
    if (!source || source === files.main || source.sizeBytes < 132) continue;
    try {
      if (!isDicom(await source.read(0, 132, signal))) continue;
      const file = await readDicomFile(source, signal);
      const { sopClass, series, sopInstance } = file.instance;
      const isNew = !found.some(({ instance }) => instance.sopInstance === sopInstance);
      if (sopClass === WSI_CLASS && series === (found[0] ?? file).instance.series && isNew) found.push(file);
    } catch (error) {
      // A broken neighbour does not keep anyone from the slide.
      if (isAbort(error) || !(error instanceof AppError)) throw error;
    }
  }
  if (found.length > 0) return found;
  return refuseClass(main.instance.sopClass);
}
