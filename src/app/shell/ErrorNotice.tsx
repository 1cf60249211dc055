import { X } from 'lucide-react';
import type { ErrorInfo } from '../../errors.ts';
import { errorText } from '../../words/errors.ts';
import { IconButton } from './IconButton.tsx';

/** What happened, and what to do, in the place where the thing would have stood. */
export function ErrorNotice({ error, onDismiss }: { error: ErrorInfo; onDismiss?: () => void }) {
  const { title, advice } = errorText(error);
  return (
    <div className="notice error" role="alert" data-testid="error" data-code={error.code}>
      <div>
        <p className="notice-title">{title}</p>
        <p>{advice}</p>
      </div>
      {onDismiss && <IconButton label="Dismiss" icon={<X size={16} aria-hidden />} onPress={onDismiss} />}
    </div>
  );
}
