/** Broken and odd files of makers' TIFF dialects for the case table. */
import { type BrokenFile, corrupt, tile, unsupported } from './broken-file.ts';
import { patchTiff, type TiffPatch } from './patch-tiff.ts';
import { philipsBytes } from './written/philips.ts';

const none = { at: 'none' } as const;

/** A file with one text in it replaced by another of the same length, or patched by tag. */
function changed(
  make: () => Promise<Uint8Array>,
  change: { readonly text?: readonly [string, string]; readonly patch?: (patch: TiffPatch) => void },
): () => Promise<Uint8Array> {
  return async () => {
    const patch = patchTiff(await make());
    const { text } = change;
    if (text) {
      const latin1 = new TextDecoder('latin1').decode(patch.bytes);
      const at = latin1.indexOf(text[0]);
      if (at < 0 || text[0].length !== text[1].length) throw new RangeError(`cannot replace ${text[0]}`);
      for (let i = 0; i < text[1].length; i++) patch.bytes[at + i] = text[1].charCodeAt(i);
    }
    change.patch?.(patch);
    return patch.bytes;
  };
}

const maker =
  (prefix: string, make: () => Promise<Uint8Array>) =>
  (name: string, expect: BrokenFile['expect'], change: Parameters<typeof changed>[1] = {}): BrokenFile => ({
    name: `${prefix}-${name}`,
    make: changed(make, change),
    expect,
  });

const philips = maker('philips', () =>
  philipsBytes({ cols: 3, rows: 2, downsamples: [1, 2], missing: [], big: false }),
);

export const MAKER_CASES: readonly BrokenFile[] = [
  philips('whole', none),
  philips('spacing-zero', none, {
    text: ['&quot;0.0005&quot; &quot;0.0005&quot;', '&quot;0.0000&quot; &quot;0.0000&quot;'],
  }),
  philips('spacing-garbled', none, { text: ['&quot;0.0005&quot;', '&quot;abcdef&quot;'] }),
  philips('label-not-base64', none, { text: ['/9j/4AAQ', '!!!!!!!!'] }),
  philips('not-xml', corrupt(/description is not valid XML|names no slide image/), {
    text: ['<DataObject ObjectType="DPScannedImage">', '<DataObject ObjectType="DPScannedImage"<'],
  }),
  philips('no-slide-image', corrupt(/names no slide image/), { text: ['>WSI<', '>XYZ<'] }),
  philips('no-array', corrupt(/names no slide image/), {
    text: ['"PIM_DP_SCANNED_IMAGES"', '"PIM_DP_SCANNED_IMAGEX"'],
  }),
  philips('compression-52479', unsupported(/Philips TIFF .* compression 52479/), {
    patch: (p) => p.setValue(259, 52479),
  }),
  philips('tile-zero', corrupt(/tiles of 0 x 64/), { patch: (p) => p.setValue(322, 0) }),
  philips('tile-past-end', tile(/past the end of the file/), { patch: (p) => p.setElement(324, 0, 0x7ffffff0) }),
  philips('tile-missing', none, { patch: (p) => p.setElement(325, 0, 0) }),
];
