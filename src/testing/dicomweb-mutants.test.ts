/** DICOM JSON in which one value is another: valid JSON that says what no slide is. */
import { expect, it } from 'vitest';
import { exerciseSlide, METADATA, slideFiles } from './exercise.ts';
import { MAKER_SEEDS } from './seeds.ts';

const HOSTILE: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  0.5,
  7,
  65_535,
  2 ** 31,
  2 ** 53,
  1e308,
  '',
  '12',
  'x'.repeat(5000),
  '../../../../',
  '1.2.840.10008.1.2.4.100',
  [],
  [[]],
  {},
  { Value: 'x', vr: 'SQ' },
  { Value: [{}, null, 'x'] },
  { BulkDataURI: 'https://example.org/' },
  { InlineBinary: '%%%' },
];
const LIMIT_MS = 1000;
const LIMIT_BYTES = 64 * 2 ** 20;

/** Each value is changed into so many of the others, in turn: all of them where CI is set. */
const CHANGES = process.env.CI ? HOSTILE.length : 4;

/** Calls `use` with each value in `root` left out, and with others in its place. */
async function withOthers(root: unknown, use: () => Promise<void>): Promise<void> {
  let turn = 0;
  const walk = async (node: unknown): Promise<void> => {
    if (typeof node !== 'object' || node === null) return;
    const holder = node as Record<string, unknown>;
    for (const [key, value] of Object.entries(holder)) {
      for (let i = 0; i < CHANGES; i++) {
        holder[key] = HOSTILE[turn++ % HOSTILE.length];
        await use();
      }
      delete holder[key];
      await use();
      holder[key] = value;
      await walk(value);
    }
  };
  await walk(root);
}

it('costs a typed error or pixels, each within a second and 64 MiB', { timeout: 300_000 }, async () => {
  const seed = MAKER_SEEDS.find(({ broken }) => broken === METADATA);
  const files = await seed?.make();
  const json: unknown = JSON.parse(new TextDecoder().decode(files?.get(METADATA)));
  const seen = { read: 0, refused: 0, holes: 0 };
  await withOthers(json, async () => {
    const text = JSON.stringify(json);
    const bytes = new TextEncoder().encode(text);
    const before = process.memoryUsage().arrayBuffers;
    const start = performance.now();
    try {
      seen[await exerciseSlide(slideFiles(METADATA, new Map([...(files ?? []), [METADATA, bytes]])))]++;
    } catch (error) {
      throw new Error(text, { cause: error });
    }
    // Another process may have held the processor: slow is what is slow by far.
    if (performance.now() - start > 2 * LIMIT_MS) throw new Error(`slow: ${text}`);
    if (process.memoryUsage().arrayBuffers - before > LIMIT_BYTES + 4 * bytes.length) throw new Error(`large: ${text}`);
  });
  expect(seen.refused).toBeGreaterThan(100);
  expect(seen.read).toBeGreaterThan(100);
  expect(seen.holes).toBeGreaterThan(0);
});
