/** The user's own models in the browser's database (IndexedDB), from one visit to the next. Page and worker share it. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { AppError } from '../errors.ts';
import type { ModelFiles } from '../model/files.ts';
import type { ModelManifest } from '../model/manifest.ts';

interface Schema extends DBSchema {
  /** By id. */
  manifests: { key: string; value: ModelManifest };
  /** By id and path. */
  files: { key: [string, string]; value: Uint8Array<ArrayBuffer> };
}

export interface ImportedModels {
  /** The oldest first; empty where the browser keeps nothing. */
  list(): Promise<readonly ModelManifest[]>;
  /** Undefined when there is none of that id. */
  find(modelId: string): Promise<ModelFiles | undefined>;
  /** All of a model or nothing; takes the place of one of the same id. @throws model/not-kept */
  keep(manifest: ModelManifest, contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Promise<void>;
  /** @throws model/not-kept */
  remove(modelId: string): Promise<void>;
}

/** Connects when first asked. */
export function openImportedModels(database = 'milscope-models'): ImportedModels {
  let opening: Promise<IDBPDatabase<Schema>> | undefined;
  const open = () => {
    opening ??= openDB<Schema>(database, 1, {
      upgrade(made) {
        made.createObjectStore('manifests');
        made.createObjectStore('files');
      },
      // Another tab has a newer milscope: it must not wait for this one.
      blocking(_from, _to, event) {
        opening = undefined;
        (event.target as IDBDatabase).close();
      },
      terminated: () => {
        opening = undefined;
      },
    });
    opening.catch(() => {
      opening = undefined;
    });
    return opening;
  };

  const change = async (modelId: string, manifest?: ModelManifest, contents?: ImportedContents) => {
    try {
      const transaction = (await open()).transaction(['manifests', 'files'], 'readwrite');
      const manifests = transaction.objectStore('manifests');
      const files = transaction.objectStore('files');
      try {
        await manifests.delete(modelId);
        await files.delete(IDBKeyRange.bound([modelId], [modelId, []]));
        if (manifest) await manifests.put(manifest, modelId);
        for (const [path, bytes] of contents ?? []) await files.put(bytes, [modelId, path]);
      } catch (error) {
        // What was asked before the failure would be kept without the rest.
        transaction.done.catch(() => undefined);
        transaction.abort();
        throw error;
      }
      await transaction.done;
    } catch (cause) {
      throw new AppError({ code: 'model/not-kept', reason: reasonOf(cause) }, { cause });
    }
  };

  return {
    async list() {
      const manifests = await open().then(
        (database) => database.getAll('manifests'),
        () => [],
      );
      return manifests.sort((a, b) => ((a.imported?.date ?? '') < (b.imported?.date ?? '') ? -1 : 1));
    },
    async find(modelId) {
      const database = await open().catch(() => undefined);
      const manifest = await database?.get('manifests', modelId);
      if (database === undefined || manifest === undefined) return undefined;
      return {
        manifest,
        async read(path) {
          const bytes = await database.get('files', [modelId, path]);
          if (bytes === undefined) throw new AppError({ code: 'model/missing-file', path });
          return bytes.slice().buffer;
        },
      };
    },
    keep: (manifest, contents) => change(manifest.id, manifest, contents),
    remove: (modelId) => change(modelId),
  };
}

type ImportedContents = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

function reasonOf(cause: unknown): string {
  if (cause instanceof DOMException && cause.name === 'QuotaExceededError') return 'there is no room for it';
  return cause instanceof Error && cause.message !== '' ? cause.message.replace(/\.$/, '') : 'its database is closed';
}
