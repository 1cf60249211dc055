import './base.css';
import './controls.css';
import './shell.css';
import './small.css';
import './forced-colors.css';

import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-aria-components';
import type { SlideView } from '../../viewer/slide-view.ts';
import { useHeatmap } from '../heatmap/use-heatmap.ts';
import { DropTarget } from '../open/DropTarget.tsx';
import { FirstVisit } from '../open/FirstVisit.tsx';
import { OpenersProvider, openAddressLater } from '../open/Openers.tsx';
import { type Session, SessionContext, useScreen, useSession, useShownRun, useSlide } from '../state/session.ts';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { Header } from './Header.tsx';
import { later, readAhead, useLater } from './later.ts';
import { PrintPage } from './PrintPage.tsx';
import { Sheet } from './Sheet.tsx';
import { SidePanel } from './SidePanel.tsx';
import { SlideStage } from './SlideStage.tsx';
import { useTabTitle } from './tab-title.ts';
import { COMPACT, SHEET, useMedia } from './use-media.ts';

const keySheetLater = later(async () => (await import('./KeySheet.tsx')).KeySheet);
const importLater = later(async () => (await import('../import/ImportDialog.tsx')).ImportDialog);

export function App({ session }: { session: Session }) {
  return (
    <ErrorBoundary>
      <SessionContext value={session}>
        <DropTarget>
          <OpenersProvider>
            <Frame />
          </OpenersProvider>
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
  const isCompact = useMedia(COMPACT);
  const isSheet = useMedia(SHEET);
  useTabTitle(slide);
  useEffect(() => readAhead([keySheetLater, importLater, openAddressLater]), []);
  const { actions } = useSession();
  const isImporting = useScreen((screen) => screen.importing.status !== 'none');
  const KeySheet = useLater(keySheetLater, isHelpOpen, () => setHelpOpen(false));
  const ImportDialog = useLater(importLater, isImporting, actions.closeImport);
  const classes = ['frame', slide === undefined && 'is-empty', isCompact && 'is-compact', isSheet && 'has-sheet'];
  return (
    <div className={classes.filter((name) => name !== false).join(' ')}>
      {slide !== undefined && (
        <Link className="button skip-link" onPress={() => view.current?.focus()}>
          Skip to slide
        </Link>
      )}
      <Header slide={slide} isCompact={isCompact} onHelp={() => setHelpOpen(true)} />
      {slide === undefined ? (
        <main>
          <FirstVisit />
        </main>
      ) : (
        <SlideStage slide={slide} run={run} heatmap={heatmap} view={view} onHelp={() => setHelpOpen(true)} />
      )}
      <Sheet isSheet={isSheet} slide={slide} run={run}>
        <SidePanel slide={slide} run={run} heatmap={heatmap} view={view} isSheet={isSheet} />
      </Sheet>
      <footer>
        <b>Research use only. Not for diagnosis.</b>
        <span className="muted">
          {slide !== undefined && 'url' in slide.file
            ? `The slide is read from ${new URL(slide.file.url).host}; nothing is sent`
            : 'Nothing leaves this computer'}
        </span>
      </footer>
      {slide !== undefined && <PrintPage slide={slide} run={run} heatmap={heatmap} view={view} />}
      {ImportDialog && <ImportDialog />}
      {isHelpOpen && KeySheet !== undefined && <KeySheet onChange={setHelpOpen} />}
    </div>
  );
}
