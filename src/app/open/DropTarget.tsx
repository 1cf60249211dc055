import { type ReactNode, useEffect, useState } from 'react';
import { useSession } from '../state/session.ts';
import { filesOfDrop } from './files-of-drop.ts';

/** Takes files dropped anywhere on the window, and says so while they hover over it. */
export function DropTarget({ children }: { children: ReactNode }) {
  const { actions } = useSession();
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    // dragenter and dragleave come for every child; the depth is 0 only outside the window.
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth += 1;
      setOver(true);
    };
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
    };
    const leave = () => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const drop = (event: DragEvent) => {
      depth = 0;
      setOver(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) void actions.openDropped(filesOfDrop(event.dataTransfer));
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, [actions]);
  return (
    <>
      {children}
      {isOver && (
        <div className="drop-veil" aria-hidden>
          <span>Drop to open</span>
        </div>
      )}
    </>
  );
}
