import { Download } from 'lucide-react';
import type { RefObject } from 'react';
import { Button, DialogTrigger, Popover, ProgressBar } from 'react-aria-components';
import { AppError, isAppError } from '../../errors.ts';
import type { SlideView } from '../../viewer/slide-view.ts';
import type { HeatmapView } from '../heatmap/heatmap-view.ts';
import { EXPORT_BUTTON_ID } from '../shell/keys.ts';
import type { RunRecord } from '../state/run-record.ts';
import type { SlideRecord } from '../state/screen.ts';
import { useSession } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import { toErrorInfo } from '../state/to-error-info.ts';
import { type ExportChoice, ExportForm } from './ExportForm.tsx';
import { saveFile } from './save-file.ts';
import { usePicture } from './use-picture.ts';
import './exports.css';

/** The result as data, and the view as a picture; nothing of a run that is not finished. */
export function Exports(props: ExportsProps) {
  const { slide } = props;
  return (
    <section aria-label="Export" className="exports">
      <ExportsOfSlide key={`${slide.key} ${slide.info.id}`} {...props} />
    </section>
  );
}

interface ExportsProps {
  readonly slide: SlideRecord;
  readonly run: ShownRun;
  readonly heatmap: HeatmapView | undefined;
  readonly view: RefObject<SlideView | undefined>;
}

function ExportsOfSlide({ slide, run, heatmap, view }: ExportsProps) {
  const { actions } = useSession();
  const picture = usePicture(heatmap, view);
  const { record } = run;

  const save = async (record: RunRecord, { format, withName, widthPx }: ExportChoice) => {
    const given = { slide, run, record, withName };
    // Before anything is waited for: a picture is of this moment.
    const making = format === 'PNG' ? picture.make(given, widthPx) : undefined;
    const { csvText, fileName, jsonText } = await import('./export-files.ts');
    if (format === 'JSON') saveFile(fileName(given, 'json'), new Blob([jsonText(given)], { type: 'application/json' }));
    if (format === 'CSV') saveFile(fileName(given, 'csv'), new Blob([csvText(given)], { type: 'text/csv' }));
    const png = await making;
    if (png !== undefined) saveFile(fileName(given, 'png'), png);
  };

  const start = (choice: ExportChoice) => {
    if (record === undefined) return;
    actions.setExportError(undefined);
    save(record, choice).catch((error: unknown) => {
      const failure = isAppError(error, 'export/failed') ? error : failureOf(choice.format, error);
      actions.setExportError(toErrorInfo(failure));
    });
  };

  return (
    <>
      <DialogTrigger>
        <Button id={EXPORT_BUTTON_ID} className="button wide export" isDisabled={record === undefined}>
          <Download size={16} aria-hidden />
          Export
        </Button>
        <Popover className="popover" placement="top">
          <ExportForm
            view={view}
            canHavePicture={run.isOfShownImage}
            isMaking={picture.progress !== undefined}
            onExport={start}
          />
        </Popover>
      </DialogTrigger>
      {picture.progress !== undefined && <Making share={picture.progress} onStop={picture.stop} />}
    </>
  );
}

function failureOf(format: ExportChoice['format'], error: unknown): AppError {
  const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
  return new AppError({ code: 'export/failed', format, cause: 'browser', reason }, { cause: error });
}

function Making({ share, onStop }: { share: number; onStop: () => void }) {
  const percent = Math.floor(100 * share);
  return (
    <div className="making-row">
      <p className="visually-hidden" role="status">
        The picture is being made.
      </p>
      <ProgressBar className="progress making" aria-label="Picture" value={percent}>
        <div className="progress-track">
          <div className="progress-bar" style={{ width: `${percent}%` }} />
        </div>
        <span className="small muted">{share < 1 ? `Reading the slide: ${percent} %` : 'Writing the picture…'}</span>
      </ProgressBar>
      <Button className="button" onPress={onStop}>
        Stop
      </Button>
    </div>
  );
}
