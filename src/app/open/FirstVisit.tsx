import { Upload } from 'lucide-react';
import { Button, FileTrigger } from 'react-aria-components';
import { WaitingResult } from '../result/WaitingResult.tsx';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import { useScreen, useSession } from '../state/session.ts';
import { filesOfInput } from './files-of-drop.ts';
import './open.css';

/** The whole viewer area before a slide is there: one drop zone, and nothing else. */
export function FirstVisit() {
  const { actions } = useSession();
  const opening = useScreen((screen) => screen.opening);
  const exportError = useScreen((screen) => screen.exportError);
  if (opening.status === 'opening') {
    return (
      <div className="first-visit" role="status">
        <p className="opening">Opening {opening.name}…</p>
      </div>
    );
  }
  return (
    <div className="first-visit">
      <div className="drop-zone">
        <Upload size={32} strokeWidth={1.5} aria-hidden />
        <h2>Drop a slide here, or open one</h2>
        <p className="muted">
          Aperio, Hamamatsu, Leica, MIRAX, Philips, Ventana, Zeiss · DICOM, OME-TIFF, Deep Zoom · TIFF, PNG, JPEG
        </p>
        <div className="drop-actions">
          <FileTrigger allowsMultiple onSelect={(files) => void actions.openFiles(filesOfInput(files))}>
            <Button className="button primary">Choose a file</Button>
          </FileTrigger>
          <Button className="button" onPress={() => void actions.openSample()}>
            Try the sample slide
          </Button>
        </div>
        <p className="muted small">
          Nothing is uploaded: the slide is read on this computer, and the page sends nothing anywhere.
        </p>
        {opening.status === 'failed' && <ErrorNotice error={opening.error} onDismiss={actions.dismissError} />}
        {exportError !== undefined && (
          <ErrorNotice error={exportError} onDismiss={() => actions.setExportError(undefined)} />
        )}
        <WaitingResult />
      </div>
    </div>
  );
}
