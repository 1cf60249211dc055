import { type CSSProperties, type ReactNode, type RefObject, useLayoutEffect, useRef } from 'react';
import { createPortal } from 'react-dom';
import { paintLegend } from '../../analysis/heatmap.ts';
import type { Note } from '../../analysis/prediction.ts';
import { magnificationLabel, scaleBar, toMagnification } from '../../viewer/scale-bar.ts';
import type { SlideView } from '../../viewer/slide-view.ts';
import { noteText } from '../../words/notes.ts';
import { count, micrometres } from '../../words/numbers.ts';
import { callSentence, outputWords, scopeSentence } from '../../words/scope.ts';
import { channelWords } from '../display/channels.ts';
import { adjustmentWords, colorWords } from '../display/display.ts';
import type { HeatmapView } from '../heatmap/heatmap-view.ts';
import { mapWords } from '../heatmap/Legend.tsx';
import { isScopeNote } from '../result/note-places.ts';
import { mppOf } from '../state/made-with.ts';
import type { SlideRecord } from '../state/screen.ts';
import { useModels, useScreen } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import { type PrintedView, usePrintedView } from './use-printing.ts';
import './print.css';

/** What is printed instead of the screen, on one page: the view, its legend, the result and what it was made from. */
export function PrintPage({
  slide,
  run,
  heatmap,
  view,
}: {
  slide: SlideRecord;
  run: ShownRun | undefined;
  heatmap: HeatmapView | undefined;
  view: RefObject<SlideView | undefined>;
}) {
  const printed = usePrintedView(view);
  const showsFileNames = useScreen((screen) => screen.showsFileNames);
  const isHeatmapOn = useScreen(({ heatmap: { isOn, isHeldOff } }) => isOn && !isHeldOff);
  if (printed === undefined) return null;
  return createPortal(
    <article
      className="print-page"
      data-testid="print-page"
      style={{ '--height-by-width': printed.picture.height / printed.picture.width } as CSSProperties}
    >
      <p className="print-head">
        <b>Research use only. Not for diagnosis.</b>
        <span>
          milscope · {showsFileNames ? slide.info.name : `Slide ${slide.number}`} ·{' '}
          {new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' }).format(new Date())}
        </span>
      </p>
      <Picture printed={printed} umPerSlidePx={mppOf(slide)} />
      {run !== undefined && heatmap !== undefined && isHeatmapOn && <PrintLegend run={run} heatmap={heatmap} />}
      <div className="print-columns">
        <section>
          <Result run={run} />
        </section>
        <section>
          <Facts slide={slide} run={run} scale={printed.scale} />
        </section>
      </div>
    </article>,
    document.body,
  );
}

const BAR_PX = 160;

/** The view with a bar of its scale, which stays true at whatever size it is printed. */
function Picture({
  printed: { picture, scale },
  umPerSlidePx,
}: {
  printed: PrintedView;
  umPerSlidePx: number | undefined;
}) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const context = picture.getContext('2d');
    if (umPerSlidePx !== undefined && context !== null) {
      const ratio = window.devicePixelRatio;
      const { px, label } = scaleBar(umPerSlidePx / scale, BAR_PX);
      context.save();
      context.scale(ratio, ratio);
      context.translate(16, picture.height / ratio - 40);
      context.fillStyle = 'rgb(255 255 255 / 0.9)';
      context.fillRect(0, 0, px + 16, 30);
      context.fillStyle = '#18181b';
      context.fillRect(8, 22, px, 3);
      context.font = '13px system-ui, sans-serif';
      context.textAlign = 'center';
      context.fillText(label, 8 + px / 2, 16);
      context.restore();
    }
    place.current?.replaceChildren(picture);
  }, [picture, scale, umPerSlidePx]);
  return <div ref={place} className="print-picture" role="img" aria-label="The view of the slide" />;
}

const LEGEND_PX = 320;

function PrintLegend({ run, heatmap: { map, scale } }: { run: ShownRun; heatmap: HeatmapView }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { colors, threshold, opacity } = useScreen((screen) => screen.heatmap);
  useLayoutEffect(() => {
    const { rgba, width, height } = paintLegend(scale, { colors, threshold, opacity }, LEGEND_PX);
    canvas.current?.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
  }, [scale, colors, threshold, opacity]);
  const words = mapWords(run, map);
  return (
    <div className="print-legend">
      <span>
        {words.name}, {words.unit}
        {map.isSigned && `: left ${words.low}, right ${words.high}`}
      </span>
      <canvas ref={canvas} width={LEGEND_PX} height={1} />
      <span className="print-ticks">
        {scale.ticks.map(({ at, label }) => (
          <span key={label} style={{ left: `${at * 100}%`, transform: `translateX(${-at * 100}%)` }}>
            {label}
          </span>
        ))}
      </span>
    </div>
  );
}

function Result({ run }: { run: ShownRun | undefined }) {
  const models = useModels();
  if (run?.record === undefined) return <p>{run === undefined ? 'No model was run.' : 'A run is under way.'}</p>;
  const { prediction } = run.record;
  // The sentence of the scope says these already.
  const isSaid = ({ code }: Note) => prediction.scope.state !== 'outside' || !isScopeNote(code);
  const model = models.find(({ id, version }) => `${id}@${version}` === prediction.modelId);
  return (
    <>
      <h2>
        Result of {run.madeWith.modelName}
        {run.isStale && ' (not of what is chosen now)'}
      </h2>
      <p>{scopeSentence(prediction.scope, model?.scope ?? { tissue: 'other tissue', stain: 'another stain' })}</p>
      <p>
        <b>{callSentence(prediction)}</b>
      </p>
      <p>{outputWords(prediction)}</p>
      <ul>
        {prediction.notes.filter(isSaid).map((note) => (
          <li key={note.code}>{noteText(note)}</li>
        ))}
      </ul>
    </>
  );
}

function Facts({ slide, run, scale }: { slide: SlideRecord; run: ShownRun | undefined; scale: number }) {
  const display = useScreen((screen) => screen.display);
  const { info } = slide;
  const mpp = mppOf(slide);
  const bag = run?.record?.prediction.attention.bag;
  const adjusted = adjustmentWords(display.adjustment);
  const channels = channelWords(info.channels, slide.channels);
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Slide', `${count(info.width)} × ${count(info.height)} px, ${info.formatLabel}`],
    ['Pixel', mpp === undefined ? 'unknown' : `${micrometres(mpp)}${info.mpp === undefined ? ' (given by hand)' : ''}`],
    ['View', mpp === undefined ? `${Number((scale * 100).toPrecision(3))} %` : magnification(mpp / scale)],
    ...(bag === undefined ? [] : [['Tiles', `${count(bag.count)} of ${count(bag.candidates)}`] as const]),
    ...(run === undefined ? [] : [['License', run.madeWith.license] as const]),
    ['Color', colorWords(info.colorProfile, display.colors)],
    ...(adjusted === undefined ? [] : [['Display adjusted', adjusted] as const]),
    ...(channels === undefined ? [] : [['Channels', channels] as const]),
  ];
  return (
    <dl>
      {facts.map(([name, words]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{words}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Of the screen; the paper has its own size, for which the bar in the picture speaks. */
function magnification(umPerPx: number): string {
  return `${magnificationLabel(toMagnification(umPerPx))} on screen`;
}
