/**
 * The XML of an OME-TIFF: its images, what their planes are and where each one lies.
 * @see OME Data Model and File Formats, "OME-TIFF specification"; OME schema 2016-06
 */
import { AppError } from '../../errors.ts';
import type { Color } from '../channel-view.ts';
import { attribute, child, children, numberAttribute, parseXml, type XmlElement } from '../xml.ts';

export interface OmeChannel {
  readonly name: string;
  readonly color: Color | undefined;
  /** Samples of a pixel in one plane: 3 for colour. */
  readonly samples: number;
}

/** Where a plane lies. */
export interface OmePlane {
  readonly ifd: number;
  /** Another file, by the name and id that the XML gives it. */
  readonly file: { readonly name: string; readonly uuid: string } | undefined;
}

export interface OmeImage {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly sizeZ: number;
  readonly sizeT: number;
  readonly type: string;
  readonly channels: readonly OmeChannel[];
  /** µm per px. */
  readonly mpp: readonly [number, number] | undefined;
  readonly objectivePower: number | undefined;
  readonly acquired: string | undefined;
  /** Undefined where no file holds the plane. */
  plane(channel: number, z: number, t: number): OmePlane | undefined;
}

export interface OmeDocument {
  readonly uuid: string;
  readonly images: readonly OmeImage[];
  /** The file that holds the metadata of this one. */
  readonly companion: string | undefined;
}

/** What a person calls the format. */
export const OME_TIFF = 'OME-TIFF';

const LIMITS = { size: 2 ** 31, images: 4096, planes: 2 ** 20, channels: 1024, allChannels: 2 ** 16 } as const;

const UM: Readonly<Record<string, number>> = {
  µm: 1,
  μm: 1,
  um: 1,
  nm: 1e-3,
  mm: 1e3,
  cm: 1e4,
  m: 1e6,
  pm: 1e-6,
  Å: 1e-4,
};

/** Of several focal planes and time points, the one that is read. */
export const middle = (count: number) => Math.floor(count / 2);

/** Where the plane of a channel that is read lies. */
export function shownPlane(image: OmeImage, channel: number): OmePlane | undefined {
  return image.plane(channel, middle(image.sizeZ), middle(image.sizeT));
}

function corrupt(where: string): AppError {
  return new AppError({ code: 'slide/corrupt', where });
}

/** @throws slide/corrupt */
export function parseOme(text: string): OmeDocument {
  // Counted before they are parsed, which takes longer.
  const count = text.match(/<(?:\w+:)?Image[\s>]/g)?.length ?? 0;
  if (count > LIMITS.images) throw corrupt(`its OME-XML claims ${count} images`);
  const root = child(parseXml(text, 'its OME-XML'), 'OME');
  if (!root) throw corrupt('its OME-XML has no OME element');
  const uuid = attribute(root, 'UUID') ?? '';
  const powers = objectives(root);
  const images: OmeImage[] = [];
  let channels = 0;
  for (const element of children(root, 'Image')) {
    const image = imageOf(element, uuid, powers);
    channels += image.channels.length;
    if (channels > LIMITS.allChannels) throw corrupt(`its OME-XML claims more than ${LIMITS.allChannels} channels`);
    images.push(image);
  }
  return {
    uuid,
    images,
    companion: attribute(child(root, 'BinaryOnly'), 'MetadataFile'),
  };
}

/** Nominal magnification by the objective's ID. */
function objectives(root: XmlElement): Map<string, number> {
  const found = new Map<string, number>();
  for (const instrument of children(root, 'Instrument'))
    for (const objective of children(instrument, 'Objective')) {
      const power = numberAttribute(objective, 'NominalMagnification');
      const id = attribute(objective, 'ID');
      if (id !== undefined && power !== undefined && power > 0) found.set(id, power);
    }
  return found;
}

