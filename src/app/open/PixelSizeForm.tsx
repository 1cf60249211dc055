import { useEffect, useId, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { parseTyped } from '../../words/numbers.ts';
import type { OpenSlide } from '../state/screen.ts';
import { useScreen, useSession } from '../state/session.ts';
import { MPP_RANGE } from './slide-actions.ts';

/** Asks once, in place; a run that waits for the answer starts with it. */
export function PixelSizeForm({ slide }: { slide: OpenSlide }) {
  const { actions } = useSession();
  const isWaiting = useScreen((screen) => screen.run.status === 'needs-mpp');
  const [text, setText] = useState(slide.userMpp === undefined ? '' : String(slide.userMpp));
  const [problem, setProblem] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => {
    if (isWaiting) input.current?.focus();
  }, [isWaiting]);
  const give = (typed: string) => {
    const mpp = parseTyped(typed);
    if (mpp === undefined || mpp < MPP_RANGE[0] || mpp > MPP_RANGE[1]) {
      setProblem(`Give a number between ${MPP_RANGE[0]} and ${MPP_RANGE[1]}.`);
      return;
    }
    setProblem(undefined);
    setText(typed.trim());
    actions.giveMpp(mpp);
  };
  return (
    <form
      className={`pixel-size ${isWaiting ? 'is-waiting' : ''}`}
      noValidate
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
        {problem ?? 'The file does not say it. Usual:'}{' '}
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
