import { createRoot } from 'react-dom/client';
import { displayOn } from './app/display/display.ts';
import { readSample } from './app/open/open-actions.ts';
import { App } from './app/shell/App.tsx';
import { missingIn } from './app/shell/browser-needs.ts';
import { UnsupportedBrowser } from './app/shell/UnsupportedBrowser.tsx';
import { createActions } from './app/state/actions.ts';
import { createScreenStore } from './app/state/screen.ts';
import { screenOffers, screenSpace } from './viewer/screen-space.ts';
import { connectAnalysis, connectSlides } from './worker/connect.ts';
import { openImportedModels } from './worker/imported-models.ts';
import { shippedModels } from './worker/model-urls.ts';
import type { BackendName } from './worker/protocol.ts';

const BACKENDS: readonly BackendName[] = ['webgpu', 'wasm', 'cpu'];
const DEFAULT_MODEL = 'compact-glas';
/** Trained on phantoms as the sample slide is one. */
const SAMPLE_MODEL = 'compact-phantom';

function openSession() {
  const asked = new URLSearchParams(window.location.search).get('backend');
  const model = shippedModels.find(({ id }) => id === DEFAULT_MODEL) ?? shippedModels[0];
  const store = createScreenStore(
    model?.id ?? '',
    BACKENDS.find((name) => name === asked),
    displayOn(screenSpace(screenOffers())),
  );
  const slides = connectSlides();
  const actions = createActions(store, {
    slides,
    analysis: connectAnalysis(slides),
    importedModels: openImportedModels(),
    askToKeep: () => {
      // Absent where the page is not served securely.
      navigator.storage?.persist?.().catch(() => undefined);
    },
    models: shippedModels,
    sampleModelId: SAMPLE_MODEL,
    readSample: (signal) => readSample(import.meta.env.BASE_URL, signal),
  });
  void actions.listImported();
  return { store, actions, slides, models: shippedModels };
}

const root = document.getElementById('root');
const missing = missingIn(globalThis);
if (root !== null) {
  createRoot(root).render(
    missing.length > 0 ? <UnsupportedBrowser missing={missing} /> : <App session={openSession()} />,
  );
}
