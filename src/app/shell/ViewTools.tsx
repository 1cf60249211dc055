import { House, Maximize, RotateCcw, RotateCw, ZoomIn, ZoomOut } from 'lucide-react';
import type { ComponentType } from 'react';
import { Toolbar } from 'react-aria-components';
import { IconButton } from './IconButton.tsx';
import type { KeyAction } from './keys.ts';
import { NARROW, useMedia } from './use-media.ts';

const TOOLS: readonly (readonly [KeyAction, string, string, ComponentType<{ size: number; 'aria-hidden': true }>])[] = [
  ['zoom-in', 'Zoom in', '+', ZoomIn],
  ['zoom-out', 'Zoom out', '−', ZoomOut],
  ['home', 'Whole slide', '0', House],
  ['rotate-left', 'Turn left', 'E', RotateCcw],
  ['rotate-right', 'Turn right', 'R', RotateCw],
  ['full-screen', 'Full screen', 'F', Maximize],
];

/** What the keys do, for the mouse and the finger. */
export function ViewTools({ onAction }: { onAction: (action: KeyAction) => void }) {
  const isRow = useMedia(NARROW);
  return (
    <Toolbar
      className={isRow ? 'float view-tools is-row' : 'float view-tools'}
      aria-label="View"
      orientation={isRow ? 'horizontal' : 'vertical'}
    >
      {TOOLS.filter(([action]) => action !== 'full-screen' || document.fullscreenEnabled).map(
        ([action, words, key, Icon]) => (
          <IconButton
            key={action}
            label={words}
            keyName={key}
            placement={isRow ? 'bottom' : 'right'}
            icon={<Icon size={18} aria-hidden />}
            onPress={() => onAction(action)}
          />
        ),
      )}
    </Toolbar>
  );
}
