import { Button } from 'react-aria-components';
import { runsOnSlides } from '../../model/catalog.ts';
import { useModel, useScreen, useSession, useSlide } from '../state/session.ts';

/** One button with three meanings, so that the focus stays where it is when a run begins and ends. */
export function RunButton({ isResultCurrent }: { isResultCurrent: boolean }) {
  const { actions } = useSession();
  const model = useModel();
  const hasResult = (useSlide()?.runs.length ?? 0) > 0;
  const isRunning = useScreen((screen) => screen.run.status === 'running');
  const canRun = model === undefined || runsOnSlides(model);
  const isLoud = !isRunning && !isResultCurrent;
  return (
    <Button
      className={isLoud ? 'button primary run-button' : 'button run-button'}
      isDisabled={!isRunning && !canRun}
      onPress={isRunning ? actions.cancel : () => void actions.run()}
    >
      {isRunning ? 'Cancel' : hasResult ? 'Run again' : 'Run model'}
    </Button>
  );
}
