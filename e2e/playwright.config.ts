import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const PORT = 4179;

/** WebGPU on Chromium's software adapter, so that the browser's own WebGPU runs on a machine without a graphics card. */
export const BROWSER_FLAGS = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const browser = process.env.CHROMIUM_PATH ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  // One at a time: on two cores a second browser would only make the first one's times out.
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: 'list',
  use: {
    baseURL: `http://localhost:${PORT}`,
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    launchOptions: { ...(browser === undefined ? {} : { executablePath: browser }), args: BROWSER_FLAGS },
  },
  webServer: {
    command: 'node scripts/start.mjs',
    cwd: '..',
    url: `http://localhost:${PORT}`,
    env: { ...process.env, PORT: String(PORT) } as Record<string, string>,
    timeout: 300_000,
    reuseExistingServer: false,
  },
});
