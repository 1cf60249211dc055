/** WebGPU for tests in plain Node: Dawn from the npm package `webgpu` over the software adapter that lies beside Chromium. */
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
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
  keepVulkanLoader(path.dirname(process.env.VK_ICD_FILENAMES));
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) return `Dawn finds no adapter with ${process.env.VK_ICD_FILENAMES}`;
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  return undefined;
}

/**
 * Loads the Vulkan loader that comes with the browser and keeps it loaded: Dawn asks for `libvulkan.so.1` by that name,
 * and where the system has none it finds the one in memory.
 */
function keepVulkanLoader(folder: string): void {
  const library = path.join(folder, 'libvulkan.so.1');
  if (process.platform !== 'linux' || !existsSync(library)) return;
  const RTLD_NODELETE = 0x1000;
  try {
    process.dlopen({ exports: {} }, library, os.constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch {
    // Node refuses a library that is no addon of its own, after it has been loaded; that is all that is wanted.
  }
}
