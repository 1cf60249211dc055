/** What a person tells of the slide on screen, its pixel size and channels, and what the view tells of its tiles. */
import type { ViewPlace } from '../../viewer/navigation.ts';
import type { FailedTile } from '../../viewer/tile-source.ts';
import { type ChannelSetting, changedSettings } from '../display/channels.ts';
import { changeSlide, type ScreenStore, type SlideKey, type SlideRecord, slideOnScreen } from '../state/screen.ts';
import { toErrorInfo } from '../state/to-error-info.ts';

export interface SlideActions {
  /** µm per level-0 px of the slide on screen; a run that waits for it starts. */
  giveMpp(mpp: number): void;
  /** One channel of the slide on screen. */
  setChannel(index: number, change: Partial<ChannelSetting>): void;
  /** All channels as models get them. */
  resetChannels(): void;
  /** A tile of the view could not be read: a hole in the slide, or the end of its file. */
  tileFailed(slideId: string, error: unknown, tile: FailedTile): void;
  /** What of an image is looked at when it leaves the screen; undefined: all of it. */
  keepView(key: SlideKey, imageId: string, place: ViewPlace | undefined): void;
  /** Takes away the notice that the slide on screen can no longer be read. */
  dismissReadError(): void;
}

/** `givenMpp` keeps pixel sizes given by hand, by slide; `run` starts a run that waited for one. */
export function createSlideActions(store: ScreenStore, givenMpp: Map<string, number>, run: () => void): SlideActions {
  /** Tiles that failed on the slide on screen: each counts once, however often the view asks for it. */
  const holes = new Set<string>();

  const changeShown = (changed: (slide: SlideRecord) => SlideRecord) => {
    const { shownSlide } = store.getState();
    if (shownSlide !== undefined) changeSlide(store, shownSlide, changed);
  };

  return {
    giveMpp: (mpp) => {
      const shown = slideOnScreen(store.getState());
      if (shown === undefined) return;
      givenMpp.set(shown.info.id, mpp);
      changeShown((slide) => ({ ...slide, userMpp: mpp }));
      if (store.getState().run.status === 'needs-mpp') run();
    },
    setChannel: (index, changed) =>
      changeShown((slide) => {
        const { channels } = slide.info;
        if (channels === undefined) return slide;
        return { ...slide, channels: changedSettings(channels, slide.channels, index, changed) };
      }),
    resetChannels: () => changeShown((slide) => ({ ...slide, channels: undefined })),
    tileFailed: (slideId, error, { level, col, row }) => {
      const info = toErrorInfo(error);
      changeShown((slide) => {
        if (slide.info.id !== slideId) return slide;
        // A tile that ends its worker, the second time too, is as lost as one that cannot be decoded; the file is not.
        const isHole = info.code === 'slide/tile-failed' || info.code === 'worker/crashed' || info.code === 'internal';
        if (!isHole) return { ...slide, readError: info };
        // Those of a slide before are forgotten.
        if (slide.holes === 0) holes.clear();
        holes.add(`${level}/${col}/${row}`);
        return { ...slide, holes: holes.size };
      });
    },
    keepView: (key, imageId, place) =>
      changeSlide(store, key, (slide) => {
        const views = new Map(slide.views);
        if (place === undefined) views.delete(imageId);
        else views.set(imageId, place);
        return { ...slide, views };
      }),
    dismissReadError: () => changeShown((slide) => ({ ...slide, readError: undefined })),
  };
}
