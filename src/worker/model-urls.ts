/** The models shipped with the page: every folder under models/ with a manifest, found when the page is built. */
import type { ModelManifest } from '../model/manifest.ts';

const manifests = import.meta.glob<ModelManifest>('/models/*/manifest.json', { eager: true, import: 'default' });
const urls = import.meta.glob<string>(['/models/*/*.safetensors', '/models/*/golden/*'], {
  eager: true,
  import: 'default',
  query: '?url',
});

/** Manifests as they stand in the folders, unchecked: whoever loads a model parses its manifest. Ordered by id. */
export const shippedModels: readonly ModelManifest[] = Object.values(manifests).sort((a, b) => (a.id < b.id ? -1 : 1));

/** Address of a file of a shipped model's folder, or undefined. */
export function modelFileUrl(modelId: string, path: string): string | undefined {
  const folder = Object.keys(manifests).find((one) => manifests[one]?.id === modelId);
  return folder === undefined ? undefined : urls[folder.replace(/manifest\.json$/, path)];
}
