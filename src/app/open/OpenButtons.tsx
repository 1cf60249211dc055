import { FolderOpen, FolderTree, Link } from 'lucide-react';
import { Button } from 'react-aria-components';
import { IconButton } from '../shell/IconButton.tsx';
import { useOpeners } from './Openers.tsx';

/** The ways to open another slide, in the top bar. */
export function OpenButtons() {
  const openers = useOpeners();
  return (
    <>
      <Button className="button" onPress={openers.file}>
        <FolderOpen size={16} aria-hidden />
        Open slide
      </Button>
      <IconButton
        label="Open a folder (DICOM, MIRAX)"
        icon={<FolderTree size={18} aria-hidden />}
        onPress={openers.folder}
      />
      <IconButton label="Open an address" icon={<Link size={18} aria-hidden />} onPress={openers.address} />
      <Button className="button quiet" onPress={openers.sample}>
        Open sample slide
      </Button>
    </>
  );
}
