import { CircleHelp, Contrast } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import type { SlideView } from '../viewer/slide-view.ts';
import { Channels } from './Channels.tsx';
import { DisplayControls } from './DisplayControls.tsx';
import { DropTarget } from './DropTarget.tsx';
import { Exports } from './Exports.tsx';
import { FirstVisit } from './FirstVisit.tsx';
import { HeatmapControls } from './HeatmapControls.tsx';
import { ImportDialog } from './ImportDialog.tsx';
import { KeyHelp } from './KeyHelp.tsx';
import { OpenButtons } from './OpenButtons.tsx';
import { Rescue } from './Rescue.tsx';
import { ResultPanel } from './ResultPanel.tsx';
import { RunPanel } from './RunPanel.tsx';
import { SlidePanel } from './SlidePanel.tsx';
import { SlideStage } from './SlideStage.tsx';
import { type Session, SessionContext, useScreen } from './session.ts';
import { resultOnScreen, slideOnScreen } from './store.ts';
import { useTheme } from './theme.ts';
import { useHeatmap } from './use-heatmap.ts';
import './app.css';

export function App({ session }: { session: Session }) {
  return (
    <Rescue>
      <SessionContext value={session}>
        <DropTarget>
          <Frame />
        </DropTarget>
      </SessionContext>
    </Rescue>
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
