import './base.css';
import './controls.css';
import './shell.css';

import { useRef, useState } from 'react';
import type { SlideView } from '../../viewer/slide-view.ts';
import { useHeatmap } from '../heatmap/use-heatmap.ts';
import { ImportDialog } from '../import/ImportDialog.tsx';
import { DropTarget } from '../open/DropTarget.tsx';
import { FirstVisit } from '../open/FirstVisit.tsx';
import { type Session, SessionContext, useShownRun, useSlide } from '../state/session.ts';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { Header } from './Header.tsx';
import { KeyHelp } from './KeyHelp.tsx';
import { SidePanel } from './SidePanel.tsx';
import { SlideStage } from './SlideStage.tsx';

export function App({ session }: { session: Session }) {
  return (
    <ErrorBoundary>
      <SessionContext value={session}>
        <DropTarget>
          <Frame />
        </DropTarget>
      </SessionContext>
    </ErrorBoundary>
  );
}

function Frame() {
  const slide = useSlide();
  const run = useShownRun();
  const heatmap = useHeatmap(run);
  const view = useRef<SlideView | undefined>(undefined);
  const [isHelpOpen, setHelpOpen] = useState(false);
  return (
    <div className={slide === undefined ? 'frame is-empty' : 'frame'}>
      <Header slide={slide} onHelp={() => setHelpOpen(true)} />
      {slide === undefined ? (
        <main>
          <FirstVisit />
        </main>
      ) : (
        <SlideStage slide={slide} run={run} heatmap={heatmap} view={view} onHelp={() => setHelpOpen(true)} />
      )}
      <SidePanel slide={slide} run={run} heatmap={heatmap} view={view} />
      <footer>
        <b>Research use only. Not for diagnosis.</b>
        <span className="muted">
          {slide !== undefined && 'url' in slide.file
            ? `The slide is read from ${new URL(slide.file.url).host}; nothing is sent`
            : 'Nothing leaves this computer'}
        </span>
      </footer>
      <ImportDialog />
      <KeyHelp isOpen={isHelpOpen} onChange={setHelpOpen} />
    </div>
  );
}
