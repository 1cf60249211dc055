import { X } from 'lucide-react';
import { useScreen, useSession } from '../state/session.ts';
import { IconButton } from './IconButton.tsx';

/** Something that happened and needs no answer. */
export function Notice() {
  const { actions } = useSession();
  const notice = useScreen((screen) => screen.notice);
  if (notice === undefined) return null;
  return (
    <div className="notice" role="status">
      <p>{notice}</p>
      <IconButton label="Dismiss" icon={<X size={16} aria-hidden />} onPress={actions.dismissNotice} />
    </div>
  );
}
