import { useEffect, useRef, useState } from 'react';
import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import { isAbort } from '../../errors.ts';
import type { SeriesImage, SlideSeries } from '../../slide/slide.ts';
import { uprightWords } from '../../viewer/orientation.ts';
import { count, micrometres } from '../../words/numbers.ts';
import { Choice } from '../shell/Choice.tsx';
import { mppOf } from '../state/made-with.ts';
import type { SlideRecord } from '../state/screen.ts';
import { useScreen, useSession } from '../state/session.ts';
import { PixelSizeForm } from './PixelSizeForm.tsx';

/** The facts of the slide, and its pixel size where the file does not say it. */
export function SlidePanel({ slide }: { slide: SlideRecord }) {
  const { info, holes } = slide;
  const mpp = mppOf(slide);
  const objective = info.objectivePower;
  const turned = uprightWords(info.orientation);
  return (
    <section
      aria-labelledby="slide-heading"
      data-testid="slide-info"
      data-width={info.width}
      data-height={info.height}
      data-levels={info.levels.length}
      data-mpp={mpp ?? ''}
    >
      <h2 id="slide-heading">Slide</h2>
      {info.series !== undefined && <SeriesChoice series={info.series} />}
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
            {objective !== undefined && ` · ${objective}×`}
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
        {scanner(info.properties) !== undefined && (
          <div>
            <dt>Scanner</dt>
            <dd>{scanner(info.properties)}</dd>
          </div>
        )}
        {turned !== undefined && (
          <div>
            <dt>Shown</dt>
            <dd data-testid="orientation">{turned}, as its file asks</dd>
          </div>
        )}
      </dl>
      {holes > 0 && (
        <p className="notice warn" role="status">
          {count(holes)} {holes === 1 ? 'tile' : 'tiles'} could not be decoded and {holes === 1 ? 'is' : 'are'} drawn as
          grey {holes === 1 ? 'hole' : 'holes'}.
        </p>
      )}
      {info.mpp === undefined && <PixelSizeForm key={info.id} slide={slide} />}
      {info.associated.length > 0 && <LabelImages key={`images ${info.id}`} slide={slide} />}
    </section>
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
