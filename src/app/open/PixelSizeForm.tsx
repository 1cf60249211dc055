import { useEffect, useId, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { isPlausibleMpp, PLAUSIBLE_MPP } from '../../slide/pixel-size.ts';
import { parseTyped } from '../shell/typed-number.ts';
import type { SlideRecord } from '../state/screen.ts';
import { useScreen, useSession } from '../state/session.ts';

/** Asks once, in place, and goes away with the answer; a run that waits for it starts with it. */
export function PixelSizeForm({
  slide,
  isOpenedByHand,
  onDone,
}: {
  slide: SlideRecord;
  /** The person asked for it, to give another size. */
  isOpenedByHand: boolean;
  onDone: () => void;
}) {
  const { actions } = useSession();
  const isWaiting = useScreen((screen) => screen.run.status === 'needs-mpp');
  const [text, setText] = useState(slide.userMpp === undefined ? '' : String(slide.userMpp));
  const [problem, setProblem] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => {
    if (isWaiting || isOpenedByHand) input.current?.focus();
  }, [isWaiting, isOpenedByHand]);
  const give = (typed: string) => {
    const mpp = parseTyped(typed);
    if (mpp === undefined || !isPlausibleMpp(mpp)) {
      setProblem(`Give a number between ${PLAUSIBLE_MPP[0]} and ${PLAUSIBLE_MPP[1]}.`);
      return;
    }
    setProblem(undefined);
    actions.giveMpp(mpp);
    onDone();
  };
  return (
    <form
      className={`pixel-size ${isWaiting ? 'is-waiting' : ''}`}
      noValidate
      onKeyDown={(event) => {
        if (event.key === 'Escape' && isOpenedByHand) onDone();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        give(text);
      }}
    >
      {isWaiting && (
        <p className="notice warn" role="alert" data-testid="needs-mpp">
          The run waits for the pixel size: the model looks at tissue at a fixed scale.
        </p>
      )}
      <label htmlFor={id}>Pixel size (µm per pixel)</label>
      <div className="row">
        <input
          ref={input}
          id={id}
          inputMode="decimal"
          autoComplete="off"
          placeholder="unknown"
          value={text}
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-hint`}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" className="button">
          Use
        </Button>
      </div>
      <p id={`${id}-hint`} className="muted small">
        {problem ?? 'Not in the file. Usual:'}{' '}
        <Button className="link" onPress={() => give('0.5')}>
          20× 0.5
        </Button>
        {' · '}
        <Button className="link" onPress={() => give('0.25')}>
          40× 0.25
        </Button>
      </p>
    </form>
  );
}
