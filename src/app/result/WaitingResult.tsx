import { X } from 'lucide-react';
import { WAITS_FOR_RUN, waitingSentence } from '../../words/waiting-result.ts';
import { IconButton } from '../shell/IconButton.tsx';
import { useScreen, useSession, useSlide } from '../state/session.ts';

/** A result that was dropped back and whose slide is not on screen: asks for it. */
export function WaitingResult() {
  const { actions } = useSession();
  const waiting = useScreen((screen) => screen.waitingResult);
  const shown = useSlide()?.info.id;
  if (waiting === undefined) return null;
  const { record, slideName } = waiting;
  return (
    <div className="notice" role="status" data-testid="waiting-result">
      <p>
        {record.prediction.slideId === shown
          ? WAITS_FOR_RUN
          : waitingSentence({ name: slideName, size: record.context.slideSize, series: record.context.series })}
      </p>
      <IconButton label="Dismiss" icon={<X size={16} aria-hidden />} onPress={actions.dismissWaiting} />
    </div>
  );
}
