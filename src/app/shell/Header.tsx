import { CircleHelp, Contrast } from 'lucide-react';
import { OpenButtons } from '../open/OpenButtons.tsx';
import type { SlideRecord } from '../state/screen.ts';
import { HeaderMenu } from './HeaderMenu.tsx';
import { IconButton } from './IconButton.tsx';
import { themeWords, useTheme } from './theme.ts';

/** The name of the slide, the ways to open another, the theme and the help; on small screens all of it in one menu. */
export function Header({
  slide,
  isCompact,
  onHelp,
}: {
  slide: SlideRecord | undefined;
  isCompact: boolean;
  onHelp: () => void;
}) {
  const [theme, toggleTheme] = useTheme();
  return (
    <header>
      <h1 className="brand">milscope</h1>
      <span className="slide-name" title={slide?.info.name}>
        {slide?.info.name}
      </span>
      {isCompact ? (
        <HeaderMenu theme={theme} onTheme={toggleTheme} onHelp={onHelp} />
      ) : (
        <>
          {/* Without a slide they stand, larger and in words, in the middle of the page. */}
          {slide !== undefined && <OpenButtons />}
          <IconButton label={themeWords(theme)} icon={<Contrast size={18} aria-hidden />} onPress={toggleTheme} />
          <IconButton
            label="Keyboard shortcuts"
            keyName="?"
            placement="bottom end"
            icon={<CircleHelp size={18} aria-hidden />}
            onPress={onHelp}
          />
        </>
      )}
    </header>
  );
}
