import { ChevronDown, ChevronUp } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { RunButton } from '../run/RunButton.tsx';
import type { SlideRecord } from '../state/screen.ts';
import { useModel, useModels, useScreen } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import { IconButton } from './IconButton.tsx';
import { useSheetDrag } from './sheet-drag.ts';
import { sheetSummary } from './sheet-summary.ts';

const PANEL = 'panel';

/**
 * Where the panel stands: at the side, or, where the window has no room for that, in a sheet from below. Folded, the sheet
 * shows how things stand and the one button; what is in it stays in the page, and the focus that goes there unfolds it.
 */
export function Sheet({
  isSheet,
  slide,
  run,
  children,
}: {
  isSheet: boolean;
  slide: SlideRecord | undefined;
  run: ShownRun | undefined;
  children: ReactNode;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const status = useScreen((screen) => screen.run.status);
  const drag = useSheetDrag(place, isOpen, setOpen);

  // What must be answered or read stands inside.
  useEffect(() => {
    if (status === 'needs-mpp' || status === 'failed') setOpen(true);
  }, [status]);
  useEffect(() => {
    const focused = document.activeElement;
    if (isOpen && focused !== null && place.current?.contains(focused)) focused.scrollIntoView({ block: 'nearest' });
  }, [isOpen]);

  const isFolding = isSheet && slide !== undefined;
  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    // What is pressed in a list or dialog over the sheet comes here, too.
    if (event.key !== 'Escape' || !isOpen || !event.currentTarget.contains(event.target as Node)) return;
    event.stopPropagation();
    setOpen(false);
    place.current?.querySelector<HTMLElement>('[aria-controls]')?.focus();
  };
  return (
    <div
      ref={place}
      className={['panel-place', isFolding && 'is-sheet', isOpen && 'is-open'].filter((name) => name).join(' ')}
      style={drag.height === undefined ? undefined : { height: drag.height }}
      data-testid="sheet"
      // Escape folds it from wherever in it the focus is.
      {...(isFolding && {
        onKeyDown: press,
        onFocus: ({ currentTarget, target }) => {
          if (currentTarget.contains(target) && target.closest('.sheet-head') === null) setOpen(true);
        },
      })}
    >
      {isFolding && (
        <div className="sheet-head" {...drag.handlers}>
          {isOpen && status !== 'running' ? (
            <b className="sheet-summary">Slide and model</b>
          ) : (
            <Summary slide={slide} run={run} />
          )}
          {(run === undefined || run.isPartial || run.isStale) && <RunButton isResultCurrent={false} />}
          <IconButton
            label={isOpen ? 'Fold the panel' : 'Show the panel'}
            placement="top end"
            aria-expanded={isOpen}
            aria-controls={PANEL}
            icon={isOpen ? <ChevronDown size={20} aria-hidden /> : <ChevronUp size={20} aria-hidden />}
            onPress={() => setOpen(!isOpen)}
          />
        </div>
      )}
      <div className="sheet-body" id={PANEL}>
        {children}
      </div>
    </div>
  );
}

function Summary({ slide, run }: { slide: SlideRecord; run: ShownRun | undefined }) {
  const state = useScreen((screen) => screen.run);
  const model = useModel();
  const models = useModels();
  const madeBy = models.find(({ id, version }) => `${id}@${version}` === run?.record?.prediction.modelId);
  const { over, main, tone, progress } = sheetSummary(slide.key, state, run, model, madeBy);
  return (
    <div className="sheet-summary">
      <span className="muted small">{over}</span>
      <span className={tone === 'call' ? 'sheet-call' : undefined}>{main}</span>
      {progress !== undefined && (
        <span className="sheet-progress drawn" aria-hidden>
          <span className="drawn" style={{ width: `${progress * 100}%` }} />
        </span>
      )}
    </div>
  );
}
