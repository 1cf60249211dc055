/**
 * One DICOM file of a whole-slide series: the attributes that matter here, read from a bounded part of the file. Elements
 * are parsed by dicom-parser; the pixel data stays where it is.
 * @see DICOM PS3.3 A.32.8 (VL Whole Slide Microscopy Image), C.8.12.4, C.7.6.17.3 (Per-frame positions)
 */
import dicomParser, { type DataSet } from 'dicom-parser';
import { AppError, isAbort } from '../../errors.ts';
import type { ByteSource } from '../slide.ts';

const TAG = {
  imageType: 'x00080008',
  sopClass: 'x00080016',
  sopInstance: 'x00080018',
  manufacturer: 'x00080070',
  manufacturerModel: 'x00081090',
  series: 'x0020000e',
  transferSyntax: 'x00020010',
  concatenationOffset: 'x00209228',
  dimensionOrganization: 'x00209311',
  samples: 'x00280002',
  photometric: 'x00280004',
  planar: 'x00280006',
  frames: 'x00280008',
  rows: 'x00280010',
  columns: 'x00280011',
  bitsAllocated: 'x00280100',
  bitsStored: 'x00280101',
  iccProfile: 'x00282000',
  pixelSpacing: 'x00280030',
  pixelMeasures: 'x00289110',
  imagedWidth: 'x00480001',
  imagedHeight: 'x00480002',
  totalColumns: 'x00480006',
  totalRows: 'x00480007',
  opticalPaths: 'x00480105',
  opticalPathId: 'x00480106',
  opticalPathDescription: 'x00480107',
  opticalPathRef: 'x00480207',
  objectivePower: 'x00480112',
  planePosition: 'x0048021a',
  columnPosition: 'x0048021e',
  rowPosition: 'x0048021f',
  zOffset: 'x0040074a',
  focalPlanes: 'x00480303',
  shared: 'x52009229',
  perFrame: 'x52009230',
  extendedOffsets: 'x7fe00001',
  pixelData: 'x7fe00010',
} as const;

const DEFLATED = '1.2.840.10008.1.2.1.99';

/** Bytes read first; then four times more, to the limit, when the header is longer (per-frame positions can be). */
const HEADER_BYTES = { first: 256 * 1024, limit: 64 * 2 ** 20 } as const;
const LIMITS = { edge: 2 ** 31, frameEdge: 8192, frames: 16 * 2 ** 20, samples: 4 } as const;

export interface FramePosition {
  /** Top-left in the level's pixels, from 0. */
  readonly x: number;
  readonly y: number;
  readonly path: string | undefined;
  /** µm */
  readonly z: number;
}

export interface DicomInstance {
  readonly source: ByteSource;
  readonly sopClass: string;
  readonly sopInstance: string;
  readonly series: string;
  readonly transferSyntax: string;
  readonly imageType: readonly string[];
  /** Size of a frame, px. */
  readonly columns: number;
  readonly rows: number;
  readonly totalColumns: number;
  readonly totalRows: number;
  readonly frames: number;
  readonly samples: number;
  readonly photometric: string;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  /** Colour by plane rather than by pixel; matters for uncompressed frames. */
  readonly planar: boolean;
  readonly tiledFull: boolean;
  readonly focalPlanes: number;
  /** In the order of the frames of TILED_FULL. */
  readonly opticalPaths: readonly { readonly id: string; readonly description: string }[];
  /** Of each frame; undefined for TILED_FULL. */
  readonly positions: readonly FramePosition[] | undefined;
  /** Frames of the level that stand in earlier files of a concatenation. */
  readonly concatenationOffset: number;
  /** mm per px: along a row (x), along a column (y). */
  readonly spacing: readonly [number, number] | undefined;
  readonly objectivePower: number | undefined;
  readonly properties: Readonly<Record<string, string>>;
  readonly iccProfile: Uint8Array | undefined;
  /** Offset of the pixel data in the file, and its length; undefined where it is encapsulated. */
  readonly pixels: { readonly offset: number; readonly length: number | undefined };
  /** Offsets of frames from the first fragment, of the Extended Offset Table. */
  readonly extendedOffsets: readonly number[] | undefined;
}

