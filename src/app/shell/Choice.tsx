import { Check, ChevronDown } from 'lucide-react';
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';

/** One of several that are listed when it is asked for. `more` stands under the words. */
export function Choice<T extends string | number>({
  label,
  isLabelHidden = false,
  value,
  options,
  none = '',
  isDisabled = false,
  onChange,
}: {
  label: string;
  isLabelHidden?: boolean;
  value: T;
  options: readonly { readonly id: T; readonly words: string; readonly more?: string }[];
  /** What stands there while no option has the value. */
  none?: string;
  isDisabled?: boolean;
  onChange: (value: T) => void;
}) {
  const chosen = options.find(({ id }) => id === value);
  return (
    <Select
      className="select"
      selectedKey={value}
      isDisabled={isDisabled}
      onSelectionChange={(key) => {
        const next = options.find(({ id }) => id === key);
        if (next !== undefined) onChange(next.id);
      }}
    >
      <Label className={isLabelHidden ? 'visually-hidden' : 'muted small'}>{label}</Label>
      <Button className="select-button">
        <SelectValue>{chosen?.words ?? none}</SelectValue>
        <ChevronDown size={16} aria-hidden />
      </Button>
      <Popover className="popover">
        <ListBox className="list">
          {options.map(({ id, words, more }) => (
            <ListBoxItem key={id} id={id} textValue={words} className="list-item">
              <Check size={16} aria-hidden className="tick" />
              <span>
                {words}
                {more !== undefined && <span className="muted small block">{more}</span>}
              </span>
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
