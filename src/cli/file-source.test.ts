import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFiles } from './file-source.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'milscope-files-'));
  await writeFile(
    path.join(folder, 'main.bin'),
    Uint8Array.from({ length: 1000 }, (_, i) => i & 255),
  );
  await mkdir(path.join(folder, 'main', 'deep', 'deeper'), { recursive: true });
  await writeFile(path.join(folder, 'main', 'part.dat'), 'part');
  await writeFile(path.join(folder, 'main', 'deep', 'tile.jpg'), 'tile');
  await writeFile(path.join(folder, 'main', 'deep', 'deeper', 'far.dat'), 'far');
  await writeFile(path.join(folder, 'beside.txt'), 'beside');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('reads ranges, several at once', async () => {
  const { files, close } = await openFiles(path.join(folder, 'main.bin'));
  expect(files.main).toMatchObject({ name: 'main.bin', sizeBytes: 1000 });
  const [a, b] = await Promise.all([files.main.read(10, 3), files.main.read(990, 10)]);
  expect(Array.from(a ?? [])).toEqual([10, 11, 12]);
  expect(b).toHaveLength(10);
  await close();
});

it('never fills what is missing with zeros', async () => {
  const { files, close } = await openFiles(path.join(folder, 'main.bin'));
  await expect(files.main.read(995, 6)).rejects.toMatchObject({
    info: { code: 'slide/read-failed', reason: 'bytes 995 to 1001 were asked for and 5 came' },
  });
  await truncate(path.join(folder, 'main.bin'), 500);
  await expect(files.main.read(400, 200)).rejects.toMatchObject({ info: { code: 'slide/read-failed' } });
  await close();
});

it('finds companions beside and two folders down, and no others', async () => {
  const { files, close } = await openFiles(path.join(folder, 'main.bin'));
  expect(files.list()).toEqual(['beside.txt', 'main.bin', 'main/deep/tile.jpg', 'main/part.dat']);
  const part = files.find('main/part.dat');
  expect(part?.sizeBytes).toBe(4);
  expect(new TextDecoder().decode(await part?.read(1, 3))).toBe('art');
  expect(files.find('main/deep/deeper/far.dat')).toBeUndefined();
  expect(files.find('../secret')).toBeUndefined();
  await close();
});

it('stops when it is told to', async () => {
  const { files, close } = await openFiles(path.join(folder, 'main.bin'));
  await expect(files.main.read(0, 10, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  await close();
  await expect(files.main.read(0, 10)).rejects.toMatchObject({ info: { code: 'slide/read-failed' } });
});
