/** Writes a Deep Zoom image: its description and its folder of JPEG tiles. @see "Deep Zoom File Format Overview" (Microsoft) */
import { encodeJpeg } from '../../slide/codecs/jpeg.ts';
import { type Paint, paintBlock } from '../synthetic-slide.ts';

export interface DeepZoomSpec {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly tile: number;
  /** px of its neighbours that a tile carries on each inner side. */
  readonly overlap: number;
  readonly paint: Paint;
}

/** All files, by path; levels down to one pixel. */
export async function deepZoomFiles(spec: DeepZoomSpec): Promise<ReadonlyMap<string, Uint8Array>> {
  const { name, width, height, tile, overlap, paint } = spec;
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpg" Overlap="${overlap}" TileSize="${tile}"><Size Width="${width}" Height="${height}"/></Image>`;
  const files = new Map<string, Uint8Array>([[`${name}.dzi`, new TextEncoder().encode(xml)]]);
  const top = Math.ceil(Math.log2(Math.max(width, height)));
  for (let level = 0; level <= top; level++) {
    const downsample = 2 ** (top - level);
    const [levelWidth, levelHeight] = [Math.ceil(width / downsample), Math.ceil(height / downsample)];
    for (let row = 0; row * tile < levelHeight; row++)
      for (let col = 0; col * tile < levelWidth; col++) {
        const [x, y] = [Math.max(0, col * tile - overlap), Math.max(0, row * tile - overlap)];
        const right = Math.min(levelWidth, (col + 1) * tile + overlap);
        const bottom = Math.min(levelHeight, (row + 1) * tile + overlap);
        const pixels = paintBlock(paint, downsample, { x, y, width: right - x, height: bottom - y });
        files.set(
          `${name}_files/${level}/${col}_${row}.jpg`,
          await encodeJpeg({ ...pixels, components: 3 }, 80, '444'),
        );
      }
  }
  return files;
}
