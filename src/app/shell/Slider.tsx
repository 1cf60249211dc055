import { useLayoutEffect, useRef } from 'react';
import { Slider as AriaSlider, Label, SliderOutput, SliderThumb, SliderTrack } from 'react-aria-components';

/** A named length from 0 to 1 with its value in words. */
export function Slider({
  label,
  value,
  words,
  isDisabled = false,
  onChange,
}: {
  label: string;
  value: number;
  words: string;
  isDisabled?: boolean;
  onChange: (value: number) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  // What is read aloud is what the eye reads; the library knows only the number.
  useLayoutEffect(() => input.current?.setAttribute('aria-valuetext', words));
  return (
    <AriaSlider
      className="slider"
      value={value}
      minValue={0}
      maxValue={1}
      step={0.01}
      isDisabled={isDisabled}
      onChange={(next) => onChange(Array.isArray(next) ? (next[0] ?? 0) : next)}
    >
      <Label>{label}</Label>
      <SliderTrack className="slider-track">
        <div className="slider-rail">
          <div className="slider-fill" style={{ width: `${value * 100}%` }} />
        </div>
        <SliderThumb className="slider-thumb" inputRef={input} />
      </SliderTrack>
      <SliderOutput className="slider-value">{() => words}</SliderOutput>
    </AriaSlider>
  );
}
