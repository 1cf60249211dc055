/** OME-TIFF of one image or several, each of grey channels of 16 bits, made by our own writer. */
import type { Color } from '../../slide/channel-view.ts';
import { type TiffImageSpec, tiffBytes } from '../../slide/tiff/write.ts';

export interface WrittenChannel {
  readonly name: string;
  readonly color: Color;
  /** 0..255 at a point of level 0; stored 257 times as large. */
  readonly paint: (x: number, y: number) => number;
}

export interface WrittenImage {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly channels: readonly WrittenChannel[];
}

const TILE = 256;
/** Of the smaller level, in a SubIFD. */
const REDUCTION = 4;

function level(image: WrittenImage, { paint }: WrittenChannel, reduction: number): TiffImageSpec {
  return {
    width: Math.ceil(image.width / reduction),
    height: Math.ceil(image.height / reduction),
    layout: { kind: 'tiles', width: TILE, height: TILE },
    compression: 'deflate',
    color: 'gray',
    bits: 16,
    read: (col, row) => {
      const data = new Uint8Array(TILE * TILE * 3);
      for (let i = 0; i < TILE * TILE; i++) {
        const x = (col * TILE + (i % TILE)) * reduction;
        const y = (row * TILE + Math.floor(i / TILE)) * reduction;
        data.fill(paint(x, y), i * 3, i * 3 + 3);
      }
      return { width: TILE, height: TILE, data };
    },
  };
}

/** The colour as OME writes it: a signed 32-bit RGBA. */
const rgba = ([red, green, blue]: Color) => (red << 24) | (green << 16) | (blue << 8) | 255;

/** A directory for each channel of each image, with a smaller level; the XML names them in their order. */
export function fluorescenceBytes(images: readonly WrittenImage[]): Promise<Uint8Array> {
  let ifd = 0;
  const described = images.map(({ name, width, height, channels }, at) => {
    const size = `SizeX="${width}" SizeY="${height}" SizeC="${channels.length}" SizeZ="1" SizeT="1"`;
    const scale = 'PhysicalSizeX="0.5" PhysicalSizeY="0.5"';
    const first = ifd;
    ifd += channels.length;
    const inner = channels.map((one) => `<Channel Name="${one.name}" Color="${rgba(one.color)}"/>`).join('');
    const data = `<TiffData IFD="${first}" PlaneCount="${channels.length}"/>`;
    return `<Image ID="Image:${at}" Name="${name}"><Pixels DimensionOrder="XYCZT" Type="uint16" ${size} ${scale}>${inner}${data}</Pixels></Image>`;
  });
  const directories = images.flatMap((image) =>
    image.channels.map((channel) => ({
      ...level(image, channel, 1),
      subImages: [{ ...level(image, channel, REDUCTION), subfileType: 1 }],
    })),
  );
  const description = `<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">${described.join('')}</OME>`;
  return tiffBytes({ images: directories.map((one, i) => (i === 0 ? { ...one, description } : one)) });
}
