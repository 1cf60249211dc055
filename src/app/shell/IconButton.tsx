import type { ReactNode } from 'react';
import { Button, type ButtonProps, Tooltip, type TooltipProps, TooltipTrigger } from 'react-aria-components';

/** A button that shows only an icon: its name, and the key that does the same, stand beside it on hover and on focus. */
export function IconButton({
  label,
  keyName,
  icon,
  placement = 'bottom',
  ...props
}: Omit<ButtonProps, 'aria-label' | 'className' | 'children'> & {
  label: string;
  /** The key that does the same, as it stands on the keyboard. */
  keyName?: string;
  icon: ReactNode;
  /** Where the name stands. */
  placement?: NonNullable<TooltipProps['placement']>;
}) {
  return (
    <TooltipTrigger delay={400} closeDelay={0}>
      <Button {...props} className="icon-button" aria-label={label}>
        {icon}
      </Button>
      <Tooltip className="tooltip" placement={placement} offset={6}>
        {label}
        {keyName !== undefined && <kbd>{keyName}</kbd>}
      </Tooltip>
    </TooltipTrigger>
  );
}
