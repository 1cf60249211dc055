import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { servedInstance } from './dicom-json.ts';
import golden from './goldens/dicomweb.json' with { type: 'json' };
import { dicomSeries } from './written/dicom-series.ts';

it(`the test server tells of the written series what pydicom ${golden.pydicom} reads in it`, async () => {
  const files = await dicomSeries();
  const folder = process.env.MILSCOPE_WRITE_TO;
  for (const [name, bytes] of folder ? files : []) {
    mkdirSync(String(folder), { recursive: true });
    writeFileSync(path.join(String(folder), name), bytes);
  }
  const told = [...files].map(([name, bytes]) => [name, servedInstance(bytes, () => undefined).json]);
  expect(Object.fromEntries(told)).toEqual(golden.instances);
});
