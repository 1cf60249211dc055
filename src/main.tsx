import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { createActions, readSample } from './app/actions.ts';
import { createScreenStore } from './app/store.ts';
import { connectAnalysis, connectSlides } from './worker/connect.ts';
import { shippedModels } from './worker/model-urls.ts';
import type { BackendName } from './worker/protocol.ts';

const BACKENDS: readonly BackendName[] = ['webgpu', 'wasm', 'cpu'];
const DEFAULT_MODEL = 'compact-glas';

const asked = new URLSearchParams(window.location.search).get('backend');
const model = shippedModels.find(({ id }) => id === DEFAULT_MODEL) ?? shippedModels[0];
const store = createScreenStore(
  model?.id ?? '',
  BACKENDS.find((name) => name === asked),
);
const slides = connectSlides();
const actions = createActions(store, {
  slides,
  analysis: connectAnalysis(slides),
  models: shippedModels,
  sampleModelId: 'compact-phantom',
  readSample: (signal) => readSample(import.meta.env.BASE_URL, signal),
});

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App session={{ store, actions, slides, models: shippedModels }} />);
