import { type RefObject, useCallback, useEffect, useMemo, useState } from 'react';
import { tileAt, tileRect } from '../../analysis/heatmap.ts';
import { runsOnSlides } from '../../model/catalog.ts';
import { SlideViewer } from '../../viewer/SlideViewer.tsx';
import type { SlideView } from '../../viewer/slide-view.ts';
import { toView } from '../display/channels.ts';
import { canvasSpace } from '../display/display.ts';
import { useDebounced } from '../display/use-debounced.ts';
import { toCoverageShapes } from '../heatmap/coverage-view.ts';
import { type HeatmapView, withoutTile } from '../heatmap/heatmap-view.ts';
import { Legend, mapWords } from '../heatmap/Legend.tsx';
import { Readout } from '../heatmap/Readout.tsx';
import { FieldStrip } from '../result/FieldStrip.tsx';
import { useFields } from '../result/use-fields.ts';
import { mppOf } from '../state/made-with.ts';
import type { SlideRecord } from '../state/screen.ts';
import { useModel, useScreen, useSession } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import { useFocusOnOpen } from './focus-slide.ts';
import { actOnKey } from './key-actions.ts';
import { EXPORT_BUTTON_ID, type KeyAction } from './keys.ts';
import { later, useLater } from './later.ts';
import { StageNotices } from './StageNotices.tsx';
import { useKeys } from './use-keys.ts';
import { ViewTools } from './ViewTools.tsx';

const tileTableLater = later(async () => (await import('../result/TileTable.tsx')).TileTable);

