/** Writes Huron TIFF and ARGOS AVS: levels and other images of a plain TIFF, marked and ordered as the makers do. */
import { type TiffImageSpec, tiffBytes } from '../../slide/tiff/write.ts';

/** An image that is no level: one strip of one grey, as bright as it is wide. */
const stripped = (width: number, height: number, subfileType = 0): TiffImageSpec => ({
  width,
  height,
  layout: { kind: 'strips', rows: height },
  compression: 'deflate',
  subfileType,
  read: () => ({ width, height, data: new Uint8Array(width * height * 3).fill(width) }),
});

/** With a thumbnail of 40 x 30 px, a label of 50 x 40 and a macro of 60 x 20. @see OpenSlide documentation, "Huron format" */
export function huronBytes([first, ...rest]: readonly TiffImageSpec[]): Promise<Uint8Array> {
  if (!first) throw new RangeError('a slide has a level');
  const description = 'Huron Digital Pathology\nScanner = TissueScope LE\nBit Depth = 8\n';
  const base = { ...first, description, texts: { 271: 'Huron Digital Pathology' } };
  return tiffBytes({ images: [base, stripped(40, 30), ...rest, stripped(50, 40, 1), stripped(60, 20, 9)] });
}

/**
 * The levels of all focal planes, from the lowest plane up, with a thumbnail of 40 x 30 px and a macro of 60 x 20.
 * @see OpenSlide documentation, "ARGOS format"
 */
export function argosBytes(planes: readonly (readonly TiffImageSpec[])[]): Promise<Uint8Array> {
  const [first, ...rest] = planes.flat();
  if (!first) throw new RangeError('a slide has a level');
  const lowest = -Math.floor(planes.length / 2);
  const xml = `<?xml version="1.0"?><Argos.Scan.Metadata><MinZ>${lowest}</MinZ><MaxZ>${lowest + planes.length - 1}</MaxZ><ObjectiveMagnification>20</ObjectiveMagnification><Barcode>NAME</Barcode></Argos.Scan.Metadata>`;
  const images = [{ ...first, texts: { 65000: xml } }, ...rest, stripped(40, 30), stripped(60, 20)];
  return tiffBytes({ big: true, images });
}
