import './base.css';
import './controls.css';
import './shell.css';

import { CircleHelp, Contrast } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import type { SlideView } from '../../viewer/slide-view.ts';
import { Channels } from '../display/Channels.tsx';
import { DisplayControls } from '../display/DisplayControls.tsx';
import { HeatmapControls } from '../heatmap/HeatmapControls.tsx';
import { useHeatmap } from '../heatmap/use-heatmap.ts';
import { ImportDialog } from '../import/ImportDialog.tsx';
import { DropTarget } from '../open/DropTarget.tsx';
import { FirstVisit } from '../open/FirstVisit.tsx';
import { OpenButtons } from '../open/OpenButtons.tsx';
import { SlidePanel } from '../open/SlidePanel.tsx';
import { Exports } from '../result/Exports.tsx';
import { ResultPanel } from '../result/ResultPanel.tsx';
import { RunPanel } from '../run/RunPanel.tsx';
import { resultOnScreen, slideOnScreen } from '../state/screen.ts';
import { type Session, SessionContext, useScreen } from '../state/session.ts';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { KeyHelp } from './KeyHelp.tsx';
import { SlideStage } from './SlideStage.tsx';
import { useTheme } from './theme.ts';

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
  const slide = useScreen((screen) => slideOnScreen(screen.slide));
  const run = useScreen((screen) => screen.run);
  const result = resultOnScreen(run, slide);
  const heatmap = useHeatmap(slide, run, result);
  const view = useRef<SlideView | undefined>(undefined);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [theme, toggleTheme] = useTheme();
  return (
    <div className={slide === undefined ? 'frame is-empty' : 'frame'}>
      <header>
        <h1 className="brand">milscope</h1>
        <span className="slide-name" title={slide?.info.name}>
          {slide?.info.name}
        </span>
        <OpenButtons />
        <Button
          className="icon-button"
          aria-label={theme === 'dark' ? 'Light surroundings' : 'Dark surroundings'}
          onPress={toggleTheme}
        >
          <Contrast size={18} aria-hidden />
        </Button>
        <Button className="icon-button" aria-label="Keys" onPress={() => setHelpOpen(true)}>
          <CircleHelp size={18} aria-hidden />
        </Button>
      </header>
      {slide === undefined ? (
        <main>
          <FirstVisit />
        </main>
      ) : (
        <SlideStage slide={slide} heatmap={heatmap} view={view} onHelp={() => setHelpOpen(true)} />
      )}
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
        <ResultPanel />
        {heatmap !== undefined && <HeatmapControls heatmap={heatmap} result={result} />}
        {slide !== undefined && <DisplayControls slide={slide} />}
        {slide !== undefined && result !== undefined && <Exports slide={slide} result={result} view={view} />}
      </aside>
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
