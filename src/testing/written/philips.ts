/** Writes a Philips TIFF whose smaller levels are padded to whole tiles. @see OpenSlide documentation, "Philips format" */
import { encodeJpeg } from '../../slide/codecs/jpeg.ts';
import { type TiffImageSpec, tiffBytes } from '../../slide/tiff/write.ts';
import { paintBlock } from '../synthetic-slide.ts';
import { paint, painted } from './paint.ts';

const TILE = 64;
const MM = 0.00025;

export interface PhilipsSpec {
  /** Of level 0, tiles. */
  readonly cols: number;
  readonly rows: number;
  readonly downsamples: readonly number[];
  /** Tiles of level 0 that were not scanned, by number. */
  readonly missing: readonly number[];
  readonly big: boolean;
}

export async function philipsBytes({ cols, rows, downsamples, missing, big }: PhilipsSpec): Promise<Uint8Array> {
  const tilesOf = (count: number, downsample: number) => Math.ceil(count / downsample);
  const text = (name: string, value: string, kind = 'IString') =>
    `<Attribute Name="${name}" Group="0x0028" Element="0x0030" PMSVR="${kind}">${value}</Attribute>`;
  const array = (name: string, objects: string) =>
    `<Attribute Name="${name}" Group="0x301D" Element="0x1003" PMSVR="IDataObjectArray"><Array>${objects}</Array></Attribute>`;
  const object = (type: string, inner: string) => `<DataObject ObjectType="${type}">${inner}</DataObject>`;
  const spacing = (downsample: number) =>
    text('DICOM_PIXEL_SPACING', `&quot;${MM * downsample}&quot; &quot;${MM * downsample}&quot;`, 'IDoubleArray');
  const representations = downsamples.map((downsample, i) =>
    object(
      'PixelDataRepresentation',
      spacing(downsample) +
        text(
          'PIIM_DP_PIXEL_DATA_REPRESENTATION_POSITION',
          '&quot;0&quot; &quot;0&quot; &quot;0&quot;',
          'IDoubleArray',
        ) +
        text('PIIM_PIXEL_DATA_REPRESENTATION_COLUMNS', String(tilesOf(cols, downsample) * TILE), 'IUInt32') +
        text('PIIM_PIXEL_DATA_REPRESENTATION_ROWS', String(tilesOf(rows, downsample) * TILE), 'IUInt32') +
        text('PIIM_PIXEL_DATA_REPRESENTATION_NUMBER', String(i), 'IUInt16'),
    ),
  );
  const jpeg = async (width: number, height: number) => {
    const bytes = await encodeJpeg({ ...painted(width, height, 1), components: 3 }, 90);
    return btoa(String.fromCharCode(...bytes));
  };
  const wsi = object(
    'DPScannedImage',
    text('PIM_DP_IMAGE_TYPE', 'WSI') +
      array('PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE', representations.join('')) +
      spacing(1),
  );
  const attached = async (type: string, width: number, height: number) =>
    object('DPScannedImage', text('PIM_DP_IMAGE_TYPE', type) + text('PIM_DP_IMAGE_DATA', await jpeg(width, height)));
  const description = `<?xml version="1.0" encoding="UTF-8" ?>${object(
    'DPUfsImport',
    text('DICOM_MANUFACTURER', 'PHILIPS') +
      array(
        'PIM_DP_SCANNED_IMAGES',
        wsi + (await attached('LABELIMAGE', 60, 50)) + (await attached('MACROIMAGE', 120, 50)),
      ),
  )}`;
  const images = downsamples.map((downsample): TiffImageSpec => {
    const [width, height] = [tilesOf(cols, downsample) * TILE, tilesOf(rows, downsample) * TILE];
    return {
      width,
      height,
      layout: { kind: 'tiles', width: TILE, height: TILE },
      compression: 'jpeg',
      subfileType: downsample === 1 ? 0 : 1,
      ...(downsample === 1 ? { description, software: 'Philips DP v1.0' } : {}),
      read: (col, row) =>
        downsample === 1 && missing.includes(row * cols + col)
          ? undefined
          : paintBlock(paint, downsample, { x: col * TILE, y: row * TILE, width: TILE, height: TILE }),
    };
  });
  return tiffBytes({ big, images });
}
