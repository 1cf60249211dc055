import { PackagePlus } from 'lucide-react';
import { filesOfInput } from '../open/files-of-drop.ts';
import { useSession } from '../state/session.ts';

/** Chooses the files of a model of the user's own; a folder can be dropped. */
export function ImportButton({ isDisabled }: { isDisabled: boolean }) {
  const { actions } = useSession();
  return (
    <label className="link small file-button import-button" aria-disabled={isDisabled}>
      <PackagePlus size={14} aria-hidden />
      <span>Import a model of your own</span>
      <input
        type="file"
        multiple
        disabled={isDisabled}
        aria-label="Import model"
        className="visually-hidden"
        onChange={(event) => {
          const files = filesOfInput(event.currentTarget.files);
          event.currentTarget.value = '';
          if (files.length > 0) void actions.planImport(files);
        }}
      />
    </label>
  );
}
