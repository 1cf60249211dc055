import { Button } from 'react-aria-components';
import { runsOnSlides } from '../../model/catalog.ts';
import { useModel, useScreen, useSession } from '../state/session.ts';

/** One button with two meanings, so that the focus stays where it is when the run begins and ends. */
export function RunButton({ className }: { className: string }) {
  const { actions } = useSession();
  const isRunning = useScreen((screen) => screen.run.status === 'running');
  const model = useModel();
  const canRun = model === undefined || runsOnSlides(model);
  return (
    <Button
      className={isRunning ? className : `${className} primary`}
      isDisabled={!isRunning && !canRun}
      onPress={isRunning ? actions.cancel : () => void actions.run()}
    >
      {isRunning ? 'Cancel' : 'Run model'}
    </Button>
  );
}
