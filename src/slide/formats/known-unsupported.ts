/** Formats that are recognised by content and refused by name, so that nobody wonders whether the file is broken. */
import { AppError } from '../../errors.ts';
import type { SlideFormat } from '../format.ts';
import type { FileProbe } from '../probe.ts';
import { TAG } from '../tiff/tags.ts';

const latin1 = new TextDecoder('latin1');

function textAt({ head }: FileProbe, offset: number, length: number): string {
  return latin1.decode(head.subarray(offset, offset + length));
}

const startsWith = (probe: FileProbe, text: string, offset = 0) => textAt(probe, offset, text.length) === text;
const contains = (probe: FileProbe, text: string) => textAt(probe, 0, 4096).includes(text);
const hasTag = ({ tiff }: FileProbe, id: number) => tiff?.directories[0]?.tags.has(id) === true;

function refused(
  id: string,
  label: string,
  detect: (probe: FileProbe) => boolean,
  feature = 'this format',
): SlideFormat {
  return {
    id,
    label,
    detect,
    async open() {
      throw new AppError({ code: 'slide/unsupported', format: label, feature });
    },
  };
}

export const KNOWN_UNSUPPORTED: readonly SlideFormat[] = [
  refused('philips-isyntax', 'Philips iSyntax', (probe) => contains(probe, 'DPUfsImport')),
  refused('qptiff', 'Akoya QPTIFF', ({ description }) => description.includes('PerkinElmer-QPI')),
  refused('olympus-vsi', 'Olympus VSI', (probe) => startsWith(probe, '\x18\0IS', 8) || hasTag(probe, TAG.olympus)),
  refused('sakura', 'Sakura SVSLIDE or other SQLite', (probe) => startsWith(probe, 'SQLite format 3\0')),
  refused(
    'jpeg2000',
    'JPEG 2000',
    (probe) => startsWith(probe, '\0\0\0\x0cjP  ') || startsWith(probe, '\xff\x4f\xff\x51'),
    'plain JPEG 2000 images',
  ),
  refused('webp', 'WebP', (probe) => startsWith(probe, 'RIFF') && startsWith(probe, 'WEBP', 8), 'plain WebP images'),
  refused('heif', 'HEIF or AVIF', (probe) => /^ftyp(heic|heix|mif1|avif)$/.test(textAt(probe, 4, 8)), 'such images'),
  refused('gif', 'GIF', (probe) => startsWith(probe, 'GIF8'), 'GIF images'),
  refused('pdf', 'PDF', (probe) => startsWith(probe, '%PDF-'), 'documents'),
  refused('zip', 'ZIP', (probe) => startsWith(probe, 'PK\x03\x04'), 'slides inside an archive'),
];
