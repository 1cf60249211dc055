/** A result that was exported and is dropped back: shown again on its slide without computing. */
import type { ModelManifest } from '../../model/manifest.ts';
import type { GivenFile } from '../open/files-of-drop.ts';
import type { ModelTurns } from '../run/run-actions.ts';
import { modelKey } from '../state/made-with.ts';
import { withRun } from '../state/run-record.ts';
import { changeSlide, type Screen, type ScreenStore, slideOnScreen } from '../state/screen.ts';
import { toErrorInfo } from '../state/to-error-info.ts';
import { readRecord, recordOn } from './read-record.ts';

export interface ResultFileActions {
  /** Those of the files that are results by what is in them. */
  resultsAmong(files: readonly GivenFile[]): Promise<readonly GivenFile[]>;
  /** Shows the first of them on its slide; while that is not on screen it waits for it. What was given last wins. */
  openResults(files: readonly GivenFile[]): Promise<void>;
  /** The result that waits is no longer wanted. */
  dismissWaiting(): void;
}

const JSON_NAME = /\.json$/i;

/** True for what can be a result by its name, and no slide. */
export function isNamedJson({ path }: Pick<GivenFile, 'path'>): boolean {
  return JSON_NAME.test(path);
}

/** Both stand at the head of every version of the export, and of no model or slide. */
const MARKS = ['"slideId"', '"modelId"'];
const HEAD_BYTES = 64 * 1024;
/** A slide of many files can have many that are named so; a result is dropped alone or beside its slide. */
const MOST_LOOKED_INTO = 64;

export function createResultFileActions(
  store: ScreenStore,
  models: readonly ModelManifest[],
  turns: Pick<ModelTurns, 'chooseForNext' | 'prepareOnce'>,
): ResultFileActions {
  /** Results given so far. */
  let given = 0;

  const attachWaiting = () => {
    const slide = slideOfWaiting(store.getState());
    const { waitingResult } = store.getState();
    if (slide === undefined || waitingResult === undefined) return;
    // It waits no longer, whatever comes of it: each change of the state leads here.
    store.setState({ waitingResult: undefined });
    try {
      const { record, userMpp } = recordOn(slide, waitingResult.record);
      changeSlide(store, slide.key, (one) => ({ ...one, userMpp, runs: withRun(one.runs, record) }));
      store.setState({
        bagChoice: record.madeWith.bagChoice,
        run: { status: 'done', slideKey: slide.key, runId: record.id },
        chosenTile: undefined,
      });
      chooseModelOf(record.madeWith.modelKey);
    } catch (error) {
      store.setState({ exportError: toErrorInfo(error) });
    }
  };

  /** With its model chosen the result is the current one. As with the sample, the next slide brings back the model before. */
  const chooseModelOf = (key: string) => {
    const { modelId, modelBeforeSample, imported } = store.getState();
    const model = [...models, ...imported].find((one) => modelKey(one) === key);
    if (model === undefined || model.id === modelId) return;
    turns.chooseForNext(model.id);
    store.setState({ modelBeforeSample: modelBeforeSample ?? modelId });
    turns.prepareOnce();
  };

  store.subscribe(attachWaiting);

  return {
    resultsAmong: async (files) => {
      const named = files.filter(isNamedJson).slice(0, MOST_LOOKED_INTO);
      const found = await Promise.all(named.map(async (one) => ((await isResult(one.file)) ? [one] : [])));
      return found.flat();
    },
    openResults: async (files) => {
      const [first] = files;
      if (first === undefined) return;
      const mine = ++given;
      store.setState({ exportError: undefined });
      try {
        const dropped = await readRecord(first.file, [...models, ...store.getState().imported]);
        if (mine !== given) return;
        store.setState({ waitingResult: dropped });
        if (files.length > 1)
          store.setState({
            notice: `${files.length} results were given; one is shown. Open the others one at a time.`,
          });
      } catch (error) {
        if (mine === given) store.setState({ exportError: toErrorInfo(error) });
      }
    },
    dismissWaiting: () => store.setState({ waitingResult: undefined }),
  };
}

/** The slide on screen, where the result that waits is of it and nothing is run on it. */
function slideOfWaiting(screen: Screen) {
  const slide = slideOnScreen(screen);
  const { waitingResult, run } = screen;
  if (slide === undefined || waitingResult === undefined) return undefined;
  if (waitingResult.record.prediction.slideId !== slide.info.id) return undefined;
  return run.status === 'running' && run.slideKey === slide.key ? undefined : slide;
}

async function isResult(file: Blob): Promise<boolean> {
  try {
    const head = await file.slice(0, HEAD_BYTES).text();
    return MARKS.every((mark) => head.includes(mark));
  } catch {
    // A file that is gone: who reads it next says so.
    return false;
  }
}
