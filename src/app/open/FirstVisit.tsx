import { FolderOpen, FolderTree, Link, Upload } from 'lucide-react';
import { Button } from 'react-aria-components';
import { WaitingResult } from '../result/WaitingResult.tsx';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import { Notice } from '../shell/Notice.tsx';
import { useScreen, useSession } from '../state/session.ts';
import { useOpeners } from './Openers.tsx';
import './open.css';

/** Makers first, then standards, then plain pictures: everything that is read from a file. */
const FORMATS = [
  'Aperio, ARGOS, Hamamatsu (NDPI, VMS), Huron, Leica, MIRAX, Philips, Trestle, Ventana, Zeiss',
  'DICOM, OME-TIFF, Deep Zoom',
  'TIFF, PNG, JPEG',
].join(' · ');

/** The whole viewer area before a slide is there: one drop zone, and nothing else. */
export function FirstVisit() {
  const { actions } = useSession();
  const openers = useOpeners();
  const opening = useScreen((screen) => screen.opening);
  const exportError = useScreen((screen) => screen.exportError);
  const isOpening = opening.status === 'opening' || opening.status === 'listing';
  return (
    <div className="first-visit">
      <div className="drop-zone">
        <Upload className="for-mouse" size={32} strokeWidth={1.5} aria-hidden />
        <h2>
          <span className="for-mouse">Drop a slide here, or open one</span>
          <span className="for-touch">Open a slide</span>
        </h2>
        <p className="muted">{FORMATS}</p>
        <div className="drop-actions">
          <Button className="button primary" onPress={openers.file}>
            <FolderOpen size={16} aria-hidden />
            Open slide
          </Button>
          <Button className="button" onPress={openers.sample}>
            Try the sample slide
          </Button>
        </div>
        <div className="drop-actions">
          <Button className="link" aria-label="Open a folder (DICOM, MIRAX)" onPress={openers.folder}>
            <FolderTree size={16} aria-hidden />
            Open a folder
          </Button>
          <Button className="link" onPress={openers.address}>
            <Link size={16} aria-hidden />
            Open an address
          </Button>
        </div>
        <p role="status" className={isOpening ? 'opening' : 'visually-hidden'}>
          {opening.status === 'opening' && `Opening ${opening.name}…`}
          {opening.status === 'listing' && 'Reading the folder…'}
        </p>
        {opening.status === 'failed' && <ErrorNotice error={opening.error} onDismiss={actions.dismissError} />}
        <Notice />
        <p className="muted small">
          Nothing is uploaded: the slide is read on this computer, and the page sends nothing anywhere.
        </p>
        {exportError !== undefined && (
          <ErrorNotice error={exportError} onDismiss={() => actions.setExportError(undefined)} />
        )}
        <WaitingResult />
      </div>
    </div>
  );
}
