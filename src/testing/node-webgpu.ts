/** WebGPU for tests in plain Node: Dawn from the npm package `webgpu` over the software adapter that lies beside Chromium. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Where Debian, Chrome and Playwright put a browser; CHROMIUM_PATH comes first. */
function browserFolders(): readonly string[] {
  const { CHROMIUM_PATH, HOME, PLAYWRIGHT_BROWSERS_PATH } = process.env;
  const downloads = PLAYWRIGHT_BROWSERS_PATH ?? path.join(HOME ?? '', '.cache', 'ms-playwright');
  const downloaded = existsSync(downloads)
    ? readdirSync(downloads).flatMap((name) =>
        ['chrome-linux', 'chrome-linux64', 'chrome-headless-shell-linux64'].map((inner) =>
          path.join(downloads, name, inner),
        ),
      )
    : [];
  return [
    ...(CHROMIUM_PATH ? [path.dirname(CHROMIUM_PATH)] : []),
    '/usr/lib/chromium',
    '/usr/lib/chromium-browser',
    '/opt/google/chrome',
    ...downloaded,
  ];
}

/**
 * Puts `navigator.gpu` and the GPU classes on globalThis, as a browser has them. Returns why not, or undefined when it
 * did. Must run before tfjs-backend-webgpu is imported.
 */
export async function provideNodeWebgpu(): Promise<string | undefined> {
  if (!process.env.VK_ICD_FILENAMES) {
    const driver = browserFolders()
      .map((folder) => path.join(folder, 'vk_swiftshader_icd.json'))
      .find(existsSync);
    if (!driver) return 'no software adapter: no vk_swiftshader_icd.json beside a Chromium or Chrome';
    process.env.VK_ICD_FILENAMES = driver;
  }
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) return `Dawn finds no adapter with ${process.env.VK_ICD_FILENAMES}`;
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  return undefined;
}
