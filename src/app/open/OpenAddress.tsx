import { Link } from 'lucide-react';
import {
  Button,
  Dialog,
  DialogTrigger,
  Heading,
  Input,
  Label,
  Modal,
  ModalOverlay,
  TextField,
} from 'react-aria-components';
import { useSession } from '../state/session.ts';

/** Opens a slide that lies on a server: a person's own act, and the only thing here that asks another server. */
export function OpenAddress() {
  const { actions } = useSession();
  return (
    <DialogTrigger>
      <Button className="icon-button" aria-label="Open an address">
        <Link size={18} aria-hidden />
      </Button>
      <ModalOverlay className="modal-veil" isDismissable>
        <Modal className="modal">
          <Dialog>
            {({ close }) => (
              <form
                className="address-form"
                onSubmit={(event) => {
                  event.preventDefault();
                  const address = String(new FormData(event.currentTarget).get('address') ?? '');
                  close();
                  void actions.openAddress(address);
                }}
              >
                <Heading slot="title">Open an address</Heading>
                <TextField name="address" isRequired autoFocus>
                  <Label>Address of the slide</Label>
                  <Input type="url" inputMode="url" autoComplete="off" placeholder="https://…" />
                </TextField>
                <p className="muted small">
                  Slide files, Deep Zoom (.dzi), IIIF (info.json) and DICOMweb (…/studies/…/series/…). That server is
                  asked for the parts that you look at, and learns which; nothing is sent to it, no login either. It
                  must allow this page (CORS) and send parts of files.
                </p>
                <div className="drop-actions">
                  <Button type="submit" className="button primary">
                    Open
                  </Button>
                  <Button className="button" onPress={close}>
                    Cancel
                  </Button>
                </div>
              </form>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
