import { Component, type ReactNode } from 'react';
import { Button } from 'react-aria-components';
import { toErrorInfo } from '../state/to-error-info.ts';
import { ErrorNotice } from './ErrorNotice.tsx';

/** Our own bugs while drawing the screen: a sentence and a way out instead of an empty page. React has no other form. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override readonly state: { readonly error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return (
      <main className="first-visit">
        <div className="drop-zone">
          <ErrorNotice error={toErrorInfo(this.state.error)} />
          <Button className="button primary" onPress={() => window.location.reload()}>
            Load the page again
          </Button>
        </div>
      </main>
    );
  }
}
