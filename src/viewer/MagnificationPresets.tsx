import { type KeyboardEvent, useRef, useState } from 'react';
import { magnificationWords } from '../words/view.ts';
import { isDigital, MAGNIFICATIONS, toUmPerPx } from './scale-bar.ts';

/** One stop of the tab key; arrow keys, Home and End go from one to the next. */
export function MagnificationPresets({
  magnification,
  scanned,
  umPerSlidePx,
  onScale,
}: {
  /** On screen now. */
  magnification: number;
  /** Of the scan itself: beyond it pixels are only enlarged. */
  scanned: number;
  umPerSlidePx: number;
  /** Asks for so many CSS px a level-0 px. */
  onScale: (scale: number) => void;
}) {
  const buttons = useRef<(HTMLButtonElement | null)[]>([]);
  const [stop, setStop] = useState(0);

  const step = (event: KeyboardEvent) => {
    const last = MAGNIFICATIONS.length - 1;
    const to = {
      ArrowLeft: Math.max(0, stop - 1),
      ArrowUp: Math.max(0, stop - 1),
      ArrowRight: Math.min(last, stop + 1),
      ArrowDown: Math.min(last, stop + 1),
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    setStop(to);
    buttons.current[to]?.focus();
  };

  return (
    <div className="magnifications" role="toolbar" aria-label="Magnification" onKeyDown={step}>
      {MAGNIFICATIONS.map((one, index) => {
        const isOn = Math.abs(magnification / one - 1) < 0.02;
        const beyond = isDigital(one, scanned);
        return (
          <button
            key={one}
            ref={(button) => {
              buttons.current[index] = button;
            }}
            type="button"
            tabIndex={index === stop ? 0 : -1}
            aria-pressed={isOn}
            className={`${isOn ? 'is-on' : ''} ${beyond ? 'is-digital' : ''}`}
            {...(beyond && { 'aria-label': magnificationWords(one, true), title: magnificationWords(one, true) })}
            onFocus={() => setStop(index)}
            onClick={() => onScale(umPerSlidePx / toUmPerPx(one))}
          >
            {one}×
          </button>
        );
      })}
    </div>
  );
}
