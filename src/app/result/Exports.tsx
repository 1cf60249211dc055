import { Download } from 'lucide-react';
import type { RefObject } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { paintLegend } from '../../analysis/heatmap.ts';
import type { BagPrediction } from '../../analysis/prediction.ts';
import { toCsv, toPlain } from '../../report/report.ts';
import type { SlideView } from '../../viewer/slide-view.ts';
import { noteText } from '../../words/notes.ts';
import { probability } from '../../words/numbers.ts';
import { channelWords } from '../display/channels.ts';
import { adjustmentWords, colorWords } from '../display/display.ts';
import { toGrid, toHeatmapView } from '../heatmap/heatmap-view.ts';
import { LEGEND_TITLES, legendUnit } from '../heatmap/Legend.tsx';
import { type HeatmapSettings, mppOf, type OpenSlide } from '../state/screen.ts';
import { useScreen } from '../state/session.ts';
import { type PictureLegend, saveFile, toPicture } from './png-export.ts';

/** The result as data, and the view as a picture. Label and macro images are part of neither. */
export function Exports({
  slide,
  result,
  view,
}: {
  slide: OpenSlide;
  result: BagPrediction;
  view: RefObject<SlideView | undefined>;
}) {
  const settings = useScreen((screen) => screen.heatmap);
  const display = useScreen((screen) => screen.display);
  const stem = `${slide.info.name.replace(/\.[^.]*$/, '')}-milscope`;
  const save = (kind: string) => {
    if (kind === 'json') {
      const text = JSON.stringify({ ...toPlain(result), slide: slide.info.name }, null, 1);
      saveFile(`${stem}.json`, new Blob([text], { type: 'application/json' }));
    } else if (kind === 'csv') {
      saveFile(`${stem}.csv`, new Blob([toCsv(result)], { type: 'text/csv' }));
    } else if (view.current !== undefined) {
      const mpp = mppOf(slide);
      // The picture is in sRGB, so that it looks alike wherever it is opened.
      const colors = display.colors === 'stored' ? 'stored' : 'managed';
      const adjusted = adjustmentWords(display.adjustment);
      const channels = channelWords(slide.info.channels, slide.channels);
      const words = {
        lines: [
          'Research use only. Not for diagnosis.',
          `${slide.info.name} · ${result.modelId} · ${numbersOf(result)}`,
          ...result.notes.map(noteText),
          `Colour: ${colorWords(slide.info.colorProfile, colors)}`,
          ...(adjusted === undefined ? [] : [`Display adjusted: ${adjusted}`]),
          ...(channels === undefined ? [] : [`Channels changed for the eye: ${channels}`]),
        ],
        umPerPx: mpp === undefined ? undefined : mpp / view.current.position().scale,
        legend: settings.isOn ? toLegend(result, slide, settings) : undefined,
      };
      void toPicture(view.current.snapshot(), window.devicePixelRatio, words).then((blob) =>
        saveFile(`${stem}.png`, blob),
      );
    }
  };
  return (
    <section aria-label="Export">
      <MenuTrigger>
        <Button className="button wide export">
          <Download size={16} aria-hidden />
          Export
        </Button>
        <Popover className="popover" placement="top">
          <Menu className="list" onAction={(key) => save(String(key))}>
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

function toLegend(result: BagPrediction, { info }: OpenSlide, settings: HeatmapSettings): PictureLegend {
  const { attention } = result;
  const { mode, scale } = toHeatmapView(attention, toGrid(attention, info), settings);
  return {
    title: `${LEGEND_TITLES[mode]}, ${legendUnit(mode, result.positiveClass)}`,
    ramp: paintLegend(scale, settings, 230),
    ticks: scale.ticks,
  };
}

function numbersOf(result: BagPrediction): string {
  return result.classes.map((name, index) => `${name} ${probability(result.probabilities[index] ?? 0)}`).join(', ');
}
