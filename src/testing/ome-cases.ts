/** Broken and odd OME-TIFF files for the case table: a small file of one plane, and what its XML says of it. */
import { tiffBytes } from '../slide/tiff/write.ts';
import { type BrokenFile, corrupt, tile, unsupported } from './broken-file.ts';
import { patchTiff, type TiffPatch } from './patch-tiff.ts';

const WIDTH = 100;
const HEIGHT = 80;
const PIXELS = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(90) };

interface Written {
  readonly color?: 'rgb' | 'gray';
  readonly directories?: number;
  readonly change?: (patch: TiffPatch) => void;
}

const file = (xml: string, { color = 'gray', directories = 1, change }: Written) => {
  return async () => {
    const bytes = await tiffBytes({
      images: Array.from({ length: directories }, (_, i) => ({
        width: WIDTH,
        height: HEIGHT,
        layout: { kind: 'tiles' as const, width: 64, height: 64 },
        compression: 'deflate' as const,
        color,
        ...(i === 0 ? { description: xml } : {}),
        read: () => PIXELS,
      })),
    });
    if (!change) return bytes;
    const patch = patchTiff(bytes);
    change(patch);
    return patch.bytes;
  };
};

const image = (attributes: string, inner = '', name = '') =>
  `<Image ID="Image:0" Name="${name}"><Pixels DimensionOrder="XYCZT" Type="uint8" ${attributes}>${inner}</Pixels></Image>`;
const ome = (images: string, root = '') =>
  `<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" ${root}>${images}</OME>`;
const sizes = (sizeC: number, sizeZ = 1, sizeT = 1) =>
  `SizeX="${WIDTH}" SizeY="${HEIGHT}" SizeC="${sizeC}" SizeZ="${sizeZ}" SizeT="${sizeT}"`;

const row = (name: string, xml: string, expect: BrokenFile['expect'], written: Written = {}): BrokenFile => ({
  name: `ome-${name}`,
  make: file(xml, written),
  expect,
});

const plain = ome(image(sizes(1), '<TiffData IFD="0"/>'));
const none = { at: 'none' } as const;
const otherFile = (name: string, ifd = 0, firstC = 0) =>
  `<TiffData IFD="${ifd}" FirstC="${firstC}"><UUID FileName="${name}">urn:uuid:${name}</UUID></TiffData>`;

export const OME_CASES: readonly BrokenFile[] = [
  row('whole', plain, none),
  row('rgb-whole', ome(image(sizes(3), '<Channel SamplesPerPixel="3"/><TiffData/>')), none, { color: 'rgb' }),
  row('prefix-and-no-tiffdata', `<ome:OME>${image(sizes(2))}</ome:OME>`, none, { directories: 2 }),
  row('nine-channels-white', ome(image(sizes(9), '<Channel Color="-1"/>'.repeat(9))), none, { directories: 9 }),
  row('renamed-alone', ome(image(sizes(1), otherFile('another-name.ome.tif'))), none),
  row('no-images', ome(''), corrupt(/no image/)),
  row('not-xml', '<OME <<<>', corrupt(/no image|not valid XML/)),
  row('xml-cut', plain.slice(0, -20), corrupt(/.+/)),
  row('no-size-x', ome(image('SizeY="80" SizeC="1" SizeZ="1" SizeT="1"')), corrupt(/no SizeX/)),
  row('size-z-not-a-number', ome(image(sizes(1).replace('SizeZ="1"', 'SizeZ="many"'))), corrupt(/no SizeZ/)),
  row('size-z-negative', ome(image(sizes(1, -1))), corrupt(/no SizeZ/)),
  row('channels-billions', ome(image(sizes(2e9))), corrupt(/claims 2000000000 channels/)),
  row('images-thousands', ome(image(sizes(1)).repeat(5000)), corrupt(/claims 5000 images/)),
  row(
    'channels-in-many-images',
    ome(image(sizes(1024), '<TiffData/>').repeat(100)),
    corrupt(/claims more than 65536 channels/),
  ),
  row(
    'planes-in-many-images',
    ome(image(sizes(1, 1024, 1024), '<TiffData/>').repeat(1000)),
    corrupt(/names directory \d+/),
  ),
  row('planes-billions', ome(image(sizes(1, 1e6, 1e6))), corrupt(/claims 1000000000000 planes/)),
  row(
    'other-size',
    ome(image(sizes(1).replace('"100"', '"101"'))),
    corrupt(/100 x 80 px, and 101 x 80 in its OME-XML/),
  ),
  row('order-of-nothing', ome(image(sizes(1)).replace('XYCZT', 'XYCZZ')), corrupt(/dimension order XYCZZ/)),
  row('ifd-past-end', ome(image(sizes(1), '<TiffData IFD="7"/>')), corrupt(/names directory 7/)),
  row('ifd-negative', ome(image(sizes(1), '<TiffData IFD="-1"/>')), corrupt(/names directory -1/)),
  row('plane-without-a-place', ome(image(sizes(2), '<TiffData IFD="0"/>')), corrupt(/no plane of channel 1/)),
  row('plane-count-billions', ome(image(sizes(1), '<TiffData IFD="0" PlaneCount="4000000000"/>')), none),
  row('first-c-negative', ome(image(sizes(1), '<TiffData IFD="0" FirstC="-5"/>')), corrupt(/no plane of channel 0/)),
  row(
    'companion-not-here',
    ome('<BinaryOnly MetadataFile="set.companion.ome" UUID="x"/>'),
    unsupported(/without its file set\.companion\.ome/),
  ),
  row(
    'other-files-not-here',
    ome(image(sizes(2), otherFile('a.ome.tif') + otherFile('b.ome.tif', 0, 1))),
    unsupported(/without its file a\.ome\.tif/),
  ),
  row('complex-samples', plain, unsupported(/8-bit complex samples/), {
    // An entry that does not matter is made SampleFormat 6.
    change: (p) => {
      const at = p.entry(254);
      p.view.setUint16(at, 339, true);
      p.view.setUint16(at + 2, 3, true);
      p.view.setUint16(at + 8, 6, true);
    },
  }),
  row('one-bit', plain, unsupported(/1-bit unsigned samples/), { change: (p) => p.setValue(258, 1) }),
  row('samples-65535', plain, corrupt(/claims 65535 samples/), { change: (p) => p.setValue(277, 65535) }),
  row('tile-zero', plain, corrupt(/tiles of 0 x 64/), { change: (p) => p.setValue(322, 0) }),
  row('tile-past-end', plain, tile(/past the end of the file/), { change: (p) => p.setElement(324, 0, 0x7ffffff0) }),
  row('tile-missing', plain, none, { change: (p) => p.setElement(325, 0, 0) }),
  row('wider-than-its-bytes', plain, tile(/has 4096 bytes of pixels and needs 8192/), {
    change: (p) => {
      p.setValue(258, 16);
    },
  }),
];
