import { CircleHelp, Contrast } from 'lucide-react';
import { Button } from 'react-aria-components';
import { OpenButtons } from '../open/OpenButtons.tsx';
import type { SlideRecord } from '../state/screen.ts';
import { useTheme } from './theme.ts';

/** The name of the slide, the ways to open one, the theme and the help. */
export function Header({ slide, onHelp }: { slide: SlideRecord | undefined; onHelp: () => void }) {
  const [theme, toggleTheme] = useTheme();
  return (
    <header>
      <h1 className="brand">milscope</h1>
      <span className="slide-name" title={slide?.info.name}>
        {slide?.info.name}
      </span>
      <OpenButtons />
      <Button
        className="icon-button"
        aria-label={theme === 'dark' ? 'Light theme' : 'Dark theme'}
        onPress={toggleTheme}
      >
        <Contrast size={18} aria-hidden />
      </Button>
      <Button className="icon-button" aria-label="Keyboard shortcuts" onPress={onHelp}>
        <CircleHelp size={18} aria-hidden />
      </Button>
    </header>
  );
}
