import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

/** Rooms that each room may import from, besides itself, errors.ts and geometry.ts. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  words: ['slide', 'tiling', 'model', 'analysis'],
  report: ['slide', 'tiling', 'model', 'analysis', 'words'],
  slide: [],
  tiling: ['slide'],
  model: ['slide', 'tiling'],
  analysis: ['slide', 'tiling', 'model'],
  evaluation: ['slide', 'tiling', 'model', 'analysis', 'words', 'report'],
  phantom: ['slide'],
  worker: ['slide', 'tiling', 'model', 'analysis'],
  viewer: ['slide', 'tiling', 'analysis', 'words'],
  app: ['slide', 'tiling', 'model', 'analysis', 'worker', 'viewer', 'words', 'report'],
  cli: ['slide', 'tiling', 'model', 'analysis', 'evaluation', 'phantom', 'words', 'report'],
  testing: ['slide', 'tiling', 'model', 'analysis', 'phantom'],
};

/** From the core app, viewer, words and report take types and these pure modules only: the page must not bundle it. */
const PAGE_MAY_RUN = [
  'analysis/heatmap.ts',
  'analysis/prediction.ts',
  'tiling/coverage.ts',
  'analysis/scope.ts',
  'slide/address.ts',
  'slide/blob-source.ts',
  'slide/channel-view.ts',
  'slide/shared-read.ts',
  'worker/connect.ts',
  'worker/rpc.ts',
  'worker/pool.ts',
  'worker/imported-models.ts',
  'worker/model-urls.ts',
  'model/catalog.ts',
  'analysis/notes.ts',
  'slide/pixel-size.ts',
];

/** The one room (or file prefix) each heavy package may be imported in. */
const DOORMEN: readonly (readonly [RegExp, string])[] = [
  [/^geotiff/, 'slide/codecs/'],
  [/^@cornerstonejs\//, 'slide/codecs/'],
  [/^lcms-wasm/, 'slide/codecs/'],
  [/^@tensorflow\//, 'model/'],
  [/^openseadragon/, 'viewer/'],
  [/^(idb|fake-indexeddb)/, 'worker/'],
  [/^(react|react-dom|zustand|react-aria-components|lucide-react)(\/|$)/, '(app|viewer)/|main.tsx'],
  [/^node:/, '(cli|testing)/'],
];

const src = import.meta.dirname;
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => file.split(path.sep).join('/'));

interface Import {
  readonly file: string;
  readonly target: string;
  readonly isType: boolean;
  /** `?url`: only the address of an asset, none of its code. */
  readonly isAddress: boolean;
}

const imports: Import[] = files.flatMap((file) => {
  const text = readFileSync(path.join(src, file), 'utf8');
  const found = text.matchAll(
    /^\s*(import|export)\s+(type\s)?[^'"`;]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|^import\s+['"]([^'"]+)['"]/gm,
  );
  return [...found].map((match) => {
    const specifier = match[3] ?? match[4] ?? match[5] ?? '';
    const target = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier;
    return {
      file,
      target: target.replace(/\?.*$/, ''),
      isType: match[2] !== undefined,
      isAddress: target.endsWith('?url'),
    };
  });
});

const isTest = (file: string) => /\.(test|bench)\.tsx?$/.test(file);
const room = (file: string) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : '');

it('sees imports at all', () => {
  expect(imports.length).toBeGreaterThan(20);
  expect(imports.some((one) => one.file === 'layers.test.ts' && one.target === 'vitest')).toBe(true);
});

it('has arrows in one direction only', () => {
  const upward = imports.filter(({ file, target }) => {
    const from = room(file);
    if (isTest(file) || from === '' || !target.match(/^[a-z-]+\//) || !files.includes(target)) return false;
    const to = room(target);
    return to !== from && !(ARROWS[from] ?? []).includes(to);
  });
  expect(upward).toEqual([]);
});

it('knows every room', () => {
  const rooms = new Set(files.map(room).filter((name) => name !== ''));
  expect([...rooms].filter((name) => !(name in ARROWS))).toEqual([]);
});

it('keeps the core out of the page', () => {
  const bundled = imports.filter(
    ({ file, target, isType }) =>
      !isTest(file) &&
      ['app', 'viewer', 'words', 'report'].includes(room(file)) &&
      !isType &&
      files.includes(target) &&
      ['slide', 'tiling', 'model', 'analysis', 'worker'].includes(room(target)) &&
      !PAGE_MAY_RUN.includes(target),
  );
  expect(bundled).toEqual([]);
});

it('has one doorman for each heavy package', () => {
  const strays = imports.filter(
    ({ file, target, isType, isAddress }) =>
      !isTest(file) &&
      !isType &&
      !isAddress &&
      DOORMEN.some(([name, where]) => name.test(target) && !new RegExp(`^(${where})`).test(file)),
  );
  expect(strays).toEqual([]);
});
