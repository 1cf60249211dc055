import { AdjustedNotice } from '../display/DisplayControls.tsx';
import { WaitingResult } from '../result/WaitingResult.tsx';
import type { SlideRecord } from '../state/screen.ts';
import { useScreen, useSession } from '../state/session.ts';
import { ErrorNotice } from './ErrorNotice.tsx';
import { Notice } from './Notice.tsx';

/** What is on its way, what did not succeed, and what else must be known, over the slide that stays. */
export function StageNotices({ slide }: { slide: SlideRecord }) {
  const { actions } = useSession();
  const opening = useScreen((screen) => screen.opening);
  const exportError = useScreen((screen) => screen.exportError);
  return (
    <div className="stage-notices">
      <AdjustedNotice />
      {(opening.status === 'opening' || opening.status === 'listing') && (
        <div className="notice" role="status">
          {opening.status === 'listing' ? 'Reading the folder…' : `Opening ${opening.name}…`}
        </div>
      )}
      {opening.status === 'failed' && <ErrorNotice error={opening.error} onDismiss={actions.dismissError} />}
      {exportError !== undefined && (
        <ErrorNotice error={exportError} onDismiss={() => actions.setExportError(undefined)} />
      )}
      <WaitingResult />
      {slide.readError !== undefined && <ErrorNotice error={slide.readError} onDismiss={actions.dismissReadError} />}
      <Notice />
    </div>
  );
}
