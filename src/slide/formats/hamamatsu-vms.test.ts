import { expect, it } from 'vitest';
import { bytesSource } from '../../testing/synthetic-slide.ts';
import { type VmsSpec, vmsFiles, vmuFiles } from '../../testing/written/vms.ts';
import { openSlide } from '../open.ts';
import { readRegion } from '../region.ts';
import type { SlideFiles } from '../slide.ts';

const spec: VmsSpec = { name: 's', cols: 2, rows: 1, width: 192, height: 96, interval: 8, optimisation: 'right' };

type Change = (files: Map<string, Uint8Array>) => void;

/** Files dropped in a folder of their own. */
function dropped(made: ReadonlyMap<string, Uint8Array>, main: string, change?: Change): SlideFiles {
  const files = new Map(made);
  change?.(files);
  const sources = new Map([...files].map(([name, bytes]) => [`folder/${name}`, bytesSource(bytes, `folder/${name}`)]));
  const found = sources.get(`folder/${main}`);
  if (!found) throw new Error(`no ${main}`);
  return { main: found, find: (name) => sources.get(name), list: () => [...sources.keys()] };
}

async function level0(files: SlideFiles) {
  const slide = await openSlide(files);
  const { width, height } = slide.info;
  const { data } = await readRegion(slide, { level: 0, x: 0, y: 0, width, height });
  await slide.close();
  return data;
}

const right = vmsFiles(spec);
const text = (from: string, to: string): Change => {
  return (files) => {
    const index = new TextDecoder().decode(files.get('s.vms'));
    if (!index.includes(from)) throw new Error(`no ${from}`);
    files.set('s.vms', new TextEncoder().encode(index.replace(from, to)));
  };
};
const openedVms = async (change: Change) => openSlide(dropped(await right, 's.vms', change));

it('an optimisation file that points at no marker is not believed: the same pixels', async () => {
  const wrong = await vmsFiles({ ...spec, optimisation: 'wrong' });
  expect(await level0(dropped(wrong, 's.vms'))).toEqual(await level0(dropped(await right, 's.vms')));
});

it('an optimisation file that is cut short: the same pixels', async () => {
  const cut: Change = (files) => files.set('s.opt', files.get('s.opt')?.slice(0, 100) ?? new Uint8Array());
  expect(await level0(dropped(await right, 's.vms', cut))).toEqual(await level0(dropped(await right, 's.vms')));
});

it('what is missing is named', async () => {
  await expect(openedVms((files) => files.delete('s-1-0.jpg'))).rejects.toThrow(
    'This is a Hamamatsu VMS file; milscope cannot read it without its file s-1-0.jpg yet.',
  );
  await expect(openedVms((files) => files.delete('s_map.jpg'))).rejects.toThrow('its file s_map.jpg');
  const { info } = await openedVms((files) => files.delete('s_macro.jpg'));
  expect(info.associated).toEqual([]);
});

it('an index that contradicts itself is damaged', async () => {
  await expect(openedVms(text('NoJpegColumns=2', 'NoJpegColumns=3'))).rejects.toThrow('NoJpegColumns = 3 and names 2');
  await expect(openedVms(text('ImageFile(1,0)', 'ImageFile(9,9)'))).rejects.toThrow(/NoJpegColumns = 2 and names 10/);
  await expect(openedVms(text('ImageFile(1,0)', 'ImageFile(99999,0)'))).rejects.toThrow(/names the image/);
  await expect(openedVms(text('s-1-0.jpg', 's-0-0.jpg'))).rejects.toThrow(/twice/);
});

it('other focal planes are not shown', async () => {
  const { info } = await openedVms(text('AuthCode=', 'ImageFile(1,0,0)=x.jpg\r\nAuthCode='));
  expect([info.width, info.height]).toEqual([384, 96]);
});

it('an image that is cut short has a hole, and no more', async () => {
  const slide = await openedVms((files) =>
    files.set('s-1-0.jpg', files.get('s-1-0.jpg')?.slice(0, 900) ?? new Uint8Array()),
  );
  await expect(readRegion(slide, { level: 0, x: 0, y: 0, width: 384, height: 96 })).rejects.toThrow(
    /could not be decoded/,
  );
  expect((await readRegion(slide, { level: 1, x: 0, y: 0, width: 192, height: 48 })).width).toBe(192);
});

it('VMU: a header that claims more than there is', async () => {
  const files = await vmuFiles('u', 64, 32);
  const patched = (at: number, value: number) => {
    const ngr = files.get('u.ngr')?.slice() ?? new Uint8Array();
    new DataView(ngr.buffer).setInt32(at, value, true);
    return openSlide(dropped(files, 'u.vmu', (all) => all.set('u.ngr', ngr)));
  };
  await expect(patched(4, 2 ** 30)).rejects.toThrow(/claims 1073741824 x 32 px/);
  await expect(patched(8, 2 ** 20)).rejects.toThrow(/cut short/);
  await expect(patched(12, 0)).rejects.toThrow(/columns of 0/);
  await expect(patched(12, 7)).rejects.toThrow(/columns of 7/);
  await expect(patched(24, -1)).rejects.toThrow(/cut short/);
  await expect(patched(0, 0)).rejects.toThrow(/no NGR image/);
});
