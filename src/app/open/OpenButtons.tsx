import { FolderOpen, FolderTree } from 'lucide-react';
import { Button, FileTrigger } from 'react-aria-components';
import { useSession } from '../state/session.ts';
import { filesOfInput } from './files-of-drop.ts';
import { OpenAddress } from './OpenAddress.tsx';

/** The file input and the sample: always in the top bar, and large on the first visit. */
export function OpenButtons() {
  const { actions } = useSession();
  return (
    <>
      <label className="button file-button">
        <FolderOpen size={16} aria-hidden />
        <span>Open slide</span>
        <input
          type="file"
          multiple
          aria-label="Open slide"
          className="visually-hidden"
          onChange={(event) => {
            const files = filesOfInput(event.currentTarget.files);
            // So that the same file can be chosen again after it was mended.
            event.currentTarget.value = '';
            void actions.openFiles(files);
          }}
        />
      </label>
      <FileTrigger acceptDirectory onSelect={(list) => void actions.openFiles(filesOfInput(list))}>
        <Button className="icon-button" aria-label="Open a folder (DICOM, MIRAX)">
          <FolderTree size={18} aria-hidden />
        </Button>
      </FileTrigger>
      <OpenAddress />
      <Button className="button quiet" onPress={() => void actions.openSample()}>
        Open sample slide
      </Button>
    </>
  );
}
