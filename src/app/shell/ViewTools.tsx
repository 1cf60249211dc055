import { House, Maximize, RotateCcw, RotateCw, ZoomIn, ZoomOut } from 'lucide-react';
import type { ComponentType } from 'react';
import { Button, Toolbar, Tooltip, TooltipTrigger } from 'react-aria-components';
import type { KeyAction } from './keys.ts';

const TOOLS: readonly (readonly [KeyAction, string, string, ComponentType<{ size: number }>])[] = [
  ['zoom-in', 'Zoom in', '+', ZoomIn],
  ['zoom-out', 'Zoom out', '−', ZoomOut],
  ['home', 'Whole slide', '0', House],
  ['rotate-left', 'Turn left', 'E', RotateCcw],
  ['rotate-right', 'Turn right', 'R', RotateCw],
  ['full-screen', 'Full screen', 'F', Maximize],
];

/** What the keys do, for the mouse and the finger. */
export function ViewTools({ onAction }: { onAction: (action: KeyAction) => void }) {
  return (
    <Toolbar className="float view-tools" aria-label="View" orientation="vertical">
      {TOOLS.map(([action, words, key, Icon]) => (
        <TooltipTrigger key={action} delay={400}>
          <Button className="icon-button" aria-label={words} onPress={() => onAction(action)}>
            <Icon size={18} />
          </Button>
          <Tooltip className="tooltip" placement="right">
            {words} <kbd>{key}</kbd>
          </Tooltip>
        </TooltipTrigger>
      ))}
    </Toolbar>
  );
}
