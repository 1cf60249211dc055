/** What the page may know about models without tfjs: which files hold weights, and which models run on slides. */
import type { ModelManifest } from './manifest.ts';

/** True for the name of a file that can hold weights. */
export function isWeightsPath(path: string): boolean {
  return /\.(safetensors|pth|pt)$/.test(path);
}

/** The files of a folder that hold weights, by their names; what its training tiles look like is no such file. */
export function weightFiles({
  files,
  scope,
}: Pick<ModelManifest, 'files' | 'scope'>): readonly ModelManifest['files'][number][] {
  return files.filter(({ path }) => isWeightsPath(path) && path !== scope.features?.file);
}

/** sha256 of the file of weights, hex; '' where the manifest names none. */
export function weightsSha256(manifest: Pick<ModelManifest, 'files' | 'scope'>): string {
  return weightFiles(manifest)[0]?.sha256 ?? '';
}

/** False for a head over stored features, which has no encoder and so cannot look at a slide. */
export function runsOnSlides(manifest: Pick<ModelManifest, 'encoder'>): boolean {
  return manifest.encoder.kind !== 'features';
}

/** Id of an imported model of this name: two of one id take each other's place. */
export function importedId(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50);
  return slug.startsWith('imported-') ? slug : `imported-${slug || 'model'}`;
}
