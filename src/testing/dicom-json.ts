/**
 * DICOM files as a DICOMweb server tells of them, by dicom-parser alone and whatever the attributes: nothing here is shared
 * with the reader that is tested.
 * @see DICOM PS3.18 annex F (DICOM JSON Model)
 */
import dicomParser, { type DataSet } from 'dicom-parser';
import { concat } from '../slide/tiff/tile-bytes.ts';

export type JsonDataSet = Record<string, JsonElement>;

interface JsonElement {
  readonly vr: string;
  readonly Value?: readonly unknown[];
  readonly InlineBinary?: string;
  readonly BulkDataURI?: string;
}

export interface ServedInstance {
  readonly json: JsonDataSet;
  readonly study: string;
  readonly series: string;
  readonly uid: string;
  readonly transferSyntax: string;
  /** As they are stored. */
  readonly frames: readonly Uint8Array[];
  /** Of binary attributes, by the number of each. */
  readonly bulk: ReadonlyMap<string, Uint8Array>;
}

const PIXEL_DATA = 'x7fe00010';
const NUMBERS: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  US: (view, at) => view.getUint16(at, true),
  SS: (view, at) => view.getInt16(at, true),
  UL: (view, at) => view.getUint32(at, true),
  SL: (view, at) => view.getInt32(at, true),
  FL: (view, at) => view.getFloat32(at, true),
  FD: (view, at) => view.getFloat64(at, true),
};
const WIDTHS: Readonly<Record<string, number>> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8 };

/** `bulkAddress` gives the address of a binary attribute; where it gives none the bytes stand in the JSON. */
export function servedInstance(
  file: Uint8Array,
  bulkAddress: (uid: string, number: string) => string | undefined,
): ServedInstance {
  const data = dicomParser.parseDicom(file);
  const uid = data.string('x00080018') ?? '';
  const bulk = new Map<string, Uint8Array>();
  const toJson = (set: DataSet): JsonDataSet => {
    const json: JsonDataSet = {};
    for (const [name, element] of Object.entries(set.elements)) {
      const number = name.slice(1).toUpperCase();
      const vr = element.vr ?? 'UN';
      if (number.startsWith('0002') || name === PIXEL_DATA) continue;
      if (vr === 'SQ') {
        const items = (element.items ?? []).flatMap((item) => (item.dataSet ? [toJson(item.dataSet)] : []));
        json[number] = { vr, Value: items };
        continue;
      }
      const bytes = set.byteArray.subarray(element.dataOffset, element.dataOffset + element.length) as Uint8Array;
      if (['OB', 'OW', 'UN'].includes(vr)) {
        bulk.set(number, bytes);
        const address = bulkAddress(uid, number);
        json[number] =
          address === undefined
            ? { vr, InlineBinary: Buffer.from(bytes).toString('base64') }
            : { vr, BulkDataURI: address };
      } else if (bytes.length === 0) json[number] = { vr };
      else if (vr in NUMBERS) {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        const width = WIDTHS[vr] ?? 1;
        json[number] = {
          vr,
          Value: Array.from({ length: bytes.length / width }, (_, i) => NUMBERS[vr]?.(view, i * width)),
        };
      } else {
        const values = new TextDecoder()
          .decode(bytes)
          .replace(/[\0 ]+$/, '')
          .split('\\');
        json[number] = { vr, Value: vr === 'IS' || vr === 'DS' ? values.map(Number) : values };
      }
    }
    return json;
  };
  const json = toJson(data);
  return {
    json,
    uid,
    bulk,
    study: data.string('x0020000d') ?? '',
    series: data.string('x0020000e') ?? '',
    transferSyntax: data.string('x00020010') ?? '',
    frames: framesOf(data),
  };
}

/** The answers of a server for files, by their paths below the series; the metadata is called `metadata`. */
export function seriesAnswers(files: readonly Uint8Array[], metadata: string): Map<string, Uint8Array> {
  const instances = files.map((file) => servedInstance(file, () => undefined));
  const json = instances.map(({ json, transferSyntax }) => ({
    ...json,
    '00083002': { vr: 'UI', Value: [transferSyntax] },
  }));
  const answers = new Map<string, Uint8Array>([[metadata, new TextEncoder().encode(JSON.stringify(json))]]);
  for (const { uid, frames, transferSyntax } of instances)
    for (const [i, frame] of frames.entries())
      answers.set(
        `instances/${uid}/frames/${i + 1}`,
        onePart(`application/octet-stream; transfer-syntax=${transferSyntax}`, frame, 'x'),
      );
  return answers;
}

/** A body of one part, with something before it, as a body may have. */
export function onePart(contentType: string, bytes: Uint8Array, boundary: string): Uint8Array {
  const text = new TextEncoder();
  const head = `preamble\r\n--${boundary}\r\nContent-Type: ${contentType}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return concat([text.encode(head), bytes, text.encode(`\r\n--${boundary}--\r\n`)]);
}

function framesOf(data: DataSet): Uint8Array[] {
  const element = data.elements[PIXEL_DATA];
  const count = data.intString('x00280008') ?? 1;
  if (!element) return [];
  const { fragments } = element;
  if (fragments) {
    // Each frame of the slides served here is one fragment.
    if (fragments.length !== count) throw new RangeError(`${fragments.length} fragments of ${count} frames`);
    return fragments.map(({ position, length }) => data.byteArray.subarray(position, position + length) as Uint8Array);
  }
  const bytes =
    ((data.uint16('x00280010') ?? 0) *
      (data.uint16('x00280011') ?? 0) *
      (data.uint16('x00280002') ?? 0) *
      (data.uint16('x00280100') ?? 0)) /
    8;
  return Array.from(
    { length: count },
    (_, i) =>
      data.byteArray.subarray(element.dataOffset + i * bytes, element.dataOffset + (i + 1) * bytes) as Uint8Array,
  );
}
