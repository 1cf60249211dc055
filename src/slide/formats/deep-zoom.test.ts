import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { itWithShared, sharedPath } from '../../testing/shared-data.ts';
import { blobSource } from '../blob-source.ts';
import { openSlide, singleFile } from '../open.ts';
import { readRegion } from '../region.ts';

/** width, height, sha256 of RGB: made by testing/goldens/make-dzi-goldens.py. */
const LEVELS = [
  [2220, 2967, 'fdfb85845cd5f7c0c51fbf472132129553432d8cb97e4853d6ebbd663c9f2f57'],
  [1110, 1484, '9d8e3618207a8c87dfa9ca732ee11e73215c7c920db0c47989089e97e8591f13'],
  [555, 742, 'a24211d24de5d8b6c2e42fa138222c95cb1cf1943c7fe1a3272fe7acafb5dcaa'],
  [278, 371, 'da0616eb6a0efe712e4253888a40f3c5d4553344f73203524ad997b6c3e1930a'],
  [139, 186, '212eaca0f9001a26f85698d466edb2e7a446cec18972809263bc47f1c2f1689b'],
] as const;

const source = (file: string, name: string) => blobSource(new Blob([readFileSync(file)]), name);

itWithShared('slides/dzi/cmu1-small.dzi', 'every level as Pillow puts it together from its tiles', async () => {
  const folder = path.dirname(sharedPath('slides/dzi/cmu1-small.dzi') ?? '');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((one) => /\.\w+$/.test(one));
  const slide = await openSlide({
    main: source(path.join(folder, 'cmu1-small.dzi'), 'cmu1-small.dzi'),
    find: (name) => (paths.includes(name) ? source(path.join(folder, name), name) : undefined),
    list: () => paths,
  });
  expect(slide.info.levels.map(({ width, height }) => [width, height])).toEqual(LEVELS.map(([w, h]) => [w, h]));
  for (const [level, [width, height, hash]] of LEVELS.entries()) {
    const { data } = await readRegion(slide, { level, x: 0, y: 0, width, height });
    expect(`${level} ${createHash('sha256').update(data).digest('hex')}`).toBe(`${level} ${hash}`);
  }
});

const dzi = (attributes: string, size = 'Width="100" Height="80"') =>
  `<?xml version="1.0"?><Image xmlns="http://schemas.microsoft.com/deepzoom/2008" ${attributes}><Size ${size}/></Image>`;

it.each([
  [dzi('Format="jpg" Overlap="1" TileSize="254"'), 'drop the .dzi file together with its folder'],
  [dzi('Format="tif" Overlap="1" TileSize="254"'), 'tiles of kind tif'],
  [dzi('Format="jpg" Overlap="1" TileSize="0"'), 'TileSize = 0'],
  [dzi('Format="jpg" Overlap="1" TileSize="254"', 'Width="9e99" Height="2"'), 'Width = '],
  [dzi('Format="jpg" Overlap="1" TileSize="254"').replace('<Size', '<<Size'), 'Deep Zoom description'],
])('%s is refused', async (xml, sentence) => {
  await expect(openSlide(singleFile(blobSource(new Blob([xml]), 'a.dzi')))).rejects.toThrow(sentence);
});
