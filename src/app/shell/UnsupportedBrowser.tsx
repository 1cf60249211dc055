/** Instead of the app, where the browser cannot run it. */
export function UnsupportedBrowser({ missing }: { missing: readonly string[] }) {
  return (
    <main className="first-visit">
      <div className="drop-zone" role="alert">
        <h1>This browser is too old for milscope</h1>
        <p>It lacks {missing.join(', ')}.</p>
        <p className="muted">Use a current Chrome, Edge, Firefox or Safari (16.4 or newer).</p>
      </div>
    </main>
  );
}
