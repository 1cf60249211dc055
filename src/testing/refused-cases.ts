/** Files that are named and refused, for the case table. */
import { type BrokenFile, unsupported } from './broken-file.ts';
import { bytesOf, pyramid } from './damaged-tiff.ts';

export const REFUSED_CASES: readonly BrokenFile[] = [
  {
    name: 'isyntax-any',
    make: bytesOf('<DataObject ObjectType="DPUfsImport">'),
    expect: unsupported(/iSyntax/),
  },
  {
    name: 'vsi-any',
    make: () => pyramid({ texts: { 33560: 'x' } }),
    expect: unsupported(/Olympus VSI/),
  },
  { name: 'sqlite-any', make: bytesOf('SQLite format 3\0'), expect: unsupported(/Sakura/) },
  { name: 'jp2-any', make: bytesOf('\0\0\0\x0cjP  \r\n\x87\n'), expect: unsupported(/JPEG 2000/) },
  { name: 'j2k-any', make: bytesOf('\xff\x4f\xff\x51'), expect: unsupported(/JPEG 2000/) },
  { name: 'webp-any', make: bytesOf('RIFF\0\0\0\0WEBPVP8 '), expect: unsupported(/WebP/) },
  { name: 'heif-any', make: bytesOf('\0\0\0\x18ftypheic'), expect: unsupported(/HEIF/) },
  { name: 'gif-any', make: bytesOf('GIF89a'), expect: unsupported(/GIF/) },
  { name: 'pdf-any', make: bytesOf('%PDF-1.7'), expect: unsupported(/PDF/) },
  { name: 'zip-any', make: bytesOf('PK\x03\x04'), expect: unsupported(/archive/) },
  {
    name: 'qptiff-description',
    make: () => pyramid({ description: '<PerkinElmer-QPI-ImageDescription>' }),
    expect: unsupported(/QPTIFF/),
  },
  {
    name: 'iiif-without-its-server',
    make: bytesOf('{"@context": "http://iiif.io/api/image/3/context.json"}'),
    expect: unsupported(/IIIF .* without its server/),
  },
  {
    name: 'dicomweb-without-its-server',
    make: bytesOf('[{"00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.77.1.6"]}}]'),
    expect: unsupported(/DICOMweb .* without its server/),
  },
];
