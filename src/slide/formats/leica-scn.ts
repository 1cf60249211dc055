/**
 * Leica SCN: a BigTIFF whose ImageDescription is an XML document that places one or more scanned areas on the glass, in
 * nanometres. Recognised by the XML's namespace. Each area is a pyramid of TIFF directories; the image whose view covers the
 * whole collection is the macro. Levels span the whole collection, with white where nothing was scanned; `bounds` is what
 * the areas cover.
 *
 * @see OpenSlide documentation, "Leica format"
 */
import { AppError } from '../../errors.ts';
import { codecFor } from '../codecs/index.ts';
import { fingerprint } from '../fingerprint.ts';
import type { SlideFormat } from '../format.ts';
import { type MosaicLevel, mosaic, type PlacedImage } from '../mosaic.ts';
import type { Slide } from '../slide.ts';
import { readImage, type TiffImage } from '../tiff/image.ts';
import { plausibleMpp, readWhole } from '../tiff/tiff-slide.ts';
import { attribute, child, children, numberAttribute, parseXml, textOf, type XmlElement } from '../xml.ts';

const LABEL = 'Leica SCN';

interface Dimension {
  readonly ifd: number;
  readonly width: number;
  readonly height: number;
}

interface Area {
  /** nm on the collection. */
  readonly x: number;
  readonly y: number;
  readonly sizeX: number;
  readonly sizeY: number;
  /** Largest first. */
  readonly dimensions: readonly Dimension[];
  readonly objective: number | undefined;
  readonly properties: Readonly<Record<string, string>>;
}

export const leicaScn: SlideFormat = {
  id: 'leica-scn',
  label: LABEL,
  detect: ({ description }) => description.includes('www.leica-microsystems.com/scn/'),
  async open(files, probe, signal) {
    const { tiff } = probe;
    if (!tiff) throw new AppError({ code: 'slide/corrupt', where: 'it is not a TIFF' });
    const collection = child(parseXml(probe.description, 'its image description'), 'scn', 'collection');
    const width = numberAttribute(collection, 'sizeX') ?? 0;
    const height = numberAttribute(collection, 'sizeY') ?? 0;
    if (!collection || width <= 0 || height <= 0)
      throw new AppError({ code: 'slide/corrupt', where: 'its collection has no size' });
    const images = children(collection, 'image').map(areaOf);
    const isMacro = ({ x, y, sizeX, sizeY }: Area) => x === 0 && y === 0 && sizeX === width && sizeY === height;
    const areas = images.filter((image) => !isMacro(image));
    const macro = images.find(isMacro);
    const [first] = areas;
    if (!first) throw new AppError({ code: 'slide/corrupt', where: 'it has no scanned area' });

    const read = async ({ ifd }: Dimension) => {
      const directory = tiff.directories[ifd];
      if (!directory) throw new AppError({ code: 'slide/corrupt', where: `its XML names directory ${ifd}` });
      return readImage(tiff, directory, `directory ${ifd}`, LABEL, signal);
    };
    const levels: MosaicLevel[] = [];
    let compression = 1;
    for (const [index, dimension] of first.dimensions.entries()) {
      const nmPerPx = first.sizeX / dimension.width;
      const placed: PlacedImage[] = [];
      for (const area of areas) {
        // Areas of one scan have the same magnifications; one that stops earlier is left out of the coarser levels.
        const own = area.dimensions[index];
        if (!own || Math.abs(area.sizeX / own.width / nmPerPx - 1) > 0.01) continue;
        const image = await read(own);
        if (index === 0) compression = image.compression;
        const { width, height, blockWidth, blockHeight } = image;
        const x = Math.round(area.x / nmPerPx);
        const y = Math.round(area.y / nmPerPx);
        placed.push({ x, y, width, height, blockWidth, blockHeight, readBlock: image.readBlock });
      }
      levels.push({ width: Math.ceil(width / nmPerPx), height: Math.ceil(height / nmPerPx), images: placed });
    }
    const [base] = levels;
    if (!base) throw new AppError({ code: 'slide/corrupt', where: 'its area has no levels' });
    const composed = mosaic(levels, [255, 255, 255]);
    const macroDimension = macro?.dimensions[0];
    const macroImage: TiffImage | undefined = macroDimension && (await read(macroDimension));
    const [dimension] = first.dimensions;
    const um = dimension ? first.sizeX / dimension.width / 1000 : 0;
    const umY = dimension ? first.sizeY / dimension.height / 1000 : 0;
    const slide: Slide = {
      info: {
        id: await fingerprint(files.main, signal),
        name: files.main.name,
        format: 'leica-scn',
        formatLabel: `${LABEL}, ${codecFor(compression, LABEL).name}`,
        width: base.width,
        height: base.height,
        levels: composed.levels,
        mpp: plausibleMpp(um, umY, 'vendor'),
        objectivePower: first.objective,
        bounds: boundsOf(base.images),
        background: [255, 255, 255],
        properties: first.properties,
        associated: macroImage ? ['macro'] : [],
      },
      readTile: composed.readTile,
      async readAssociated(name, signal) {
        if (name !== 'macro' || !macroImage) throw new RangeError(`no associated image ${name}`);
        return readWhole(macroImage, signal);
      },
      async close() {
        composed.clear();
      },
    };
    return slide;
  },
};

function areaOf(image: XmlElement): Area {
  const view = child(image, 'view');
  const pixels = child(image, 'pixels');
  const need = (element: XmlElement | undefined, name: string) => {
    const value = numberAttribute(element, name);
    if (value === undefined) throw new AppError({ code: 'slide/corrupt', where: `an image of its XML has no ${name}` });
    return value;
  };
  const dimensions = children(pixels, 'dimension')
    // Other focal planes and channels of the same picture.
    .filter((one) => (numberAttribute(one, 'z') ?? 0) === 0 && (numberAttribute(one, 'c') ?? 0) === 0)
    .map((one) => ({ ifd: need(one, 'ifd'), width: need(one, 'sizeX'), height: need(one, 'sizeY') }))
    .filter(({ width, height }) => width > 0 && height > 0)
    .sort((a, b) => b.width - a.width);
  const settings = child(image, 'scanSettings');
  const objective = Number(textOf(child(settings, 'objectiveSettings', 'objective')));
  const properties: Record<string, string> = {};
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') properties[`leica.${name}`] = value;
  };
  add('objective', textOf(child(settings, 'objectiveSettings', 'objective')));
  add('aperture', textOf(child(settings, 'illuminationSettings', 'numericalAperture')));
  add('illumination-source', textOf(child(settings, 'illuminationSettings', 'illuminationSource')));
  add('device-model', attribute(child(image, 'device'), 'model'));
  add('device-version', attribute(child(image, 'device'), 'version'));
  add('creation-date', textOf(child(image, 'creationDate')));
  return {
    x: numberAttribute(view, 'offsetX') ?? 0,
    y: numberAttribute(view, 'offsetY') ?? 0,
    sizeX: need(view, 'sizeX'),
    sizeY: need(view, 'sizeY'),
    dimensions,
    objective: Number.isFinite(objective) && objective > 0 ? objective : undefined,
    properties,
  };
}

function boundsOf(images: readonly PlacedImage[]) {
  const x = Math.min(...images.map((image) => image.x));
  const y = Math.min(...images.map((image) => image.y));
  const right = Math.max(...images.map((image) => image.x + image.width));
  const bottom = Math.max(...images.map((image) => image.y + image.height));
  return { x, y, width: right - x, height: bottom - y };
}
