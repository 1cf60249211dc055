import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDicomWebServer } from '../testing/dicomweb-server.ts';
import { type FileServer, startFileServer } from '../testing/file-server.ts';
import { syntheticSlideBytes } from '../testing/synthetic-slide.ts';
import { dicomSeries } from '../testing/written/dicom-series.ts';
import { withSlide } from './with-slide.ts';

let server: FileServer;
beforeAll(async () => {
  server = await startFileServer();
});
afterAll(() => server.close());

const never = new AbortController().signal;

it('reads a slide by its address as a file, and says what a server answered', async () => {
  const bytes = await syntheticSlideBytes({ width: 300, height: 200, mpp: 0.5, paint: (x, y) => [x % 256, y, 7] });
  server.files.set('/a slide.tif', { bytes });
  const tile = await withSlide(`${server.address}/a%20slide.tif`, never, async (slide) => {
    expect(slide.info).toMatchObject({ name: 'a slide.tif', width: 300, height: 200 });
    return slide.readTile(0, 1, 0);
  });
  expect([...tile.data.subarray(0, 6)]).toEqual([0, 0, 7, 1, 0, 7]);
  await expect(withSlide(`${server.address}/none.tif`, never, async () => {})).rejects.toThrow(
    'none.tif could not be read: the server has no such file (404).',
  );
});

it('reads a series on a DICOMweb server by its address', async () => {
  const pacs = await startDicomWebServer();
  try {
    pacs.store((await dicomSeries()).values());
    const info = await withSlide(pacs.series(), never, async (slide) => slide.info);
    expect(info).toMatchObject({ format: 'dicomweb', width: 300, height: 200, mpp: { x: 0.5, y: 0.5 } });
  } finally {
    await pacs.close();
  }
});
