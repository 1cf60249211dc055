/** Writes a Leica SCN of scanned areas and a macro. @see OpenSlide documentation, "Leica format" */
import { type TiffImageSpec, tiffBytes } from '../../slide/tiff/write.ts';
import { paintBlock } from '../synthetic-slide.ts';
import { paint } from './paint.ts';

const NM = 500;
const DOWNSAMPLES = [1, 4] as const;

export interface ScnSpec {
  /** Size of the scanned glass, px; divisible by four. */
  readonly collection: { readonly width: number; readonly height: number };
  /** Position and size on the collection, px. */
  readonly areas: readonly {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
}

/** Two areas of different shape. */
export const TWO_AREAS: ScnSpec = {
  collection: { width: 1200, height: 900 },
  areas: [
    { x: 96, y: 64, width: 512, height: 320 },
    { x: 704, y: 400, width: 256, height: 384 },
  ],
};

export async function scnBytes({ collection, areas }: ScnSpec): Promise<Uint8Array> {
  const nm = (px: number) => px * NM;
  const images: TiffImageSpec[] = [];
  let ifd = 0;
  const dimensions = (width: number, height: number, downsamples: readonly number[]) =>
    downsamples
      .map((d, r) => `<dimension sizeX="${width / d}" sizeY="${height / d}" r="${r}" ifd="${ifd++}"/>`)
      .join('');
  const view = (x: number, y: number, width: number, height: number) =>
    `<view sizeX="${nm(width)}" sizeY="${nm(height)}" offsetX="${nm(x)}" offsetY="${nm(y)}" spacingZ="0"/>`;
  const settings = (objective: number) =>
    `<device model="milscope;test" version="1"/><creationDate>2026-11-24T00:00:00Z</creationDate><scanSettings><objectiveSettings><objective>${objective}</objective></objectiveSettings><illuminationSettings><numericalAperture>0.4</numericalAperture><illuminationSource>brightfield</illuminationSource></illuminationSettings></scanSettings>`;
  const tile = 64;
  const push = (x: number, y: number, width: number, height: number, downsample: number) =>
    images.push({
      width: width / downsample,
      height: height / downsample,
      layout: { kind: 'tiles', width: tile, height: tile },
      compression: 'jpeg',
      mpp: (NM * downsample) / 1000,
      read: (col, row) =>
        paintBlock((px, py) => paint(px + x, py + y), downsample, {
          x: col * tile,
          y: row * tile,
          width: Math.min(tile, width / downsample - col * tile),
          height: Math.min(tile, height / downsample - row * tile),
        }),
    });
  const { width, height } = collection;
  const xml: string[] = [];
  xml.push(
    `<image name="macro"><pixels sizeX="${width / 4}" sizeY="${height / 4}">${dimensions(width, height, [4])}</pixels>${view(0, 0, width, height)}${settings(1)}</image>`,
  );
  push(0, 0, width, height, 4);
  for (const area of areas) {
    xml.push(
      `<image name="area"><pixels sizeX="${area.width}" sizeY="${area.height}">${dimensions(area.width, area.height, DOWNSAMPLES)}</pixels>${view(area.x, area.y, area.width, area.height)}${settings(20)}</image>`,
    );
    for (const downsample of DOWNSAMPLES) push(area.x, area.y, area.width, area.height, downsample);
  }
  const description = `<?xml version="1.0"?><scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01" uuid="test"><collection name="test" uuid="test" sizeX="${nm(width)}" sizeY="${nm(height)}"><barcode>x</barcode>${xml.join('')}</collection></scn>`;
  const [first, ...rest] = images;
  if (!first) throw new RangeError('no image');
  return tiffBytes({ big: true, images: [{ ...first, description }, ...rest] });
}
