import { expect, it } from 'vitest';
import { toGivenSlide } from './files-of-drop.ts';

type Named = string | readonly [path: string, bytes: number];

const given = (names: readonly Named[]) =>
  names.map((one) => {
    const [path, size] = typeof one === 'string' ? ([one, 1] as const) : one;
    return { path, file: new File([new Uint8Array(size)], path.slice(path.lastIndexOf('/') + 1)) };
  });
const chosen = (...names: readonly Named[]) => {
  const slide = toGivenSlide(given(names));
  return slide && { main: slide.main.path, companions: slide.companions.map(({ path }) => path) };
};

it('opens a single file as it is', () => {
  expect(chosen('a.svs')).toEqual({ main: 'a.svs', companions: [] });
  expect(chosen()).toBeUndefined();
});

it('finds the head of a MIRAX slide, whether dropped as files or with its folder inside another', () => {
  expect(chosen('S/Data0000.dat', 'S/Slidedat.ini', 'S.mrxs')).toEqual({
    main: 'S.mrxs',
    companions: ['S/Data0000.dat', 'S/Slidedat.ini'],
  });
  expect(chosen('case/S/Slidedat.ini', 'case/.DS_Store', 'case/S.mrxs')).toEqual({
    main: 'case/S.mrxs',
    companions: ['S/Slidedat.ini'],
  });
  expect(chosen('S/Data0000.dat', 'S/Slidedat.ini')?.main).toBe('S/Slidedat.ini');
});

it('takes the description of a Deep Zoom folder, not one of its tiles', () => {
  expect(chosen('z/a_files/0/0_0.jpg', 'z/a.dzi')).toEqual({ main: 'z/a.dzi', companions: ['a_files/0/0_0.jpg'] });
});

it('takes the largest file of a DICOM folder, and not its index', () => {
  expect(chosen('d/DICOMDIR', ['d/1.dcm', 10], ['d/2.dcm', 500], ['d/3.dcm', 20])?.main).toBe('d/2.dcm');
  expect(chosen(['d/IM0', 5], ['d/IM1', 9])).toEqual({ main: 'd/IM1', companions: ['IM0'] });
});

it('takes the first of slides that have nothing to do with each other', () => {
  expect(chosen('a.svs', 'b.svs')?.main).toBe('a.svs');
});
