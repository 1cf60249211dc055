/**
 * Broken and refused files by name, `<format>-<condition>`, each with the code and text it must give. All are made here, from
 * a whole file and one named change. In the manner of OpenSlide's test cases.
 */
import { APERIO_CASES } from './aperio-cases.ts';
import { type BrokenFile, open } from './broken-file.ts';
import { CZI_CASES } from './czi-cases.ts';
import { bytesOf } from './damaged-tiff.ts';
import { IMAGE_CASES } from './image-cases.ts';
import { MAKER_CASES } from './maker-cases.ts';
import { OME_CASES } from './ome-cases.ts';
import { REFUSED_CASES } from './refused-cases.ts';
import { SLIDE_CASES } from './slide-cases.ts';
import { TIFF_CASES } from './tiff-cases.ts';
import { TILE_CASES } from './tile-cases.ts';

const NOT_SLIDES: readonly BrokenFile[] = [
  { name: 'none-empty-file', make: bytesOf(''), expect: open('slide/unrecognized', /is not a slide/) },
  { name: 'none-one-byte', make: bytesOf('I'), expect: open('slide/unrecognized', /is not a slide/) },
  {
    name: 'none-text',
    make: bytesOf('This is not a slide at all.\n'),
    expect: open('slide/unrecognized', /not a slide/),
  },
  { name: 'none-zeros', make: bytesOf('', 5000), expect: open('slide/unrecognized', /not a slide/) },
];

export const BROKEN_FILES: readonly BrokenFile[] = [
  ...NOT_SLIDES,
  ...REFUSED_CASES,
  ...OME_CASES,
  ...CZI_CASES,
  ...MAKER_CASES,
  ...SLIDE_CASES,
  ...TIFF_CASES,
  ...TILE_CASES,
  ...APERIO_CASES,
  ...IMAGE_CASES,
];
