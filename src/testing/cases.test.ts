import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { openSlide, singleFile } from '../slide/open.ts';
import { BROKEN_FILES } from './cases.ts';
import { bytesSource } from './synthetic-slide.ts';

const LIMIT_MS = 1000;
const LIMIT_BYTES = 64 * 2 ** 20;

/** What opening or reading gives, by the code and text of its error. */
async function outcome(bytes: Uint8Array, name: string, tile = { level: 0, col: 0, row: 0 }) {
  let at = 'open';
  try {
    const slide = await openSlide(singleFile(bytesSource(bytes, name)));
    at = 'tile';
    await slide.readTile(tile.level, tile.col, tile.row);
    await slide.close();
    return { at: 'none' };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { at, code: error.info.code, text: error.message };
  }
}

describe('broken files', () => {
  it('have different names', () => {
    expect(new Set(BROKEN_FILES.map(({ name }) => name)).size).toBe(BROKEN_FILES.length);
  });

  for (const file of BROKEN_FILES)
    it(file.name, async () => {
      const bytes = await file.make();
      // Codecs load once a session; that is not the file's doing.
      await outcome(bytes, file.name, file.tile);
      const before = process.memoryUsage();
      const start = performance.now();
      const got = await outcome(bytes, file.name, file.tile);
      const elapsed = performance.now() - start;
      const after = process.memoryUsage();
      if (file.expect.at === 'none') expect(got).toEqual({ at: 'none' });
      else {
        expect(got).toMatchObject({ at: file.expect.at, code: file.expect.code });
        expect('text' in got && got.text).toMatch(file.expect.text);
      }
      expect(elapsed).toBeLessThan(LIMIT_MS);
      const held = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed;
      expect(held).toBeLessThan(LIMIT_BYTES + 4 * bytes.length);
    });
});
