import 'fake-indexeddb/auto';
import { deleteDB } from 'idb';
import { beforeEach, describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import type { ModelManifest } from '../model/manifest.ts';
import { openImportedModels } from './imported-models.ts';

const manifest = (id: string, date: string) =>
  ({ id, name: id, imported: { from: `${id}.pth`, date, golden: 'made-here' } }) as unknown as ModelManifest;
const bytes = (...values: number[]) => new Uint8Array(values);

let count = 0;
/** A database that no other test has seen. */
let database = '';
beforeEach(() => {
  database = `models-${count++}`;
});

describe('imported models', () => {
  it('are there at the next visit, oldest first, byte for byte', async () => {
    const visit = openImportedModels(database);
    await visit.keep(manifest('younger', '2026-02-01'), new Map([['weights.safetensors', bytes(1, 2, 3)]]));
    await visit.keep(manifest('older', '2026-01-01'), new Map([['golden/input.bin', bytes(4)]]));

    const next = openImportedModels(database);
    expect((await next.list()).map(({ id }) => id)).toEqual(['older', 'younger']);
    const found = await next.find('younger');
    expect(found?.manifest.imported?.from).toBe('younger.pth');
    expect(new Uint8Array((await found?.read('weights.safetensors')) ?? new ArrayBuffer(0))).toEqual(bytes(1, 2, 3));
    await expect(found?.read('golden/input.bin')).rejects.toThrow(/missing/);
    expect(await next.find('nobody')).toBeUndefined();
  });

  it('of one id take each other’s place with all their files', async () => {
    const visit = openImportedModels(database);
    await visit.keep(manifest('a', '2026-01-01'), new Map([['old.bin', bytes(1)]]));
    await visit.keep(manifest('a', '2026-01-02'), new Map([['new.bin', bytes(2)]]));
    const found = await visit.find('a');
    expect(found?.manifest.imported?.date).toBe('2026-01-02');
    await expect(found?.read('old.bin')).rejects.toThrow(/missing/);
  });

  it('are gone when removed, and the others stay', async () => {
    const visit = openImportedModels(database);
    for (const id of ['a', 'ab', 'b']) await visit.keep(manifest(id, id), new Map([['w.bin', bytes(1)]]));
    const found = await visit.find('a');
    await visit.remove('a');
    expect((await openImportedModels(database).list()).map(({ id }) => id)).toEqual(['ab', 'b']);
    await expect(found?.read('w.bin')).rejects.toThrow(/missing/);
    expect((await (await visit.find('ab'))?.read('w.bin'))?.byteLength).toBe(1);
  });

  it('that cannot be kept leave nothing behind', async () => {
    const visit = openImportedModels(database);
    const notStorable = (() => 0) as unknown as Uint8Array<ArrayBuffer>;
    const error = await visit
      .keep(
        manifest('a', '2026-01-01'),
        new Map([
          ['good.bin', bytes(1)],
          ['bad.bin', notStorable],
        ]),
      )
      .catch((reason: unknown) => reason);
    expect(isAppError(error, 'model/not-kept')).toBe(true);
    expect(await visit.list()).toEqual([]);
    expect(await visit.find('a')).toBeUndefined();
  });

  it('do not stand in the way of another tab that changes the database', async () => {
    const visit = openImportedModels(database);
    await visit.keep(manifest('a', '2026-01-01'), new Map());
    await deleteDB(database);
    expect(await visit.list()).toEqual([]);
  });
});
