import { CircleHelp, Contrast, FolderOpen, FolderTree, Link, Menu as MenuIcon, Microscope } from 'lucide-react';
import type { ComponentType } from 'react';
import { Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { useOpeners } from '../open/Openers.tsx';
import { IconButton } from './IconButton.tsx';
import { type Theme, themeWords } from './theme.ts';

type Entry = readonly [words: string, Icon: ComponentType<{ size: number; 'aria-hidden': true }>, act: () => void];

/** What the header holds on a wide screen, as one button and in words. */
export function HeaderMenu({ theme, onTheme, onHelp }: { theme: Theme; onTheme: () => void; onHelp: () => void }) {
  const openers = useOpeners();
  const toOpen: readonly Entry[] = [
    ['Open slide', FolderOpen, openers.file],
    ['Open a folder (DICOM, MIRAX)', FolderTree, openers.folder],
    ['Open an address', Link, openers.address],
    ['Open sample slide', Microscope, openers.sample],
  ];
  const rest: readonly Entry[] = [
    [themeWords(theme), Contrast, onTheme],
    ['Help and keys', CircleHelp, onHelp],
  ];
  const item = ([words, Icon, act]: Entry) => (
    <MenuItem key={words} id={words} className="list-item" onAction={act}>
      <Icon size={18} aria-hidden />
      {words}
    </MenuItem>
  );
  return (
    <MenuTrigger>
      <IconButton label="Menu" placement="bottom end" icon={<MenuIcon size={20} aria-hidden />} />
      <Popover className="popover" placement="bottom end">
        <Menu className="list">
          {toOpen.map(item)}
          <Separator className="separator" />
          {rest.map(item)}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
