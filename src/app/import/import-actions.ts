/** How a model of the user's own comes in and goes: first a plan, then the import, and nothing in between. */
import { isAbort } from '../../errors.ts';
import type { ImportSettings } from '../../model/import.ts';
import type { ModelManifest } from '../../model/manifest.ts';
import type { AnalysisClient } from '../../worker/connect.ts';
import type { ImportedModels } from '../../worker/imported-models.ts';
import type { GivenFile } from '../open/files-of-drop.ts';
import type { ScreenStore } from '../state/screen.ts';
import { toErrorInfo } from '../state/to-error-info.ts';

export interface ImportServices {
  readonly analysis: Pick<AnalysisClient, 'planImport' | 'importModel'>;
  readonly importedModels: Pick<ImportedModels, 'list' | 'remove'>;
  /** Asks the browser not to drop what this page keeps when the disk fills up; it may refuse. */
  readonly askToKeep: () => void;
}

export interface ImportActions {
  /** Reads the models of earlier visits from the browser's database. */
  listImported(): Promise<void>;
  /** Shows what importing these files would do. */
  planImport(files: readonly GivenFile[]): Promise<void>;
  /** Does what was shown, with the settings as they were corrected; none for a model that says all of it. */
  importModel(settings: Partial<ImportSettings>): Promise<void>;
  /** Takes the import off the screen; what is under way ends and changes nothing. */
  closeImport(): void;
  removeModel(modelId: string): Promise<void>;
}

/** `choose` makes a model the current one, again if it is already. */
export function createImportActions(
  store: ScreenStore,
  { analysis, importedModels, askToKeep }: ImportServices,
  choose: (modelId: string) => void,
): ImportActions {
  /** What is chosen when the current model is removed. */
  const defaultModelId = store.getState().modelId;
  let current: AbortController | undefined;
  let files: readonly GivenFile[] = [];

  const begin = () => {
    current?.abort();
    const controller = new AbortController();
    current = controller;
    return { signal: controller.signal, isOver: () => current !== controller };
  };
  const withOut = (modelId: string): readonly ModelManifest[] =>
    store.getState().imported.filter(({ id }) => id !== modelId);

  return {
    async listImported() {
      const imported = await importedModels.list();
      store.setState({ imported });
    },

    async planImport(given) {
      const { signal, isOver } = begin();
      files = given;
      const name = nameOf(given);
      store.setState({ importing: { status: 'reading', name } });
      try {
        const plan = await analysis.planImport(given, { signal });
        if (!isOver()) store.setState({ importing: { status: 'planned', name, plan, error: undefined } });
      } catch (error) {
        if (isOver() || isAbort(error)) return;
        store.setState({ importing: { status: 'failed', name, error: toErrorInfo(error) } });
      }
    },

    async importModel(settings) {
      const { importing } = store.getState();
      if (importing.status !== 'planned') return;
      const { name, plan } = importing;
      const { signal, isOver } = begin();
      store.setState({ importing: { status: 'importing', name, plan } });
      try {
        const manifest = await analysis.importModel(files, settings, { signal });
        // Kept, even if the person has turned away in the meantime.
        store.setState({ imported: [...withOut(manifest.id), manifest] });
        askToKeep();
        if (isOver()) return;
        store.setState({ importing: { status: 'done', manifest } });
        choose(manifest.id);
      } catch (error) {
        if (isOver() || isAbort(error)) return;
        store.setState({ importing: { status: 'planned', name, plan, error: toErrorInfo(error) } });
      }
    },

    closeImport() {
      current?.abort();
      current = undefined;
      files = [];
      store.setState({ importing: { status: 'none' } });
    },

    async removeModel(modelId) {
      const removed = store.getState().imported.find(({ id }) => id === modelId);
      if (removed === undefined) return;
      try {
        await importedModels.remove(modelId);
      } catch {
        store.setState({ notice: `${removed.name} could not be removed. Reload the page and try again.` });
        return;
      }
      if (store.getState().modelId === modelId) choose(defaultModelId);
      store.setState({ imported: withOut(modelId), notice: `${removed.name} was removed from this browser.` });
    },
  };
}

/** "best.pth", or "mine (5 files)" */
function nameOf(files: readonly GivenFile[]): string {
  const [first] = files;
  if (first === undefined || files.length === 1) return first?.file.name ?? 'nothing';
  const folder = first.path.includes('/') ? first.path.slice(0, first.path.indexOf('/')) : first.file.name;
  return `${folder} (${files.length} files)`;
}
