import { createContext, type ReactNode, useContext, useMemo, useRef, useState } from 'react';
import { later, useLater } from '../shell/later.ts';
import { useSession } from '../state/session.ts';
import { filesOfInput } from './files-of-drop.ts';

/** The ways to open a slide, for every button and menu that offers them. */
export interface Openers {
  file(): void;
  folder(): void;
  address(): void;
  sample(): void;
}

export const openAddressLater = later(async () => (await import('./OpenAddress.tsx')).OpenAddress);

const OpenersContext = createContext<Openers | undefined>(undefined);

export function useOpeners(): Openers {
  const openers = useContext(OpenersContext);
  if (openers === undefined) throw new Error('what opens slides stands inside OpenersProvider');
  return openers;
}

/** Holds what is there once: the two file inputs, which never show, and the dialog for an address. */
export function OpenersProvider({ children }: { children: ReactNode }) {
  const { actions } = useSession();
  const file = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [isAddressOpen, setAddressOpen] = useState(false);
  const OpenAddress = useLater(openAddressLater, isAddressOpen, () => setAddressOpen(false));
  const openers = useMemo<Openers>(
    () => ({
      file: () => file.current?.click(),
      folder: () => folder.current?.click(),
      address: () => setAddressOpen(true),
      sample: () => void actions.openSample(),
    }),
    [actions],
  );
  const take = (input: HTMLInputElement) => {
    const files = filesOfInput(input.files);
    // So that the same file can be chosen again after it was mended.
    input.value = '';
    void actions.openFiles(files);
  };
  // The buttons that open them have the same names, so that for the keyboard and a screen reader these are not there.
  const unseen = { type: 'file', className: 'visually-hidden', tabIndex: -1, 'aria-hidden': true } as const;
  return (
    <OpenersContext value={openers}>
      <input {...unseen} ref={file} multiple aria-label="Open slide" onChange={(event) => take(event.currentTarget)} />
      <input
        {...unseen}
        ref={(input) => {
          folder.current = input;
          input?.setAttribute('webkitdirectory', '');
        }}
        multiple
        aria-label="Open a folder"
        onChange={(event) => take(event.currentTarget)}
      />
      {children}
      {OpenAddress && <OpenAddress isOpen={isAddressOpen} onChange={setAddressOpen} />}
    </OpenersContext>
  );
}
