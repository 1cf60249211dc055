import { Download } from 'lucide-react';
import type { RefObject } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { paintLegend } from '../../analysis/heatmap.ts';
import { toCsv } from '../../report/csv.ts';
import { toResultText } from '../../report/write-json.ts';
import type { SlideView } from '../../viewer/slide-view.ts';
import { noteText } from '../../words/notes.ts';
import { callSentence, outputWords } from '../../words/scope.ts';
import { channelWords } from '../display/channels.ts';
import { adjustmentWords, colorWords } from '../display/display.ts';
import type { HeatmapView } from '../heatmap/heatmap-view.ts';
import { mapWords } from '../heatmap/Legend.tsx';
import { EXPORT_BUTTON_ID } from '../shell/keys.ts';
import { mppOf } from '../state/made-with.ts';
import type { RunRecord } from '../state/run-record.ts';
import type { HeatmapSettings, SlideRecord } from '../state/screen.ts';
import { useScreen, useSession } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import { toErrorInfo } from '../state/to-error-info.ts';
import { type PictureLegend, saveFile, toPicture } from './png-export.ts';

/** The result as data, and the view as a picture; nothing of a run that is not finished. */
export function Exports({
  slide,
  run,
  heatmap,
  view,
}: {
  slide: SlideRecord;
  run: ShownRun;
  heatmap: HeatmapView | undefined;
  view: RefObject<SlideView | undefined>;
}) {
  const { actions } = useSession();
  const settings = useScreen((screen) => screen.heatmap);
  const display = useScreen((screen) => screen.display);
  const { record } = run;
  const stem = `slide-${slide.number}-milscope`;
  const save = async (kind: string, { prediction, context, madeWith }: RunRecord) => {
    if (kind === 'json') {
      saveFile(`${stem}.json`, new Blob([toResultText(prediction, context)], { type: 'application/json' }));
      return;
    }
    if (kind === 'csv') {
      saveFile(`${stem}.csv`, new Blob([toCsv(prediction, context)], { type: 'text/csv' }));
      return;
    }
    if (view.current === undefined) return;
    const mpp = mppOf(slide);
    // The picture is in sRGB, so that it looks alike wherever it is opened.
    const colors = display.colors === 'stored' ? 'stored' : 'managed';
    const adjusted = adjustmentWords(display.adjustment);
    const channels = channelWords(slide.info.channels, slide.channels);
    const words = {
      lines: [
        'Research use only. Not for diagnosis.',
        `${madeWith.modelName} · ${outputWords(prediction)} · ${callSentence(prediction)}`,
        ...prediction.notes.map(noteText),
        `Color: ${colorWords(slide.info.colorProfile, colors)}`,
        ...(adjusted === undefined ? [] : [`Display adjusted: ${adjusted}`]),
        ...(channels === undefined ? [] : [`Channels changed for the eye: ${channels}`]),
      ],
      umPerPx: mpp === undefined ? undefined : mpp / view.current.position().scale,
      legend: settings.isOn && heatmap !== undefined ? toLegend(run, heatmap, settings) : undefined,
    };
    saveFile(`${stem}.png`, await toPicture(view.current.snapshot(), window.devicePixelRatio, words));
  };
  return (
    <section aria-label="Export">
      <MenuTrigger>
        <Button id={EXPORT_BUTTON_ID} className="button wide export" isDisabled={record === undefined}>
          <Download size={16} aria-hidden />
          Export
        </Button>
        <Popover className="popover" placement="top">
          <Menu
            className="list"
            onAction={(key) => {
              if (record === undefined) return;
              actions.setExportError(undefined);
              save(String(key), record).catch((error: unknown) => actions.setExportError(toErrorInfo(error)));
            }}
          >
            <MenuItem id="json" className="list-item">
              Result as JSON
            </MenuItem>
            <MenuItem id="csv" className="list-item">
              Tiles as CSV
            </MenuItem>
            <MenuItem id="png" className="list-item">
              This view as PNG
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
    </section>
  );
}

function toLegend(run: ShownRun, { map, scale }: HeatmapView, settings: HeatmapSettings): PictureLegend {
  const { name, unit } = mapWords(run, map);
  return { title: `${name}, ${unit}`, ramp: paintLegend(scale, settings, 230), ticks: scale.ticks };
}
