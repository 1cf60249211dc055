import { Button, Dialog, Heading, Input, Label, Modal, ModalOverlay, TextField } from 'react-aria-components';
import { useSession } from '../state/session.ts';

/** Opens a slide that lies on a server: a person's own act, and the only thing here that asks another server. */
export function OpenAddress({ isOpen, onChange }: { isOpen: boolean; onChange: (isOpen: boolean) => void }) {
  const { actions } = useSession();
  return (
    <ModalOverlay className="modal-veil" isDismissable isOpen={isOpen} onOpenChange={onChange}>
      <Modal className="modal">
        <Dialog>
          <form
            className="address-form"
            onSubmit={(event) => {
              event.preventDefault();
              const address = String(new FormData(event.currentTarget).get('address') ?? '');
              onChange(false);
              void actions.openAddress(address);
            }}
          >
            <Heading slot="title">Open an address</Heading>
            <TextField className="form-field" name="address" isRequired autoFocus>
              <Label>Address of the slide</Label>
              <Input type="url" inputMode="url" autoComplete="off" placeholder="https://…" />
            </TextField>
            <p className="muted small">
              Slide files, Deep Zoom (.dzi), IIIF (info.json) and DICOMweb (…/studies/…/series/…). That server is asked
              for the parts that you look at, and learns which; nothing is sent to it, no login either. It must allow
              this page (CORS) and send parts of files.
            </p>
            <div className="dialog-actions">
              <Button type="submit" className="button primary">
                Open
              </Button>
              <Button className="button" onPress={() => onChange(false)}>
                Cancel
              </Button>
            </div>
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