/** The slide, what floats over it, and the fields below it. `view` is filled with the live view for keys and exports. */
export function SlideStage({
  slide,
  run,
  heatmap,
  view,
  onHelp,
}: {
  slide: SlideRecord;
  run: ShownRun | undefined;
  heatmap: HeatmapView | undefined;
  view: RefObject<SlideView | undefined>;
  onHelp: () => void;
}) {
  const { actions, slides, store } = useSession();
  const model = useModel();
  const settings = useScreen((screen) => screen.heatmap);
  const display = useScreen((screen) => screen.display);
  const [hovered, setHovered] = useState<number>();
  const [live, setLive] = useState<SlideView>();
  const [said, setSaid] = useState('');
  const [isTableOpen, setTableOpen] = useState(false);
  const { info } = slide;
  const mpp = mppOf(slide);
  const channels = useDebounced(useMemo(() => toView(slide.channels), [slide.channels]));
  const look = { colors: display.colors, channels };
  const tilesKey = `${info.colorProfile === undefined ? 'stored' : display.colors} ${JSON.stringify(channels)}`;

  const bag = run?.isOfShownImage ? run.bag : undefined;
  const { grid, map } = heatmap ?? {};
  const fields = useFields(run, heatmap);
  const { chosen, order } = fields;
  const runId = run?.runId;
  const rectOf = useCallback(
    (tile: number | undefined) =>
      bag === undefined || tile === undefined || tile >= bag.count ? undefined : tileRect(bag, tile),
    [bag],
  );
  const hoveredRect = useMemo(() => rectOf(hovered), [rectOf, hovered]);
  const chosenRect = useMemo(() => rectOf(chosen), [rectOf, chosen]);
  const picture = useMemo(
    () =>
      heatmap === undefined || chosen === undefined
        ? heatmap?.picture
        : withoutTile(heatmap.picture, heatmap.grid, chosen),
    [heatmap, chosen],
  );
  const known = bag?.coverage;
  const coverage = useMemo(
    () => (settings.hasCoverage && known !== undefined ? toCoverageShapes(known, info) : undefined),
    [settings.hasCoverage, known, info],
  );
  const { isOn, isHeldOff } = settings;
  const read = isHeldOff ? undefined : isOn ? (hovered ?? chosen) : chosen;

  // The pointer stands still while keys move the slide below it: what it pointed at is gone.
  useEffect(() => live?.watch(() => setHovered(undefined)), [live]);
  const hasTable = run !== undefined && !run.isPartial && bag !== undefined && map !== undefined;
  useEffect(() => {
    // Fetched before it is asked for, so that it is there when the connection is gone.
    if (hasTable) tileTableLater().catch(() => undefined);
  }, [hasTable]);

  const TileTable = useLater(tileTableLater, isTableOpen, () => setTableOpen(false));

  const goTo = useCallback(
    (tile: number) => {
      const rect = rectOf(tile);
      if (bag === undefined || runId === undefined || rect === undefined) return;
      actions.chooseTile({ runId, index: tile });
      const on = view.current;
      if (on === undefined) return;
      // Reading size: the pixels that the model saw, one for one or larger, and half of what there is room for.
      const { width, height } = on.size();
      on.flyTo(rect, Math.max(bag.tilePx, Math.min(width, height) / 2) / bag.spanPx);
    },
    [actions, bag, rectOf, view, runId],
  );

  const act = (action: KeyAction) =>
    actOnKey(action, {
      actions,
      screen: store.getState(),
      view: view.current,
      mpp,
      canRun: model === undefined || runsOnSlides(model),
      maps: heatmap === undefined || run === undefined ? [] : run.maps,
      ...{ map, order, chosen, goTo, say: setSaid },
      nameOf: (one) => (run === undefined ? '' : mapWords(run, one).name),
      openTable: () => setTableOpen(hasTable),
      openExport: () => document.getElementById(EXPORT_BUTTON_ID)?.click(),
      openHelp: onHelp,
    });
  useKeys(act);
  useFocusOnOpen(slide.key, live);

  return (
    <main id="slide" className="stage-column">
      <div className="stage">
        <SlideViewer
          key={`${slide.key} ${info.id}`}
          info={info}
          mpp={mpp}
          objective={info.objectivePower}
          space={canvasSpace(info.colorProfile, display.managed)}
          readTile={(level, col, row, signal) => slides.readTile(info.id, level, col, row, signal, look)}
          readReduced={(region, signal) => slides.readReduced(info.id, region, signal, look)}
          readOverview={(signal, onProgress) => slides.readOverview(info.id, signal, look, onProgress)}
          tilesKey={tilesKey}
          adjustment={display.adjustment}
          heatmap={isOn ? picture : undefined}
          opacity={settings.opacity}
          heatmapStyle={settings.style}
          coverage={coverage}
          isHidden={isHeldOff}
          hovered={isOn ? hoveredRect : undefined}
          chosen={chosenRect}
          onPointer={(pointer) => setHovered(pointer && grid && tileAt(grid, pointer.slide.x, pointer.slide.y))}
          onPick={(pointer) => {
            if (run === undefined || run.isPartial || grid === undefined) return;
            const index = tileAt(grid, pointer.slide.x, pointer.slide.y);
            actions.chooseTile(index === undefined ? undefined : { runId: run.runId, index });
          }}
          onTileFailed={(error, tile) => actions.tileFailed(info.id, error, tile)}
          start={slide.views.get(info.id)}
          onLeave={(place) => actions.keepView(slide.key, info.id, place)}
          onView={(next) => {
            view.current = next;
            setLive(next);
          }}
        />
        {isOn && heatmap !== undefined && run !== undefined && <Legend heatmap={heatmap} run={run} />}
        <ViewTools onAction={act} />
        <StageNotices slide={slide} />
        {live !== undefined &&
          run !== undefined &&
          bag !== undefined &&
          map !== undefined &&
          read !== undefined &&
          read < bag.count && (
            <Readout run={run} bag={bag} map={map} tile={read} title={fields.titleOf(read)} view={live} />
          )}
        <p className="visually-hidden" role="status" data-testid="spoken-field">
          {fields.spoken}
        </p>
        <p className="visually-hidden" role="status">
          {said}
        </p>
      </div>
      {hasTable && (
        <FieldStrip
          {...{ run, bag, map, info, chosen }}
          groups={fields.groups}
          onGo={goTo}
          onTable={() => setTableOpen(true)}
        />
      )}
      {hasTable && isTableOpen && TileTable !== undefined && (
        <TileTable {...{ run, bag, map }} onGo={goTo} onClose={() => setTableOpen(false)} />
      )}
    </main>
  );
}
