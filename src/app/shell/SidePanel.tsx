import type { RefObject } from 'react';
import type { SlideView } from '../../viewer/slide-view.ts';
import { Channels } from '../display/Channels.tsx';
import { DisplayControls } from '../display/DisplayControls.tsx';
import { HeatmapControls } from '../heatmap/HeatmapControls.tsx';
import type { HeatmapView } from '../heatmap/heatmap-view.ts';
import { SlidePanel } from '../open/SlidePanel.tsx';
import { Exports } from '../result/Exports.tsx';
import { ResultPanel } from '../result/ResultPanel.tsx';
import { RunPanel } from '../run/RunPanel.tsx';
import type { SlideRecord } from '../state/screen.ts';
import type { ShownRun } from '../state/shown-run.ts';

/** Slide, run, result, map, display and export, in the order of the work. */
export function SidePanel({
  slide,
  run,
  heatmap,
  view,
}: {
  slide: SlideRecord | undefined;
  run: ShownRun | undefined;
  heatmap: HeatmapView | undefined;
  view: RefObject<SlideView | undefined>;
}) {
  return (
    <aside aria-label="Slide and model" hidden={slide === undefined}>
      {slide !== undefined && (
        <>
          <SlidePanel slide={slide} />
          {slide.info.channels !== undefined && (
            <Channels key={slide.info.id} slide={slide} channels={slide.info.channels} />
          )}
          <RunPanel />
        </>
      )}
      <ResultPanel run={run} />
      {heatmap !== undefined && run !== undefined && <HeatmapControls heatmap={heatmap} run={run} />}
      {slide !== undefined && <DisplayControls slide={slide} />}
      {slide !== undefined && run !== undefined && <Exports slide={slide} run={run} heatmap={heatmap} view={view} />}
    </aside>
  );
}
