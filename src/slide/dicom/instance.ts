/**
 * One image of a whole-slide series: the attributes that matter here, each checked against its bounds, whether they come from
 * a file or from a DICOMweb server.
 * @see DICOM PS3.3 A.32.8 (VL Whole Slide Microscopy Image), C.8.12.4, C.7.6.17.3 (Per-frame positions)
 */
import { AppError } from '../../errors.ts';
import type { Attributes, Binary, Tag } from './attributes.ts';

const tag = (id: string, vr: Tag['vr']): Tag => ({ id, vr });

const TAG = {
  imageType: tag('00080008', 'CS'),
  sopClass: tag('00080016', 'UI'),
  sopInstance: tag('00080018', 'UI'),
  manufacturer: tag('00080070', 'LO'),
  manufacturerModel: tag('00081090', 'LO'),
  series: tag('0020000E', 'UI'),
  concatenationOffset: tag('00209228', 'UL'),
  dimensionOrganization: tag('00209311', 'CS'),
  samples: tag('00280002', 'US'),
  photometric: tag('00280004', 'CS'),
  planar: tag('00280006', 'US'),
  frames: tag('00280008', 'IS'),
  rows: tag('00280010', 'US'),
  columns: tag('00280011', 'US'),
  bitsAllocated: tag('00280100', 'US'),
  bitsStored: tag('00280101', 'US'),
  iccProfile: tag('00282000', 'OB'),
  pixelSpacing: tag('00280030', 'DS'),
  pixelMeasures: tag('00289110', 'SQ'),
  imagedWidth: tag('00480001', 'FL'),
  imagedHeight: tag('00480002', 'FL'),
  totalColumns: tag('00480006', 'UL'),
  totalRows: tag('00480007', 'UL'),
  opticalPaths: tag('00480105', 'SQ'),
  opticalPathId: tag('00480106', 'SH'),
  opticalPathDescription: tag('00480107', 'ST'),
  opticalPathRef: tag('00480207', 'SQ'),
  objectivePower: tag('00480112', 'DS'),
  planePosition: tag('0048021A', 'SQ'),
  columnPosition: tag('0048021E', 'SL'),
  rowPosition: tag('0048021F', 'SL'),
  zOffset: tag('0040074A', 'DS'),
  focalPlanes: tag('00480303', 'UL'),
  shared: tag('52009229', 'SQ'),
  perFrame: tag('52009230', 'SQ'),
} as const;

const LIMITS = { edge: 2 ** 31, frameEdge: 8192, frames: 16 * 2 ** 20, samples: 4, focalPlanes: 65_536 } as const;

export interface FramePosition {
  /** Top-left in the level's pixels, from 0. */
  readonly x: number;
  readonly y: number;
  readonly path: string | undefined;
  /** µm */
  readonly z: number;
}

export interface DicomInstance {
  readonly sopClass: string;
  readonly sopInstance: string;
  readonly series: string;
  /** Of the stored frames; '' where a server does not say. */
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
  /** Frames of the level that stand in earlier instances of a concatenation. */
  readonly concatenationOffset: number;
  /** mm per px: along a row (x), along a column (y). */
  readonly spacing: readonly [number, number] | undefined;
  readonly objectivePower: number | undefined;
  readonly properties: Readonly<Record<string, string>>;
  readonly iccProfile: Binary | undefined;
}

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

/**
 * What a data set says of its image. Data sets without pixels (annotations) come with `columns` 0: the caller looks at
 * `sopClass`.
 * @throws slide/corrupt where a claim is past what slides are
 */
