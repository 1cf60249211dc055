import { X } from 'lucide-react';
import { Dialog, Heading, Modal, ModalOverlay, Switch } from 'react-aria-components';
import { useScreen, useSession } from '../state/session.ts';
import { IconButton } from './IconButton.tsx';
import { KEY_HELP } from './key-help.ts';

/** All the keys. They can be switched off, because dictation software types single letters. */
export function KeySheet({ onChange }: { onChange: (isOpen: boolean) => void }) {
  const { actions } = useSession();
  const hasKeys = useScreen((screen) => screen.hasKeys);
  const showsFileNames = useScreen((screen) => screen.showsFileNames);
  return (
    <ModalOverlay className="modal-veil" isDismissable isOpen onOpenChange={onChange}>
      <Modal className="modal">
        <Dialog>
          <div className="between">
            <Heading slot="title">Keyboard shortcuts</Heading>
            <IconButton slot="close" label="Close" icon={<X size={18} aria-hidden />} />
          </div>
          <Switch className="switch" isSelected={hasKeys} onChange={actions.setKeys}>
            <span className="switch-track" aria-hidden />
            Single-letter keys
          </Switch>
          <Switch className="switch" isSelected={showsFileNames} onChange={actions.setFileNames}>
            <span className="switch-track" aria-hidden />
            Show file names
          </Switch>
          <p className="muted small">
            In the title of the tab, which stays in the history of this browser, and on a printed page.
          </p>
          <table className="key-table">
            <tbody>
              {KEY_HELP.map(([keys, words]) => (
                <tr key={words}>
                  <th scope="row">
                    {keys.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </th>
                  <td>{words}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="muted small">
            Drag to move, wheel or pinch to zoom, double-click to zoom in. A click on a tile of the map chooses it. In
            the strip of fields the arrow keys go from field to field and Enter opens one.
          </p>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
