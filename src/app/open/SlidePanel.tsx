import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import { flushSync } from 'react-dom';
import { isAbort } from '../../errors.ts';
import type { SeriesImage, SlideSeries } from '../../slide/slide.ts';
import { uprightWords } from '../../viewer/orientation.ts';
import { count, micrometres } from '../../words/numbers.ts';
import { Choice } from '../shell/Choice.tsx';
import { Fold, useFold } from '../shell/Fold.tsx';
import { mppOf } from '../state/made-with.ts';
import type { SlideRecord } from '../state/screen.ts';
import { useScreen, useSession } from '../state/session.ts';
import { PixelSizeForm } from './PixelSizeForm.tsx';

/** The facts of the slide, and its pixel size where the file does not say it. With a result on screen they fold to one line. */
export function SlidePanel({ slide }: { slide: SlideRecord }) {
  const { info, holes } = slide;
  const mpp = mppOf(slide);
  const [isOpen, setOpen] = useFold(slide.runs.at(-1)?.id, slide.runs.length === 0);
  const isWaiting = useScreen(({ run }) => run.status === 'needs-mpp');
  const [isChanging, setChanging] = useState(false);
  const change = useRef<HTMLButtonElement>(null);
  const isAsked = info.mpp === undefined && (isWaiting || isChanging || (mpp === undefined && isOpen));
  const changeButton = info.mpp === undefined && mpp !== undefined && !isAsked && (
    <Button ref={change} className="link" aria-label="Change the pixel size" onPress={() => setChanging(true)}>
      Change
    </Button>
  );
  return (
    <section
      aria-label="Slide"
      data-testid="slide-info"
      data-width={info.width}
      data-height={info.height}
      data-levels={info.levels.length}
      data-mpp={mpp ?? ''}
    >
      <Fold
        title="Slide"
        isOpen={isOpen}
        onChange={setOpen}
        summary={
          <>
            <span className="fold-name">{info.name}</span>
            <span>
              , {pixelWords(slide)} {changeButton}
            </span>
          </>
        }
      >
        {info.series !== undefined && <SeriesChoice series={info.series} />}
        <Facts slide={slide} changeButton={isOpen && changeButton} />
        {info.associated.length > 0 && <LabelImages key={`images ${info.id}`} slide={slide} />}
      </Fold>
      {holes > 0 && (
        <p className="notice warn" role="status">
          {count(holes)} {holes === 1 ? 'tile' : 'tiles'} could not be decoded and {holes === 1 ? 'is' : 'are'} shown in
          gray.
        </p>
      )}
      {isAsked && (
        <PixelSizeForm
          key={info.id}
          slide={slide}
          isOpenedByHand={isChanging}
          onDone={() => {
            // Drawn first, so that the link that takes the place of the form is there for the focus.
            flushSync(() => setChanging(false));
            change.current?.focus();
          }}
        />
      )}
    </section>
  );
}

/** "0.499 µm/px, 20×" */
function pixelWords(slide: SlideRecord): string {
  const mpp = mppOf(slide);
  const { objectivePower } = slide.info;
  const size = mpp === undefined ? 'pixel size unknown' : `${micrometres(mpp)}/px`;
  return objectivePower === undefined ? size : `${size}, ${objectivePower}×`;
}

function Facts({ slide, changeButton }: { slide: SlideRecord; changeButton: ReactNode }) {
  const { info } = slide;
  const mpp = mppOf(slide);
  const turned = uprightWords(info.orientation);
  const maker = scanner(info.properties);
  return (
    <dl className="facts">
      <div>
        <dt>Size</dt>
        <dd>
          {count(info.width)} × {count(info.height)} px · {info.levels.length}{' '}
          {info.levels.length === 1 ? 'level' : 'levels'}
        </dd>
      </div>
      <div>
        <dt>Pixel</dt>
        <dd>
          {mpp === undefined ? 'unknown' : micrometres(mpp)}
          {info.mpp === undefined && mpp !== undefined && ' (given by you)'}
          {info.objectivePower !== undefined && ` · ${info.objectivePower}×`} {changeButton}
        </dd>
      </div>
      <div>
        <dt>Format</dt>
        <dd>{info.formatLabel}</dd>
      </div>
      {'url' in slide.file && (
        <div>
          <dt>From</dt>
          <dd>{new URL(slide.file.url).host}</dd>
        </div>
      )}
      {maker !== undefined && (
        <div>
          <dt>Scanner</dt>
          <dd>{maker}</dd>
        </div>
      )}
      {turned !== undefined && (
        <div>
          <dt>Shown</dt>
          <dd data-testid="orientation">{turned} (orientation tag)</dd>
        </div>
      )}
    </dl>
  );
}

/** Which of the images of the file is open. */
function SeriesChoice({ series }: { series: SlideSeries }) {
  const { actions } = useSession();
  return (
    <div className="series">
      <Choice
        label={`One of ${series.images.length} images in the file`}
        value={series.open}
        options={series.images.map((image) => ({ id: image.index, words: imageWords(image) }))}
        onChange={(index) => void actions.chooseSeries(index)}
      />
    </div>
  );
}

function imageWords({ index, name, width, height }: SeriesImage): string {
  return `${name === '' ? `Image ${index + 1}` : name} · ${count(width)} × ${count(height)}`;
}

/** The scanner as the maker's own properties name it. */
function scanner(properties: Readonly<Record<string, string>>): string | undefined {
  const keys = ['scanner', 'aperio.ScanScope ID', 'ScanScope ID', 'tiff.Model', 'tiff.Make', 'Model', 'Make'];
  const key = keys.find((one) => properties[one]?.trim());
  return key === undefined ? undefined : properties[key];
}

/** Label and macro can carry a patient's name: they are read only when asked for, and stand in no export. */
function LabelImages({ slide }: { slide: SlideRecord }) {
  return (
    <Disclosure className="disclosure">
      {({ isExpanded }) => (
        <>
          <Heading level={3}>
            <Button slot="trigger" className="link">
              {isExpanded ? 'Hide' : 'Show'} {slide.info.associated.join(', ')}
            </Button>
          </Heading>
          <DisclosurePanel className="label-images">
            {isExpanded && (
              <>
                <p className="muted small">May show a patient’s name. Never part of an export.</p>
                {slide.info.associated.map((name) => (
                  <AssociatedImage key={name} slide={slide} name={name} />
                ))}
              </>
            )}
          </DisclosurePanel>
        </>
      )}
    </Disclosure>
  );
}

function AssociatedImage({ slide, name }: { slide: SlideRecord; name: string }) {
  const { slides } = useSession();
  const colors = useScreen((screen) => screen.display.colors);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    const controller = new AbortController();
    slides
      .readAssociated(slide.info.id, name, controller.signal, colors)
      .then((bitmap) => {
        if (canvas.current !== null && !controller.signal.aborted) {
          canvas.current.width = bitmap.width;
          canvas.current.height = bitmap.height;
          canvas.current.getContext('2d')?.drawImage(bitmap, 0, 0);
        }
        bitmap.close();
      })
      .catch((error: unknown) => {
        if (!isAbort(error)) setFailed(true);
      });
    return () => controller.abort();
  }, [slides, slide.info.id, name, colors]);
  return (
    <figure>
      {hasFailed ? (
        <p className="muted">The {name} image could not be read.</p>
      ) : (
        <canvas ref={canvas} role="img" aria-label={`${name} image`} />
      )}
      <figcaption className="muted small">{name}</figcaption>
    </figure>
  );
}
