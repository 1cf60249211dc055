/** Writes DICOM whole-slide files of one level, explicit VR little-endian. @see DICOM PS3.5, PS3.10, PS3.3 A.32.8 */
import { concat } from '../../slide/tiff/tile-bytes.ts';

export interface DicomSpec {
  readonly transferSyntax: string;
  readonly total: readonly [number, number];
  readonly tile: readonly [number, number];
  /** RGB or grey frames, coded as the transfer syntax says. */
  readonly frames: readonly Uint8Array[];
  readonly encapsulated: boolean;
  /** 'none' leaves the basic offset table empty; 'extended' writes (7FE0,0001). */
  readonly offsets: 'basic' | 'none' | 'extended';
  readonly samples: 1 | 3;
  readonly photometric: string;
  /** Of each frame: top-left in the level, px from 0; undefined for TILED_FULL. */
  readonly positions: readonly (readonly [number, number])[] | undefined;
  /** Number of this file's first frame in the level: a part of a concatenation. */
  readonly concatenationOffset: number | undefined;
  readonly instance: number;
  readonly mm: number;
  /** Default VOLUME. */
  readonly kind?: 'VOLUME' | 'LABEL' | 'OVERVIEW';
  /** ICC profile of the optical path; default none. */
  readonly profile?: Uint8Array;
}

const text = new TextEncoder();
const LONG = ['OB', 'OW', 'OV', 'SQ', 'UN', 'UT'];

function element(
  group: number,
  tag: number,
  vr: string,
  value: Uint8Array | string,
  undefinedLength = false,
): Uint8Array {
  let bytes = typeof value === 'string' ? text.encode(value) : value;
  if (bytes.length % 2 === 1) {
    const padded = new Uint8Array(bytes.length + 1);
    padded.set(bytes);
    if (vr !== 'UI' && vr !== 'OB') padded[bytes.length] = 32;
    bytes = padded;
  }
  const isLong = LONG.includes(vr);
  const head = new Uint8Array(isLong ? 12 : 8);
  const view = new DataView(head.buffer);
  view.setUint16(0, group, true);
  view.setUint16(2, tag, true);
  head.set(text.encode(vr), 4);
  if (isLong) view.setUint32(8, undefinedLength ? 0xffffffff : bytes.length, true);
  else view.setUint16(6, bytes.length, true);
  return concat([head, bytes]);
}

const short = (value: number) => Uint8Array.of(value & 255, value >> 8);
const long = (value: number) => new Uint8Array(Int32Array.of(value).buffer);

function item(...elements: readonly Uint8Array[]): Uint8Array {
  const bytes = concat(elements);
  const head = new Uint8Array(8);
  const view = new DataView(head.buffer);
  view.setUint32(0, 0xe000fffe, true);
  view.setUint32(4, bytes.length, true);
  return concat([head, bytes]);
}

const UID = '1.2.826.0.1.3680043.10.9999';

export function dicomBytes(spec: DicomSpec): Uint8Array {
  const [width, height] = spec.total;
  const [columns, rows] = spec.tile;
  const meta = concat([
    element(2, 1, 'OB', Uint8Array.of(0, 1)),
    element(2, 2, 'UI', '1.2.840.10008.5.1.4.1.1.77.1.6'),
    element(2, 3, 'UI', `${UID}.${spec.instance}`),
    element(2, 0x10, 'UI', spec.transferSyntax),
    element(2, 0x12, 'UI', UID),
  ]);
  const position = ([x, y]: readonly [number, number]) =>
    item(
      element(
        0x48,
        0x21a,
        'SQ',
        item(element(0x48, 0x21e, 'SL', long(x + 1)), element(0x48, 0x21f, 'SL', long(y + 1))),
      ),
    );
  const offsets = spec.frames.reduce<number[]>((all, _, i) => {
    const before = all[i - 1];
    const length = spec.frames[i - 1]?.length ?? 0;
    all.push(before === undefined ? 0 : before + 8 + length + (length % 2));
    return all;
  }, []);
  const table = spec.offsets === 'basic' ? item(concat(offsets.map(long))) : item();
  const even = (frame: Uint8Array) => (frame.length % 2 === 0 ? frame : concat([frame, new Uint8Array(1)]));
  const pixelData = spec.encapsulated
    ? concat([
        element(
          0x7fe0,
          0x10,
          'OB',
          concat([
            table,
            ...spec.frames.map((frame) => item(even(frame))),
            Uint8Array.of(0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0),
          ]),
          true,
        ),
      ])
    : element(0x7fe0, 0x10, 'OB', concat(spec.frames));
  const big = (values: readonly number[]) => new Uint8Array(BigUint64Array.from(values.map(BigInt)).buffer);
  const extended =
    spec.offsets === 'extended'
      ? [
          element(0x7fe0, 1, 'OV', big(offsets)),
          element(0x7fe0, 2, 'OV', big(spec.frames.map((frame) => even(frame).length))),
        ]
      : [];
  const data = [
    element(8, 8, 'CS', `ORIGINAL\\PRIMARY\\${spec.kind ?? 'VOLUME'}\\NONE`),
    element(8, 0x16, 'UI', '1.2.840.10008.5.1.4.1.1.77.1.6'),
    element(8, 0x18, 'UI', `${UID}.${spec.instance}`),
    element(8, 0x60, 'CS', 'SM'),
    element(8, 0x70, 'LO', 'milscope test'),
    element(0x20, 0xd, 'UI', `${UID}.1`),
    element(0x20, 0xe, 'UI', `${UID}.2`),
    ...(spec.concatenationOffset === undefined ? [] : [element(0x20, 0x9228, 'UL', long(spec.concatenationOffset))]),
    element(0x20, 0x9311, 'CS', spec.positions ? 'TILED_SPARSE' : 'TILED_FULL'),
    element(0x28, 2, 'US', short(spec.samples)),
    element(0x28, 4, 'CS', spec.photometric),
    ...(spec.samples === 3 ? [element(0x28, 6, 'US', short(0))] : []),
    element(0x28, 8, 'IS', String(spec.frames.length)),
    element(0x28, 0x10, 'US', short(rows)),
    element(0x28, 0x11, 'US', short(columns)),
    element(0x28, 0x100, 'US', short(8)),
    element(0x28, 0x101, 'US', short(8)),
    element(0x28, 0x102, 'US', short(7)),
    element(0x28, 0x103, 'US', short(0)),
    element(0x48, 6, 'UL', long(width)),
    element(0x48, 7, 'UL', long(height)),
    element(
      0x48,
      0x105,
      'SQ',
      item(
        ...(spec.profile ? [element(0x28, 0x2000, 'OB', spec.profile)] : []),
        element(0x48, 0x106, 'SH', '1'),
        element(0x48, 0x112, 'DS', '20'),
      ),
    ),
    element(
      0x5200,
      0x9229,
      'SQ',
      item(element(0x28, 0x9110, 'SQ', item(element(0x28, 0x30, 'DS', `${spec.mm}\\${spec.mm}`)))),
    ),
    ...(spec.positions ? [element(0x5200, 0x9230, 'SQ', concat(spec.positions.map(position)))] : []),
    ...extended,
    pixelData,
  ];
  const preamble = new Uint8Array(132);
  preamble.set(text.encode('DICM'), 128);
  return concat([preamble, element(2, 0, 'UL', long(meta.length)), meta, ...data]);
}
