/** A result that was exported and is dropped back: shown again on its slide without computing. */
import { AppError } from '../../errors.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import type { GivenFile } from '../open/files-of-drop.ts';
import type { ModelTurns } from '../run/run-actions.ts';
import { withRun } from '../state/run-record.ts';
import { changeSlide, type ScreenStore, slideOnScreen } from '../state/screen.ts';
import { toErrorInfo } from '../state/to-error-info.ts';
import { readRecord } from './read-record.ts';

export interface ResultFileActions {
  /** True for files that only a result can be meant by: one JSON file. */
  isNamedLikeResult(files: readonly GivenFile[]): boolean;
  /** Shows the result on its slide; where that is not open it waits for it and says so. */
  openResult(files: readonly GivenFile[]): Promise<void>;
  /** Shows the result that waits, where the slide on screen is the one it is of. */
  attachWaiting(): void;
  /** The result that waits is no longer wanted. */
  dismissWaiting(): void;
}

/** Characters of an export of 100,000 tiles are about 12 million. */
const MOST_BYTES = 256 * 1024 * 1024;

export function createResultFileActions(
  store: ScreenStore,
  models: readonly ModelManifest[],
  turns: Pick<ModelTurns, 'choose'>,
): ResultFileActions {
  const attachWaiting = () => {
    const { waitingResult, imported, modelId } = store.getState();
    const slide = slideOnScreen(store.getState());
    if (waitingResult === undefined || slide === undefined) return;
    if (waitingResult.prediction.slideId !== slide.info.id) return;
    const { madeWith } = waitingResult;
    changeSlide(store, slide.key, (one) => ({
      ...one,
      userMpp: one.info.mpp === undefined ? (one.userMpp ?? madeWith.mpp) : one.userMpp,
      runs: withRun(one.runs, waitingResult),
    }));
    store.setState({
      waitingResult: undefined,
      bagChoice: madeWith.bagChoice,
      run: { status: 'done', slideKey: slide.key, runId: waitingResult.id },
      chosenTile: undefined,
    });
    // With the model that it was made with chosen, the result is the current one.
    const id = madeWith.modelKey.slice(0, madeWith.modelKey.indexOf('@'));
    if ([...models, ...imported].some((model) => model.id === id) && id !== modelId) turns.choose(id);
  };

  return {
    isNamedLikeResult: (files) => files.length === 1 && /\.json$/i.test(files[0]?.file.name ?? ''),
    openResult: async (files) => {
      const file = files[0]?.file;
      if (file === undefined) return;
      store.setState({ exportError: undefined });
      try {
        if (file.size > MOST_BYTES)
          throw new AppError({ code: 'usage', problem: `${file.name} is too large for a result of milscope.` });
        const { imported } = store.getState();
        const record = await readRecord(await file.text(), [...models, ...imported]);
        store.setState({ waitingResult: record });
        attachWaiting();
      } catch (error) {
        store.setState({ exportError: toErrorInfo(error) });
      }
    },
    attachWaiting,
    dismissWaiting: () => store.setState({ waitingResult: undefined }),
  };
}
