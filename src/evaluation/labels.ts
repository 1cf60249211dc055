/** Label tables: which slide is positive, which slides belong together. `training/labels.py` reads the same tables. */
import Papa from 'papaparse';
import { AppError } from '../errors.ts';

export interface LabelledSlide {
  /** The image id, or the file's path relative to the folder of slides. */
  readonly id: string;
  /** 1 = positive (malignant), 0 = negative (benign). */
  readonly label: 0 | 1;
  /** 'train', 'validation', ...; undefined where the table has none. */
  readonly split: string | undefined;
  /** Slides of one patient or array; undefined where the table has none. */
  readonly group: string | undefined;
  /** Figures are also given for each: PANDA's data provider. Undefined where the table has none. */
  readonly stratum: string | undefined;
}

export interface LabelTable {
  readonly kind: 'panda' | 'plain';
  readonly slides: readonly LabelledSlide[];
}

const WORDS: Readonly<Record<string, 0 | 1>> = { benign: 0, malignant: 1, '0': 0, '1': 1 };

/**
 * Reads PANDA's table (`image_id,data_provider,isup_grade,gleason_score`: ISUP 0 is benign, 1-5 malignant) or a plain one
 * (`file,label[,split][,group][,stratum]`: benign or malignant, 0 or 1). Other columns are ignored.
 * @throws usage naming the row that makes no sense
 */
export function parseLabels(text: string, name = 'the label table'): LabelTable {
  const parsed = Papa.parse<Record<string, string>>(text.replace(/^\uFEFF/, ''), {
    header: true,
    skipEmptyLines: 'greedy',
    transformHeader: (header) => header.trim(),
  });
  const refuse = (problem: string): never => {
    throw new AppError({ code: 'usage', problem: `${name}: ${problem}.` });
  };
  const broken = parsed.errors.find((error) => error.code !== 'UndetectableDelimiter');
  if (broken !== undefined) refuse(`row ${(broken.row ?? 0) + 2}: ${broken.message.toLowerCase()}`);
  if (parsed.data.length === 0) refuse('it has no rows');
  const columns = new Set(parsed.meta.fields ?? []);
  const isPanda = columns.has('image_id') && columns.has('isup_grade');
  if (!isPanda && !(columns.has('file') && columns.has('label'))) {
    refuse(`it needs the columns image_id,isup_grade (PANDA) or file,label; it has ${[...columns].join(',')}`);
  }
  const seen = new Set<string>();
  const slides = parsed.data.map((row, index): LabelledSlide => {
    const cell = (column: string) => row[column]?.trim() || undefined;
    const where = `row ${index + 2}`;
    const id = cell(isPanda ? 'image_id' : 'file') ?? refuse(`${where} names no slide`);
    if (seen.has(id)) refuse(`${where}: ${id} is listed twice`);
    seen.add(id);
    return {
      id,
      label: isPanda
        ? gradeLabel(cell('isup_grade') ?? '', where, refuse)
        : (WORDS[(cell('label') ?? '').toLowerCase()] ??
          refuse(`${where}: label "${row.label ?? ''}" is neither benign nor malignant, 0 nor 1`)),
      split: cell('split'),
      group: cell('group'),
      stratum: cell(isPanda ? 'data_provider' : 'stratum'),
    };
  });
  return { kind: isPanda ? 'panda' : 'plain', slides };
}

function gradeLabel(text: string, where: string, refuse: (problem: string) => never): 0 | 1 {
  if (!/^[0-5]$/.test(text)) refuse(`${where}: ISUP grade "${text}" is not 0 to 5`);
  return text === '0' ? 0 : 1;
}