function corrupt(where: string, cause?: unknown): AppError {
  return new AppError({ code: 'slide/corrupt', where }, cause === undefined ? undefined : { cause });
}

/** True when these bytes start a DICOM file (PS3.10). */
export function isDicom(head: Uint8Array): boolean {
  return head.length >= 132 && String.fromCharCode(...head.subarray(128, 132)) === 'DICM';
}

/**
 * dicom-parser 1.8 does not know the VR "OV" of the Extended Offset Table and reads its length as two bytes. It reads "OB"
 * of the same layout, so the two elements that have it are renamed in the bytes read. @see DICOM PS3.5 table 7.1-1
 */
function knownVrs(bytes: Uint8Array): Uint8Array {
  for (let at = bytes.indexOf(0xe0); at >= 0 && at + 6 <= bytes.length; at = bytes.indexOf(0xe0, at + 1)) {
    const isTable = bytes[at + 1] === 0x7f && (bytes[at + 2] === 1 || bytes[at + 2] === 2) && bytes[at + 3] === 0;
    if (isTable && bytes[at + 4] === 0x4f && bytes[at + 5] === 0x56) bytes[at + 5] = 0x42;
  }
  return bytes;
}

async function parseHeader(source: ByteSource, signal: AbortSignal | undefined): Promise<DataSet> {
  for (let length = HEADER_BYTES.first; ; length *= 4) {
    const size = Math.min(length, source.sizeBytes, HEADER_BYTES.limit);
    const bytes = knownVrs(await source.read(0, size, signal));
    const isAll = size === source.sizeBytes || size === HEADER_BYTES.limit;
    try {
      // Refused before the parser inflates it: it would inflate to any size.
      const meta = dicomParser.readPart10Header(bytes);
      if (meta.string(TAG.transferSyntax) === DEFLATED)
        throw new AppError({ code: 'slide/unsupported', format: 'DICOM', feature: 'deflated files' });
      const dataSet = dicomParser.parseDicom(bytes, { untilTag: TAG.pixelData });
      if (dataSet.elements[TAG.pixelData] || isAll) return dataSet;
    } catch (cause) {
      if (isAbort(cause) || cause instanceof AppError) throw cause;
      // A header cut off by our own limit fails in many ways: only the whole of it can be called broken.
      if (isAll || cause instanceof RangeError) throw corrupt('its DICOM header makes no sense', cause);
    }
  }
}

/**
 * Reads one file's attributes. Files without pixels (annotations) come with `columns` 0: the caller looks at `sopClass`.
 * @throws slide/corrupt, slide/unsupported, slide/read-failed
 */
