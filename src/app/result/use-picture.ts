/** A picture that is being made: how far it is, and how it is ended. */
import { type RefObject, useEffect, useRef, useState } from 'react';
import { AppError, isAbort } from '../../errors.ts';
import type { SlideView } from '../../viewer/slide-view.ts';
import type { HeatmapView } from '../heatmap/heatmap-view.ts';
import type { SlideRecord } from '../state/screen.ts';
import { useSession } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import type { ToExport } from './export-files.ts';

export interface PictureMaker {
  /** 0..1, of the slide that is read for it; undefined while none is made. */
  readonly progress: number | undefined;
  /** Takes the screen as it is now. Undefined where it was ended. @throws export/failed */
  make(
    given: ToExport & { readonly slide: SlideRecord; readonly run: ShownRun },
    widthPx: number,
  ): Promise<Blob | undefined>;
  stop(): void;
}

/** Ended where the component goes: then another slide is on screen. */
export function usePicture(heatmap: HeatmapView | undefined, view: RefObject<SlideView | undefined>): PictureMaker {
  const { slides, store } = useSession();
  const [progress, setProgress] = useState<number>();
  const current = useRef<AbortController>(undefined);
  const stop = () => current.current?.abort();
  useEffect(() => () => current.current?.abort(), []);

  const make: PictureMaker['make'] = async (given, widthPx) => {
    const live = view.current;
    if (live === undefined) {
      const reason = 'the slide is not on screen yet';
      throw new AppError({ code: 'export/failed', format: 'PNG', cause: 'browser', reason });
    }
    stop();
    const controller = new AbortController();
    current.current = controller;
    const { heatmap: settings, display } = store.getState();
    // All of it before anything is waited for: the screen may change meanwhile.
    const screen = {
      ...{ ...given, widthPx, settings, display },
      view: { ...live.size(), affine: live.affine() },
      degrees: live.position().degrees,
      overlay: live.overlay(),
      heatmap: settings.isOn && !settings.isHeldOff ? heatmap : undefined,
    };
    const show = (share: number | undefined) => {
      if (current.current === controller) setProgress(share);
    };
    show(0);
    try {
      const [{ toOrder }, { writePng }] = await Promise.all([
        import('./png/picture-order.ts'),
        import('./png/write-png.ts'),
      ]);
      return await writePng(toOrder(screen, slides), controller.signal, show);
    } catch (error) {
      if (isAbort(error)) return undefined;
      throw error;
    } finally {
      show(undefined);
    }
  };
  return { progress, make, stop };
}
