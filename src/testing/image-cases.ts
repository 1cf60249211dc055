/** Broken PNG and JPEG images for the case table. */
import { type BrokenFile, corrupt, unsupported } from './broken-file.ts';
import { bomb, bytesOf } from './damaged-tiff.ts';

const PNG_HEAD = '\x89PNG\r\n\x1a\n\0\0\0\rIHDR';

export const IMAGE_CASES: readonly BrokenFile[] = [
  { name: 'png-header-only', make: bytesOf('\x89PNG\r\n\x1a\n'), expect: corrupt(/PNG header is incomplete/) },
  {
    name: 'png-huge',
    make: bytesOf(`${PNG_HEAD}\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\0\0\0`, 60),
    expect: unsupported(/2147483647 x 2147483647/),
  },
  { name: 'png-no-data', make: bytesOf(`${PNG_HEAD}\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0`, 60), expect: corrupt(/PNG/) },
  {
    name: 'png-bad-colour-type',
    make: bytesOf(`${PNG_HEAD}\0\0\0\x10\0\0\0\x10\x08\x09\0\0\0`, 60),
    expect: corrupt(/PNG header is invalid/),
  },
  {
    name: 'png-bomb',
    make: async () => {
      const data = await bomb(2 ** 25);
      const head = await bytesOf(`${PNG_HEAD}\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0\0\0\0\0`)();
      const out = new Uint8Array(head.length + 12 + data.length + 12);
      out.set(head);
      new DataView(out.buffer).setUint32(head.length, data.length);
      out.set([0x49, 0x44, 0x41, 0x54], head.length + 4);
      out.set(data, head.length + 8);
      out.set([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44], head.length + 12 + data.length);
      return out;
    },
    expect: corrupt(/more pixels than its header says/),
  },
  { name: 'jpeg-start-only', make: bytesOf('\xff\xd8\xff'), expect: corrupt(/JPEG/) },
  {
    name: 'jpeg-huge',
    make: bytesOf('\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xda'),
    expect: unsupported(/65535 x 65535/),
  },
  {
    name: 'jpeg-8000-squared-empty',
    make: bytesOf(
      '\xff\xd8\xff\xc0\0\x11\x08\x1f\x40\x1f\x40\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xda\0\x0c\x03\x01\0\x02\x11\x03\x11\0\x3f\0',
    ),
    expect: corrupt(/JPEG/),
  },
  {
    name: 'jpeg-progressive-8000-squared-empty',
    make: bytesOf(
      '\xff\xd8\xff\xc2\0\x11\x08\x1f\x40\x1f\x40\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xda\0\x0c\x03\x01\0\x02\x11\x03\x11\0\x3f\0',
    ),
    expect: corrupt(/JPEG/),
  },
  {
    name: 'jpeg-ls',
    make: bytesOf('\xff\xd8\xff\xf7\0\x0b\x08\0\x10\0\x10\x01\x01\x11\0\xff\xda'),
    expect: unsupported(/JPEG-LS/),
  },
];
