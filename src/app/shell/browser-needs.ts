/** What the page cannot do without, by the names people can search for. Pure. */

const NEEDS: readonly (readonly [string, string])[] = [
  ['WebAssembly', 'WebAssembly'],
  ['Worker', 'web workers'],
  ['OffscreenCanvas', 'OffscreenCanvas'],
  ['createImageBitmap', 'ImageBitmap'],
];

/** What a browser lacks; empty when the page can run. */
export function missingIn(scope: object): readonly string[] {
  return NEEDS.filter(([name]) => !(name in scope)).map(([, words]) => words);
}
