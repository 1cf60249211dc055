import type { RefObject } from 'react';
import type { SlideView } from '../../viewer/slide-view.ts';
import { Channels } from '../display/Channels.tsx';
import { DisplayControls } from '../display/DisplayControls.tsx';
import { HeatmapControls } from '../heatmap/HeatmapControls.tsx';
import type { HeatmapView } from '../heatmap/heatmap-view.ts';
import { SlidePanel } from '../open/SlidePanel.tsx';
import { Exports } from '../result/Exports.tsx';
import { ResultPanel } from '../result/ResultPanel.tsx';
import { RunButton } from '../run/RunButton.tsx';
import { RunPanel } from '../run/RunPanel.tsx';
import { RunProgress } from '../run/RunProgress.tsx';
import type { SlideRecord } from '../state/screen.ts';
import type { ShownRun } from '../state/shown-run.ts';

/**
 * Before a run the slide and the model, then the button; with a result that comes first, then its map and Export, and what
 * it was made from folds to a line each.
 */
export function SidePanel({
  slide,
  run,
  heatmap,
  view,
  isSheet,
}: {
  slide: SlideRecord | undefined;
  run: ShownRun | undefined;
  heatmap: HeatmapView | undefined;
  view: RefObject<SlideView | undefined>;
  /** Then the head of the sheet has the button of the run, as long as there is something to run. */
  isSheet: boolean;
}) {
  const isResultCurrent = run?.record !== undefined && !run.isStale;
  // Without a slide only the result stands here, hidden, for scripts that wait for it.
  const before = slide !== undefined && [
    <SlidePanel key={`slide ${slide.key}`} slide={slide} />,
    slide.info.channels !== undefined && (
      <Channels key={`channels ${slide.info.id}`} slide={slide} channels={slide.info.channels} />
    ),
    <RunPanel key={`run ${slide.key}`} slide={slide} />,
  ];
  const result = [
    <ResultPanel
      key="result"
      run={run}
      button={isSheet && !isResultCurrent ? null : <RunButton isResultCurrent={isResultCurrent} />}
      progress={<RunProgress />}
    />,
    heatmap !== undefined && run !== undefined && <HeatmapControls key="heatmap" heatmap={heatmap} run={run} />,
    slide !== undefined && run !== undefined && (
      <Exports key="exports" slide={slide} run={run} heatmap={heatmap} view={view} />
    ),
  ];
  const hasResult = slide !== undefined && slide.runs.length > 0;
  const parts = before === false ? result : hasResult ? [...result, ...before] : [...before, ...result];
  return (
    <aside aria-label="Slide and model" hidden={slide === undefined}>
      {/* Parts keep their keys, so that the one with the button is not moved and the focus stays in it. */}
      {parts}
      {slide !== undefined && <DisplayControls slide={slide} />}
    </aside>
  );
}