function imageOf(image: XmlElement, uuid: string, powers: ReadonlyMap<string, number>): OmeImage {
  const name = attribute(image, 'Name') ?? '';
  const pixels = child(image, 'Pixels');
  const size = (axis: string) => {
    const value = numberAttribute(pixels, `Size${axis}`);
    if (value === undefined || !Number.isInteger(value) || value < 1 || value > LIMITS.size)
      throw corrupt(`an image of its OME-XML has no Size${axis}`);
    return value;
  };
  const [width, height, sizeZ, sizeC, sizeT] = [size('X'), size('Y'), size('Z'), size('C'), size('T')];
  if (sizeC > LIMITS.channels) throw corrupt(`its OME-XML claims ${sizeC} channels`);
  const channels = channelsOf(pixels, sizeC);
  if (channels.length * sizeZ * sizeT > LIMITS.planes)
    throw corrupt(`its OME-XML claims ${channels.length * sizeZ * sizeT} planes`);
  const um = (axis: string) => {
    const value = numberAttribute(pixels, `PhysicalSize${axis}`);
    const unit = UM[attribute(pixels, `PhysicalSize${axis}Unit`) ?? 'µm'];
    return value === undefined || unit === undefined ? undefined : value * unit;
  };
  const x = um('X');
  const y = um('Y') ?? x;
  return {
    name,
    width,
    height,
    sizeZ,
    sizeT,
    type: attribute(pixels, 'Type') ?? '',
    channels,
    mpp: x !== undefined && y !== undefined ? [x, y] : undefined,
    objectivePower: powers.get(attribute(child(image, 'ObjectiveSettings'), 'ID') ?? ''),
    acquired: textOfDate(image),
    plane: planesOf(pixels, uuid, [channels.length, sizeZ, sizeT]),
  };
}

function textOfDate(image: XmlElement): string | undefined {
  const text = child(image, 'AcquisitionDate')?.['#text'];
  return typeof text === 'string' ? text : undefined;
}

function channelsOf(pixels: XmlElement | undefined, sizeC: number): OmeChannel[] {
  const stated = children(pixels, 'Channel').map((channel) => ({
    name: attribute(channel, 'Name') ?? attribute(channel, 'Fluor') ?? '',
    color: colorOf(numberAttribute(channel, 'Color')),
    samples: Math.max(1, Math.floor(numberAttribute(channel, 'SamplesPerPixel') ?? 1)),
  }));
  const total = stated.reduce((sum, { samples }) => sum + samples, 0);
  if (total === sizeC) return stated;
  return Array.from({ length: sizeC }, (_, i) => ({
    name: stated[i]?.name ?? '',
    color: stated[i]?.color,
    samples: 1,
  }));
}

/** A signed 32-bit RGBA. */
function colorOf(value: number | undefined): Color | undefined {
  return value === undefined ? undefined : [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255];
}

/** Planes by channel, z and t, from the TiffData elements; without any, in the order of the file. */
function planesOf(
  pixels: XmlElement | undefined,
  uuid: string,
  [countC, countZ, countT]: readonly [number, number, number],
): OmeImage['plane'] {
  const order = attribute(pixels, 'DimensionOrder') ?? 'XYCZT';
  const axes = [...order.slice(2)];
  const counts: Readonly<Record<string, number>> = { C: countC, Z: countZ, T: countT };
  if (order.slice(0, 2) !== 'XY' || [...axes].sort().join('') !== 'CTZ')
    throw corrupt(`its OME-XML has the dimension order ${order}`);
  const planes = countC * countZ * countT;
  const indexOf = (at: Readonly<Record<string, number>>) =>
    axes.reduceRight((index, axis) => index * (counts[axis] ?? 1) + (at[axis] ?? 0), 0);
  const data = children(pixels, 'TiffData');
  // Kept as they are written: a count is only a claim.
  const placed: { first: number; count: number; ifd: number; file: OmePlane['file'] }[] = [];
  for (const one of data) {
    const ifd = numberAttribute(one, 'IFD');
    const first = indexOf({
      C: numberAttribute(one, 'FirstC') ?? 0,
      Z: numberAttribute(one, 'FirstZ') ?? 0,
      T: numberAttribute(one, 'FirstT') ?? 0,
    });
    const count = numberAttribute(one, 'PlaneCount') ?? (ifd === undefined ? planes : 1);
    const link = child(one, 'UUID');
    const text = link?.['#text'];
    const id = typeof text === 'string' ? text.trim() : Array.isArray(text) ? String(text[0] ?? '').trim() : '';
    const other = link !== undefined && id !== uuid;
    const file = other ? { name: attribute(link, 'FileName') ?? '', uuid: id } : undefined;
    placed.push({ first, count, ifd: ifd ?? 0, file });
  }
  return (channel, z, t) => {
    const index = indexOf({ C: channel, Z: z, T: t });
    if (data.length === 0) return { ifd: index, file: undefined };
    const at = placed.findLast(({ first, count }) => first >= 0 && index >= first && index < first + count);
    return at && { ifd: at.ifd + index - at.first, file: at.file };
  };
}
