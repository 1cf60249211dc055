/** Writes a Ventana BIF of scanned areas whose frames overlap. @see OpenSlide documentation, "Ventana format"; Roche, BIF */
import type { Pixels } from '../../slide/slide.ts';
import { type TiffImageSpec, tiffBytes } from '../../slide/tiff/write.ts';
import { paintBlock } from '../synthetic-slide.ts';
import { paint, painted } from './paint.ts';

export interface BifArea {
  /** In the grid of frames of the file. */
  readonly col: number;
  readonly row: number;
  readonly cols: number;
  readonly rows: number;
  /** Overlap of each pair of neighbours, px. */
  readonly overlapX: number;
  readonly overlapY: number;
  /** Top-left on the slide, px. */
  readonly x: number;
  readonly y: number;
  readonly scanned: boolean;
}

export interface BifSpec {
  readonly frame: number;
  readonly cols: number;
  readonly rows: number;
  readonly levels: number;
  readonly areas: readonly BifArea[];
  /** The frames of odd rows were joined from right to left. */
  readonly leftward: boolean;
}

/** Number of a frame: rows from the bottom, to and fro. From 1. */
function frameNumber({ cols, rows }: BifArea, col: number, row: number): number {
  const fromBottom = rows - 1 - row;
  return fromBottom * cols + (fromBottom % 2 === 0 ? col : cols - 1 - col) + 1;
}

export async function bifBytes(spec: BifSpec): Promise<Uint8Array> {
  const { frame, cols, rows, areas } = spec;
  const joints = (area: BifArea) => {
    const out: string[] = [];
    const joint = (direction: string, a: number, b: number, x: number, y: number) =>
      out.push(
        `<TileJointInfo FlagJoined="1" Confidence="98" Direction="${direction}" Tile1="${a}" Tile2="${b}" OverlapX="${x}" OverlapY="${y}"/>`,
      );
    for (let row = 0; row < area.rows; row++)
      for (let col = 0; col < area.cols; col++) {
        const here = frameNumber(area, col, row);
        if (col + 1 < area.cols) {
          const right = frameNumber(area, col + 1, row);
          if (spec.leftward && right < here) joint('LEFT', right, here, area.overlapX, 0);
          else joint('RIGHT', here, right, area.overlapX, 0);
        }
        if (row > 0) joint('UP', here, frameNumber(area, col, row - 1), 0, area.overlapY);
      }
    return out.join('');
  };
  const heightOf = (area: BifArea) => area.rows * frame - (area.rows - 1) * area.overlapY;
  const bottom = Math.max(...areas.filter(({ scanned }) => scanned).map((area) => area.y + heightOf(area)));
  const infos = areas
    .map(
      (area, i) =>
        `<ImageInfo AOIScanned="${area.scanned ? 1 : 0}" AOIIndex="${i}" Width="${frame}" Height="${frame}" NumRows="${area.rows}" NumCols="${area.cols}" Pos-X="${area.x}" Pos-Y="${bottom - area.y - heightOf(area)}">${joints(area)}</ImageInfo>`,
    )
    .join('');
  const origins = areas
    .map((area, i) => `<AOI${i} OriginX="${area.col * frame}" OriginY="${area.row * frame}"/>`)
    .join('');
  const encode = `<?xml version="1.0"?><EncodeInfo Ver="2"><SlideStitchInfo>${infos}</SlideStitchInfo><AoiOrigin>${origins}</AoiOrigin></EncodeInfo>`;
  const iScan = '<iScan Magnification="20" ScanRes="0.465" UnitNumber="milscope" BuildVersion="3.3.1.1" Z-layers="1"/>';

  /** A stored frame: what the camera saw at its true place. */
  const frameAt = (col: number, row: number): Pixels | undefined => {
    const area = areas.find(
      (one) => col >= one.col && row >= one.row && col < one.col + one.cols && row < one.row + one.rows,
    );
    if (!area?.scanned) return undefined;
    const x = area.x + (col - area.col) * (frame - area.overlapX);
    const y = area.y + (row - area.row) * (frame - area.overlapY);
    // Frames differ a little in light, so that it shows which lies on top.
    const shade = ((col + row) % 2) * 24;
    const lit = (px: number, py: number) => {
      const [r, g, b] = paint(px, py);
      return [Math.max(0, r - shade), Math.max(0, g - shade), Math.max(0, b - shade)] as const;
    };
    return paintBlock(lit, 1, { x, y, width: frame, height: frame });
  };
  /** A tile of a smaller level: 2^level by 2^level frames, each reduced. */
  const tileAt = (level: number, col: number, row: number): Pixels | undefined => {
    const step = 2 ** level;
    if (level === 0) return frameAt(col, row);
    const data = new Uint8Array(frame * frame * 3).fill(255);
    let any = false;
    const small = frame / step;
    for (let r = 0; r < step; r++)
      for (let c = 0; c < step; c++) {
        const one = frameAt(col * step + c, row * step + r);
        if (!one) continue;
        any = true;
        for (let y = 0; y < small; y++)
          for (let x = 0; x < small; x++) {
            const from = (y * step * frame + x * step) * 3;
            data.set(one.data.subarray(from, from + 3), ((r * small + y) * frame + c * small + x) * 3);
          }
      }
    return any ? { width: frame, height: frame, data } : undefined;
  };
  const levels = Array.from({ length: spec.levels }, (_, level): TiffImageSpec => {
    const step = 2 ** level;
    return {
      width: Math.ceil(cols / step) * frame,
      height: Math.ceil(rows / step) * frame,
      layout: { kind: 'tiles', width: frame, height: frame },
      compression: 'jpeg',
      description: `level=${level} mag=${20 / step} quality=90`,
      ...(level === 0 ? { xmp: encode } : {}),
      read: (col, row) => tileAt(level, col, row),
    };
  });
  const picture = (description: string, width: number, height: number, xmp?: string): TiffImageSpec => ({
    width,
    height,
    layout: { kind: 'strips', rows: height },
    compression: 'deflate',
    description,
    ...(xmp === undefined ? {} : { xmp }),
    read: () => painted(width, height, 1),
  });
  return tiffBytes({
    big: true,
    images: [picture('Label Image', 80, 200, iScan), picture('Thumbnail', 64, 48), ...levels],
  });
}
