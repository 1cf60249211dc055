/** What is said below a picture, the most important first. Pure. */
import { RESEARCH_USE } from '../../../report/result.ts';
import { magnificationLabel, toMagnification } from '../../../viewer/scale-bar.ts';
import { madeWithWords, staleHeading } from '../../../words/made-with.ts';
import { noteText } from '../../../words/notes.ts';
import { count, micrometres } from '../../../words/numbers.ts';
import { callSentence, outputWords, scopeSentence } from '../../../words/scope.ts';
import { channelWords } from '../../display/channels.ts';
import { adjustmentWords, colorWords, type DisplaySettings } from '../../display/display.ts';
import type { HeatmapSettings, SlideRecord } from '../../state/screen.ts';
import type { ToExport } from '../export-files.ts';

export interface CaptionValues extends ToExport {
  readonly slide: Pick<SlideRecord, 'number' | 'info' | 'channels' | 'holes'>;
  /** µm that one px of the picture shows; undefined where nobody knows the pixel size. */
  readonly umPerPx: number | undefined;
  /** Level-0 px that one px of the picture shows. */
  readonly slidePxPerPx: number;
  /** Clockwise from the right way up, 0..360. */
  readonly degrees: number;
  /** The map over the tissue in words; undefined where none is shown. */
  readonly map: { readonly name: string; readonly unit: string } | undefined;
  readonly heatmap: Pick<HeatmapSettings, 'opacity' | 'threshold'>;
  readonly display: DisplaySettings;
}

/** The first line is to stand out. */
export function captionLines(values: CaptionValues): readonly string[] {
  const { run, record, slide, display } = values;
  const { prediction, context } = record;
  const { tissue, stain } = context.model;
  const scope = scopeSentence(prediction.scope, tissue === null || stain === null ? undefined : { tissue, stain });
  return [
    RESEARCH_USE,
    ...(run.isStale ? [staleHeading(run.madeWith)] : []),
    `Model: ${madeWithWords(run.madeWith)} (${prediction.modelId})`,
    `${scope} ${callSentence(prediction)} · ${outputWords(prediction)}`,
    ...prediction.notes.map(noteText),
    slideLine(values),
    viewLine(values),
    mapLine(values),
    `Color: ${colorWords(slide.info.colorProfile, display.colors === 'stored' ? 'stored' : 'managed')}`,
    ...said('Display adjusted', adjustmentWords(display.adjustment)),
    ...said('Channels changed for the eye', channelWords(slide.info.channels, slide.channels)),
    ...(slide.holes > 0 ? ['Gray: parts of the slide that could not be decoded.'] : []),
  ];
}

function slideLine({ slide, record, withName }: CaptionValues): string {
  const { width, height, name, id } = slide.info;
  const { app, date } = record.context;
  const made = date === null ? 'on an unknown date' : `${date.slice(0, 10)} ${date.slice(11, 16)} UTC`;
  return [
    ...(withName ? [name] : []),
    `${count(width)} × ${count(height)} px, fingerprint ${id.slice(0, 16)}`,
    `computed ${made} by milscope ${app.version}${/^[0-9a-f]{7}/.test(app.commit) ? ` (${app.commit.slice(0, 7)})` : ''}`,
  ].join(' · ');
}

function viewLine({ umPerPx, slidePxPerPx, degrees }: CaptionValues): string {
  const scale =
    umPerPx === undefined
      ? `${Number(slidePxPerPx.toPrecision(3))} px of the slide for each px of this picture; its pixel size is unknown`
      : `${magnificationLabel(toMagnification(umPerPx))}, ${micrometres(umPerPx)} for each px of this picture`;
  const turned = Math.round(degrees) % 360;
  return turned === 0 ? scale : `${scale}, turned by ${turned}° clockwise`;
}

function mapLine({ map, heatmap }: CaptionValues): string {
  if (map === undefined) return 'No map is shown.';
  const clear = heatmap.threshold > 0 ? `, the weakest ${percent(heatmap.threshold)} of its scale left clear` : '';
  return `Map: ${map.name} (${map.unit}), opacity ${percent(heatmap.opacity)}${clear}`;
}

function said(what: string, words: string | undefined): readonly string[] {
  return words === undefined ? [] : [`${what}: ${words}`];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