export function describeInstance(data: Attributes, transferSyntax: string): DicomInstance {
  const text = (tag: Tag) => data.text(tag) ?? '';
  const shared = data.items(TAG.shared)[0];
  const spacingText = shared?.items(TAG.pixelMeasures)[0]?.text(TAG.pixelSpacing);
  const columns = data.number(TAG.columns) ?? 0;
  const rows = data.number(TAG.rows) ?? 0;
  const totalColumns = data.number(TAG.totalColumns) ?? columns;
  const totalRows = data.number(TAG.totalRows) ?? rows;
  const frames = data.number(TAG.frames) ?? 1;
  const samples = data.number(TAG.samples) ?? 1;
  const focalPlanes = Math.max(1, data.number(TAG.focalPlanes) ?? 1);
  const concatenationOffset = data.number(TAG.concatenationOffset) ?? 0;
  const within = (value: number, limit: number) => Number.isInteger(value) && value >= 0 && value <= limit;
  if (!within(columns, LIMITS.frameEdge) || !within(rows, LIMITS.frameEdge))
    throw corrupt(`a DICOM file claims frames of ${columns} x ${rows} px`);
  if (!within(totalColumns, LIMITS.edge) || !within(totalRows, LIMITS.edge))
    throw corrupt(`a DICOM file claims ${totalColumns} x ${totalRows} px`);
  if (!within(frames, LIMITS.frames)) throw corrupt(`a DICOM file claims ${frames} frames`);
  if (!within(samples, LIMITS.samples)) throw corrupt(`a DICOM file claims ${samples} samples a pixel`);
  if (!within(focalPlanes, LIMITS.focalPlanes)) throw corrupt(`a DICOM file claims ${focalPlanes} focal planes`);
  if (!within(concatenationOffset, 2 ** 32)) throw corrupt(`a DICOM file begins at frame ${concatenationOffset}`);
  const paths = data.items(TAG.opticalPaths);
  // Labels and overviews of one frame carry per-frame groups without a position.
  const tiledFull =
    text(TAG.dimensionOrganization) === 'TILED_FULL' || data.items(TAG.perFrame).length === 0 || frames === 1;
  const properties: Record<string, string> = {};
  for (const [name, tag] of Object.entries({ Manufacturer: TAG.manufacturer, Model: TAG.manufacturerModel }))
    if (text(tag)) properties[`dicom.${name}`] = text(tag);
  return {
    sopClass: text(TAG.sopClass),
    sopInstance: text(TAG.sopInstance),
    series: text(TAG.series),
    transferSyntax,
    imageType: text(TAG.imageType).split('\\'),
    columns,
    rows,
    totalColumns,
    totalRows,
    frames,
    samples,
    photometric: text(TAG.photometric),
    bitsAllocated: data.number(TAG.bitsAllocated) ?? 8,
    bitsStored: data.number(TAG.bitsStored) ?? 8,
    planar: data.number(TAG.planar) === 1,
    tiledFull,
    focalPlanes,
    opticalPaths: paths.map((path, i) => ({
      id: path.text(TAG.opticalPathId) ?? String(i),
      description: path.text(TAG.opticalPathDescription) ?? '',
    })),
    positions: tiledFull ? undefined : framePositions(data, frames),
    concatenationOffset,
    spacing: spacingOf(spacingText, data, totalColumns, totalRows),
    objectivePower: paths.map((path) => path.number(TAG.objectivePower)).find((power) => Number.isFinite(power)),
    properties,
    iccProfile: paths[0]?.binary(TAG.iccProfile),
  };
}

/** Pixel Spacing is "row spacing\column spacing" in mm; else the imaged volume's size over its pixels. */
function spacingOf(
  text: string | undefined,
  data: Attributes,
  totalColumns: number,
  totalRows: number,
): readonly [number, number] | undefined {
  const [y, x] = (text ?? '').split('\\').map(Number);
  if (x && y && x > 0 && y > 0) return [x, y];
  const width = data.number(TAG.imagedWidth);
  const height = data.number(TAG.imagedHeight);
  return width && height && totalColumns && totalRows ? [width / totalColumns, height / totalRows] : undefined;
}

function framePositions(data: Attributes, frames: number): FramePosition[] {
  const groups = data.items(TAG.perFrame);
  if (groups.length < frames) throw corrupt(`a DICOM file places ${groups.length} of its ${frames} frames`);
  return groups.map((group) => {
    const plane = group.items(TAG.planePosition)[0];
    const x = plane?.number(TAG.columnPosition);
    const y = plane?.number(TAG.rowPosition);
    if (!isPlace(x) || !isPlace(y)) throw corrupt('a DICOM file does not say where its frames lie');
    return {
      x: x - 1,
      y: y - 1,
      path: group.items(TAG.opticalPathRef)[0]?.text(TAG.opticalPathId),
      z: plane?.number(TAG.zOffset) ?? 0,
    };
  });
}

function isPlace(value: number | undefined): value is number {
  return Number.isInteger(value) && Math.abs(value ?? 0) <= LIMITS.edge;
}
