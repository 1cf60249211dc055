/** Files given together: which one is the slide, and which belong to it. */
import type { CompanionFile } from '../../worker/protocol.ts';

/** A file with its place in what was given: "Slide/Data0000.dat", or only its name. */
export interface GivenFile {
  readonly path: string;
  readonly file: File;
}

export interface GivenSlide {
  readonly main: GivenFile;
  readonly companions: readonly CompanionFile[];
}

/** Files of no slide that desktops leave in folders. */
const LITTER = /(^|\/)(\.[^/]*|thumbs\.db|desktop\.ini)$/i;
/** Of slides of several files, the file that stands for the slide, the surest first. */
const HEADS = [/\.mrxs$/i, /\.(vms|vmu)$/i, /\.dzi$/i, /(^|\/)slidedat\.ini$/i];
/** DICOM files often have no extension; an index of them is not the slide. */
const DICOM = /(^|\/)[^/.]+$|\.(dcm|dicom)$/i;
const DICOM_INDEX = /(^|\/)dicomdir$/i;

/**
 * The slide's own file and the others by their paths relative to its folder: a known head file, else the largest DICOM
 * file, which holds the finest level, else the first. Undefined when nothing was given.
 */
export function toGivenSlide(given: readonly GivenFile[]): GivenSlide | undefined {
  const files = given.filter(({ path }) => !LITTER.test(path));
  const head = HEADS.map((pattern) => files.find(({ path }) => pattern.test(path))).find((one) => one !== undefined);
  const main = head ?? largestDicom(files) ?? files[0] ?? given[0];
  if (main === undefined) return undefined;
  const folder = main.path.slice(0, main.path.lastIndexOf('/') + 1);
  return {
    main,
    companions: files
      .filter((one) => one !== main)
      .map(({ path, file }) => ({ path: path.startsWith(folder) ? path.slice(folder.length) : path, file })),
  };
}

function largestDicom(files: readonly GivenFile[]): GivenFile | undefined {
  const dicom = files.filter(({ path }) => DICOM.test(path) && !DICOM_INDEX.test(path));
  if (dicom.length === 0 || dicom.length < files.length / 2) return undefined;
  return dicom.reduce((largest, one) => (one.file.size > largest.file.size ? one : largest));
}

/** Files of an input element; a chosen folder gives each its place in it. */
export function filesOfInput(list: FileList | null): readonly GivenFile[] {
  return [...(list ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** More files than this in one drop are not one slide. */
const MOST_FILES = 10_000;

/** Files of a drop, folders read to their leaves. Must be called while the drop event is handled. */
export async function filesOfDrop(transfer: DataTransfer): Promise<readonly GivenFile[]> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry): entry is FileSystemEntry => entry !== null);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ path: file.name, file }));
  const found: GivenFile[] = [];
  const visit = async (entry: FileSystemEntry, path: string): Promise<void> => {
    if (found.length >= MOST_FILES) return;
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.push({ path, file });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A reader gives its entries in portions and ends with an empty one.
    for (;;) {
      const portion = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (portion.length === 0) return;
      for (const one of portion) await visit(one, `${path}/${one.name}`);
    }
  };
  const plain = [...transfer.files].map((file) => ({ path: file.name, file }));
  try {
    for (const entry of entries) await visit(entry, entry.name);
    return found;
  } catch {
    // A folder that may not be listed: the files themselves may still be readable.
    return plain;
  }
}
