import { useState } from 'react';
import { parseTyped } from '../shell/typed-number.ts';

/** A number that can be typed; Enter or leaving the field gives it. What is no number is taken back, as is all by Escape. */
export function NumberField({
  label,
  text,
  onChange,
}: {
  label: string;
  /** The number as it is now. */
  text: string;
  onChange: (value: number) => void;
}) {
  /** Undefined while nothing is typed: then the field follows the number. */
  const [typed, setTyped] = useState<string>();
  const give = () => {
    if (typed === undefined) return;
    setTyped(undefined);
    const value = parseTyped(typed);
    // The text is rounded: giving it unchanged would move the number.
    if (value !== undefined && typed !== text) onChange(value);
  };
  return (
    <input
      className="number-field"
      inputMode="decimal"
      autoComplete="off"
      aria-label={label}
      value={typed ?? text}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onFocus={(event) => event.currentTarget.select()}
      onBlur={give}
      onKeyDown={(event) => {
        if (event.key === 'Enter') give();
        else if (event.key === 'Escape') setTyped(undefined);
      }}
    />
  );
}
