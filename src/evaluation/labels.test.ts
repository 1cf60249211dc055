import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import { parseLabels } from './labels.ts';

const shared = process.env.MILSCOPE_DATA ?? path.join(import.meta.dirname, '../../../shared/data');

function problemOf(text: string): string {
  try {
    parseLabels(text, 'labels.csv');
  } catch (error) {
    if (isAppError(error, 'usage')) return error.info.problem;
    throw error;
  }
  return 'no problem';
}

it('reads PANDA rows: ISUP 0 is benign, 1 to 5 malignant, the provider is the stratum', () => {
  const table = parseLabels('image_id,data_provider,isup_grade,gleason_score\na,karolinska,0,0+0\nb,radboud,5,4+5\n');
  expect(table.kind).toBe('panda');
  expect(table.slides).toEqual([
    { id: 'a', label: 0, split: undefined, group: undefined, stratum: 'karolinska' },
    { id: 'b', label: 1, split: undefined, group: undefined, stratum: 'radboud' },
  ]);
});

it('reads a plain table with quotes, a byte-order mark, Windows lines, spaces and empty lines', () => {
  const table = parseLabels('\uFEFFfile, label ,split,group\r\n"one, two.svs",Malignant,test,p1\r\n\r\nb.tif,0,,\r\n');
  expect(table.kind).toBe('plain');
  expect(table.slides).toEqual([
    { id: 'one, two.svs', label: 1, split: 'test', group: 'p1', stratum: undefined },
    { id: 'b.tif', label: 0, split: undefined, group: undefined, stratum: undefined },
  ]);
});

it('reads a table of one slide, and one parted by semicolons', () => {
  expect(parseLabels('file;label\na.svs;benign\n').slides[0]).toMatchObject({ id: 'a.svs', label: 0 });
  expect(parseLabels('file,label\na.svs,1').slides).toHaveLength(1);
});

it('names the row that makes no sense', () => {
  expect(problemOf('file,label\na,benign\nb,unsure\n')).toContain('row 3: label "unsure" is neither');
  expect(problemOf('file,label\na,benign\na,benign\n')).toContain('row 3: a is listed twice');
  expect(problemOf('file,label\n,benign\n')).toContain('row 2 names no slide');
  expect(problemOf('image_id,isup_grade\na,6\n')).toContain('row 2: ISUP grade "6"');
  expect(problemOf('image_id,isup_grade\na,\n')).toContain('row 2: ISUP grade ""');
  expect(problemOf('slide,diagnosis\na,b\n')).toContain('it has slide,diagnosis');
  expect(problemOf('file,label\n')).toContain('it has no rows');
  expect(problemOf('')).toContain('it has no rows');
});

it('reads the whole PANDA table', (context) => {
  const file = path.join(shared, 'labelled/panda/train.csv');
  context.skip(!existsSync(file), `${path.basename(file)} of PANDA is not at hand`);
  const { slides } = parseLabels(readFileSync(file, 'utf8'));
  expect(slides).toHaveLength(10_616);
  expect(slides.filter((slide) => slide.label === 0)).toHaveLength(2_892);
  expect(new Set(slides.map((slide) => slide.stratum))).toEqual(new Set(['karolinska', 'radboud']));
});

it('reads the GlaS table', (context) => {
  const file = path.join(shared, 'labelled/glas/labels.csv');
  context.skip(!existsSync(file), 'the labels of GlaS are not at hand');
  const { slides } = parseLabels(readFileSync(file, 'utf8'));
  expect(slides.filter((slide) => slide.split === 'train')).toHaveLength(85);
});
