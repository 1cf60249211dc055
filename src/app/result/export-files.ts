/** What leaves the page as data: the texts of a result, and the names of its files. Pure. */
import { toCsv } from '../../report/csv.ts';
import type { ResultContext } from '../../report/result.ts';
import { toResultText } from '../../report/write-json.ts';
import { staleHeading } from '../../words/made-with.ts';
import type { RunRecord } from '../state/run-record.ts';
import type { SlideRecord } from '../state/screen.ts';
import type { ShownRun } from '../state/shown-run.ts';

/** A finished run to export; `slide` is the one on screen. */
export interface ToExport {
  readonly slide: Pick<SlideRecord, 'number' | 'info'>;
  readonly run: Pick<ShownRun, 'isStale' | 'madeWith'>;
  readonly record: RunRecord;
  /** True puts the slide's file name, often an accession number, into the file and its name. */
  readonly withName: boolean;
}

export function exportContext({ slide, run, record, withName }: ToExport): ResultContext {
  return {
    ...record.context,
    ...(withName ? { slide: slide.info.name } : {}),
    ...(run.isStale ? { staleText: staleHeading(run.madeWith) } : {}),
  };
}

/** The text of a JSON file: docs/result.schema.json. */
export function jsonText(given: ToExport): string {
  return toResultText(given.record.prediction, exportContext(given));
}

export function csvText(given: ToExport): string {
  return toCsv(given.record.prediction, exportContext(given));
}

/** "slide-2-milscope.json", or with the slide's own name "CMU-1-milscope.json". */
export function fileName({ slide, withName }: Pick<ToExport, 'slide' | 'withName'>, extension: string): string {
  return `${withName ? stemOf(slide.info.name) : `slide-${slide.number}`}-milscope.${extension}`;
}

/** A name without its extension and without what a file system refuses. */
function stemOf(name: string): string {
  const stem = name.replace(/\.[^.]{1,8}$/, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const safe = stem.replace(/[\\/:*?"<>|\u0000-\u001f\u007f]+/g, '-').replace(/^[\s.-]+|[\s.-]+$/g, '');
  return safe === '' ? 'slide' : safe.slice(0, 100);
}
