/**
 * A whole-slide series on a DICOMweb server: recognised by the DICOM JSON that describes its instances, put together as the
 * same series of files is. Only by address: the frames lie on the server, and each is asked for when it is looked at.
 *
 * @see DICOM PS3.18 sections 10.4 (retrieve), annex F (DICOM JSON Model)
 */
import { AppError, isAbort } from '../../errors.ts';
import { PROFILE_LIMITS } from '../color-profile.ts';
import type { Attributes, Binary } from '../dicom/attributes.ts';
import { syntaxOf } from '../dicom/decode-frame.ts';
import { codedFrame, frameBytesLimit, onlyPart } from '../dicom/frame-answer.ts';
import type { CodedFrame, ReadFrame } from '../dicom/frames.ts';
import { type DicomInstance, describeInstance } from '../dicom/instance.ts';
import { isDicomJson, parseDataSets } from '../dicom/json-model.ts';
import { isVolume, pyramidOf, refuseClass, seriesSlide, WSI_CLASS } from '../dicom/pyramid.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { memorySource } from '../http-source.ts';
import { type SharedRead, shareRead } from '../shared-read.ts';
import type { SlideFiles } from '../slide.ts';
import { concat } from '../tiff/tile-bytes.ts';

const LABEL = 'DICOMweb';
/** Coded frames kept, bytes: frames off the grid belong to several tiles. */
const FRAME_CACHE_BYTES = 32 * 2 ** 20;

type ReadRemote = NonNullable<SlideFiles['readRemote']>;

export const dicomWeb: SlideFormat = {
  id: 'dicomweb',
  label: LABEL,
  detect: ({ head }) => isDicomJson(head),
  async open(files, _probe, signal) {
    const { main, readRemote } = files;
    if (!readRemote)
      throw new AppError({
        code: 'slide/unsupported',
        format: LABEL,
        feature: 'a description without its server',
      });
    const dataSets = parseDataSets(await main.read(0, main.sizeBytes, signal));
    // Half a second each at most, with a turn for others between.
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    const described = instancesOf(dataSets);
    const readFrame = frameStore(readRemote);
    // The smallest frame says that the server sends frames at all, and how; and tells series of one name apart.
    const sample = smallest(described);
    const frame = sample && (await readFrame(sample, 0, signal));
    const instances = described.map((instance) =>
      instance.transferSyntax === '' ? { ...instance, transferSyntax: frame?.transferSyntax ?? '' } : instance,
    );
    const pyramid = pyramidOf(
      instances.map((instance) => ({
        instance,
        openFrames: (): ReadFrame => (number, stop) => readFrame(instance, number, stop),
      })),
    );
    const { first } = pyramid;
    const names = pyramid.levels.flatMap(({ width, height, parts }) => [
      `${width}x${height}`,
      ...parts.map(({ instance }) => instance.sopInstance),
    ]);
    const identity = concat([new TextEncoder().encode(names.join('\n')), frame?.bytes ?? new Uint8Array()]);
    const coding = syntaxOf({ ...first, transferSyntax: frame?.transferSyntax ?? first.transferSyntax });
    return seriesSlide(
      pyramid,
      {
        id: await fingerprint(memorySource('', identity), signal),
        name: main.name,
        format: 'dicomweb',
        formatLabel: `${LABEL}, ${coding.name}`,
      },
      first.samples === 3 ? await readProfile(first.iccProfile, readRemote, signal) : undefined,
    );
  },
};

/** The slide instances of the first series among the data sets. @throws slide/corrupt, slide/unsupported */
function instancesOf(dataSets: readonly Attributes[]): DicomInstance[] {
  const found: DicomInstance[] = [];
  let otherClass = '';
  let failure: unknown;
  const seen = new Set<string>();
  for (const data of dataSets) {
    const sopClass = data.text({ id: '00080016', vr: 'UI' }) ?? '';
    if (sopClass !== WSI_CLASS) {
      otherClass ||= sopClass;
      continue;
    }
    try {
      const instance = describeInstance(data, storedSyntax(data.text({ id: '00083002', vr: 'UI' })));
      if (!/^[\d.]{1,64}$/.test(instance.sopInstance))
        throw new AppError({ code: 'slide/corrupt', where: 'an instance has no UID' });
      if (instance.series !== (found[0] ?? instance).series || seen.has(instance.sopInstance)) continue;
      seen.add(instance.sopInstance);
      found.push(instance);
    } catch (error) {
      // A broken neighbour does not keep anyone from the slide.
      failure ??= error;
    }
  }
  if (found.length > 0) return found;
  if (failure !== undefined) throw failure;
  return refuseClass(otherClass);
}

/** Of the syntaxes that a server offers, the one in which frames are stored: it can always decode, seldom code. */
function storedSyntax(offered: string | undefined): string {
  const all = offered?.split('\\') ?? [];
  return all.find((one) => !/^1\.2\.840\.10008\.1\.2(\.[12])?$/.test(one)) ?? all[0] ?? '';
}

function smallest(instances: readonly DicomInstance[]): DicomInstance | undefined {
  const area = ({ totalColumns, totalRows }: DicomInstance) => totalColumns * totalRows;
  return instances
    .filter((one) => isVolume(one) && one.columns > 0 && one.rows > 0 && one.frames > 0)
    .sort((a, b) => area(a) - area(b))[0];
}

/** Reads frames, each asked for once for all who wait for it, and kept for a while. */
function frameStore(readRemote: ReadRemote) {
  // The first key is the frame used longest ago.
  const kept = new Map<string, CodedFrame>();
  const underWay = new Map<string, SharedRead<CodedFrame>>();
  let keptBytes = 0;
  const keep = (key: string, frame: CodedFrame) => {
    kept.set(key, frame);
    keptBytes += frame.bytes.length;
    for (const [oldest, { bytes }] of kept) {
      if (keptBytes <= FRAME_CACHE_BYTES) break;
      kept.delete(oldest);
      keptBytes -= bytes.length;
    }
  };
  return async (instance: DicomInstance, number: number, signal?: AbortSignal): Promise<CodedFrame> => {
    const key = `instances/${instance.sopInstance}/frames/${number + 1}`;
    const known = kept.get(key);
    if (known) {
      kept.delete(key);
      kept.set(key, known);
      return known;
    }
    let read = underWay.get(key);
    if (!read) {
      const name = `Frame ${number + 1} of ${instance.sopInstance}`;
      const started = shareRead(async (stop) => {
        try {
          const frame = codedFrame(await readRemote(key, name, frameBytesLimit(instance), stop), instance, name);
          keep(key, frame);
          return frame;
        } finally {
          if (underWay.get(key) === started) underWay.delete(key);
        }
      });
      read = started;
      underWay.set(key, read);
    }
    return read.join(signal, () => underWay.delete(key));
  };
}

/** A slide without its profile is still a slide: one that cannot be had is one that cannot be applied. */
async function readProfile(
  profile: Binary | undefined,
  readRemote: ReadRemote,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  if (profile === undefined || 'bytes' in profile) return profile?.bytes;
  const name = 'The colour profile';
  try {
    return onlyPart(await readRemote(profile.address, name, PROFILE_LIMITS.bytes, signal), name).bytes;
  } catch (error) {
    if (isAbort(error) || !(error instanceof AppError)) throw error;
    return new Uint8Array();
  }
}
