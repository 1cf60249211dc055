/** Writes a Trestle TIFF, whose tiles overlap their neighbours. @see OpenSlide documentation, "Trestle format" */
import { type TiffImageSpec, tiffBytes } from '../../slide/tiff/write.ts';
import { paintBlock } from '../synthetic-slide.ts';
import { paint } from './paint.ts';

export interface TrestleSpec {
  readonly tile: number;
  readonly levels: readonly {
    readonly cols: number;
    readonly rows: number;
    readonly downsample: number;
    readonly overlap: readonly [number, number];
  }[];
  /** Tiles of level 0 that were not scanned, by number. */
  readonly missing: readonly number[];
  /** RRGGBB */
  readonly background: string;
  /** µm per px; the tags hold it as it is. */
  readonly mpp: number;
}

export async function trestleBytes({ tile, levels, missing, background, mpp }: TrestleSpec): Promise<Uint8Array> {
  const overlaps = levels.flatMap(({ overlap }) => overlap).join(' ');
  const description = `Background Color=${background};White Balance=ffffff;Objective Power=20;JPEG Quality=90;OverlapsXY= ${overlaps}`;
  const images = levels.map(({ cols, rows, downsample, overlap }, level): TiffImageSpec => {
    const [overlapX, overlapY] = overlap;
    return {
      width: cols * tile,
      height: rows * tile,
      layout: { kind: 'tiles', width: tile, height: tile },
      compression: 'jpeg',
      software: 'MedScan 2.0',
      resolution: [mpp * downsample, mpp * downsample],
      ...(level === 0 ? { description } : {}),
      read(col, row) {
        if (level === 0 && missing.includes(row * cols + col)) return undefined;
        // Tiles differ a little in light, so that it shows which lies on top.
        const shade = ((col + row) % 2) * 24;
        const lit = (x: number, y: number) => {
          const [r, g, b] = paint(x, y);
          return [Math.max(0, r - shade), Math.max(0, g - shade), Math.max(0, b - shade)] as const;
        };
        const [x, y] = [col * (tile - overlapX), row * (tile - overlapY)];
        return paintBlock(lit, downsample, { x, y, width: tile, height: tile });
      },
    };
  });
  return tiffBytes({ images });
}