export async function readInstance(source: ByteSource, signal?: AbortSignal): Promise<DicomInstance> {
  const data = await parseHeader(source, signal);
  const text = (tag: string) => data.string(tag)?.trim() ?? '';
  const shared = sequence(data, TAG.shared)[0];
  const spacingText = shared && sequence(shared, TAG.pixelMeasures)[0]?.string(TAG.pixelSpacing);
  const columns = data.uint16(TAG.columns) ?? 0;
  const rows = data.uint16(TAG.rows) ?? 0;
  const totalColumns = data.uint32(TAG.totalColumns) ?? columns;
  const totalRows = data.uint32(TAG.totalRows) ?? rows;
  const frames = data.intString(TAG.frames) ?? 1;
  const samples = data.uint16(TAG.samples) ?? 1;
  const within = (value: number, limit: number) => Number.isInteger(value) && value >= 0 && value <= limit;
  if (!within(columns, LIMITS.frameEdge) || !within(rows, LIMITS.frameEdge))
    throw corrupt(`a DICOM file claims frames of ${columns} x ${rows} px`);
  if (!within(totalColumns, LIMITS.edge) || !within(totalRows, LIMITS.edge))
    throw corrupt(`a DICOM file claims ${totalColumns} x ${totalRows} px`);
  if (!within(frames, LIMITS.frames)) throw corrupt(`a DICOM file claims ${frames} frames`);
  if (!within(samples, LIMITS.samples)) throw corrupt(`a DICOM file claims ${samples} samples a pixel`);
  const paths = sequence(data, TAG.opticalPaths);
  // Labels and overviews of one frame carry per-frame groups without a position.
  const tiledFull =
    text(TAG.dimensionOrganization) === 'TILED_FULL' || sequence(data, TAG.perFrame).length === 0 || frames === 1;
  const element = data.elements[TAG.pixelData];
  const extended = data.elements[TAG.extendedOffsets];
  const icc = paths[0]?.elements[TAG.iccProfile];
  const properties: Record<string, string> = {};
  for (const [name, tag] of Object.entries({ Manufacturer: TAG.manufacturer, Model: TAG.manufacturerModel }))
    if (text(tag)) properties[`dicom.${name}`] = text(tag);
  return {
    source,
    sopClass: text(TAG.sopClass),
    sopInstance: text(TAG.sopInstance),
    series: text(TAG.series),
    transferSyntax: text(TAG.transferSyntax),
    imageType: text(TAG.imageType).split('\\'),
    columns,
    rows,
    totalColumns,
    totalRows,
    frames,
    samples,
    photometric: text(TAG.photometric),
    bitsAllocated: data.uint16(TAG.bitsAllocated) ?? 8,
    bitsStored: data.uint16(TAG.bitsStored) ?? 8,
    planar: data.uint16(TAG.planar) === 1,
    tiledFull,
    focalPlanes: Math.max(1, data.uint32(TAG.focalPlanes) ?? 1),
    opticalPaths: paths.map((path, i) => ({
      id: path.string(TAG.opticalPathId)?.trim() ?? String(i),
      description: path.string(TAG.opticalPathDescription)?.trim() ?? '',
    })),
    positions: tiledFull ? undefined : framePositions(data, frames),
    concatenationOffset: data.uint32(TAG.concatenationOffset) ?? 0,
    spacing: spacingOf(spacingText, data, totalColumns, totalRows),
    objectivePower: paths.map((path) => path.floatString(TAG.objectivePower)).find((power) => power !== undefined),
    properties,
    iccProfile: icc && Uint8Array.from(data.byteArray.subarray(icc.dataOffset, icc.dataOffset + icc.length)),
    pixels: {
      offset: element?.dataOffset ?? 0,
      length: element?.hadUndefinedLength ? undefined : (element?.length ?? 0),
    },
    extendedOffsets: extended && bigOffsets(data, extended.dataOffset, extended.length),
  };
}

function sequence(data: DataSet, tag: string): DataSet[] {
  return (data.elements[tag]?.items ?? []).flatMap((item) => (item.dataSet ? [item.dataSet] : []));
}

/** Pixel Spacing is "row spacing\column spacing" in mm; else the imaged volume's size over its pixels. */
function spacingOf(
  text: string | undefined,
  data: DataSet,
  totalColumns: number,
  totalRows: number,
): readonly [number, number] | undefined {
  const [y, x] = (text ?? '').split('\\').map(Number);
  if (x && y && x > 0 && y > 0) return [x, y];
  const width = data.float(TAG.imagedWidth);
  const height = data.float(TAG.imagedHeight);
  return width && height && totalColumns && totalRows ? [width / totalColumns, height / totalRows] : undefined;
}

function framePositions(data: DataSet, frames: number): FramePosition[] {
  const groups = sequence(data, TAG.perFrame);
  if (groups.length < frames) throw corrupt(`a DICOM file places ${groups.length} of its ${frames} frames`);
  return groups.map((group) => {
    const plane = sequence(group, TAG.planePosition)[0];
    const path = sequence(group, TAG.opticalPathRef)[0];
    const x = plane?.int32(TAG.columnPosition);
    const y = plane?.int32(TAG.rowPosition);
    if (x === undefined || y === undefined) throw corrupt('a DICOM file does not say where its frames lie');
    return {
      x: x - 1,
      y: y - 1,
      path: path?.string(TAG.opticalPathId)?.trim(),
      z: plane?.floatString(TAG.zOffset) ?? 0,
    };
  });
}

function bigOffsets(data: DataSet, offset: number, length: number): number[] {
  const { buffer, byteOffset } = data.byteArray;
  const view = new DataView(buffer, byteOffset + offset, length);
  return Array.from({ length: Math.floor(length / 8) }, (_, i) => Number(view.getBigUint64(i * 8, true)));
}
