import { Label, Radio, RadioGroup } from 'react-aria-components';

/** One of a few, side by side. */
export function Segments<T extends string>({
  label,
  value,
  options,
  isDisabled = false,
  isLabelHidden = false,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  isDisabled?: boolean;
  isLabelHidden?: boolean;
  onChange: (value: T) => void;
}) {
  return (
    <RadioGroup
      className="segments"
      value={value}
      isDisabled={isDisabled}
      orientation="horizontal"
      onChange={(next) => onChange(next as T)}
    >
      <Label className={isLabelHidden ? 'visually-hidden' : 'segments-label'}>{label}</Label>
      <div className="segments-row">
        {options.map(([key, words]) => (
          <Radio key={key} value={key} className="segment">
            {words}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
