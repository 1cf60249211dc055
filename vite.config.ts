import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { appVersion } from './scripts/app-version.mjs';

/** Stands in exports; see src/report/version.ts. */
const { version, commit } = appVersion();

/** Style elements that libraries make in the page, by hash. A browser test fails when a new version makes another one. */
const KNOWN_STYLES = [
  // react-aria: touch-action of what can be pressed
  "'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='",
  // OpenSeadragon: its buttons on small screens
  "'sha256-9xTiqzfwFaL2SGb1rmr8gysEwVVjIvqWAgmZgqFqpEE='",
];

/**
 * What the built page may do: run its own scripts and wasm, read its own files and what the user dropped (blob:), draw.
 * No other origin, no inline script, no eval. The codecs of geotiff carry their wasm as data: addresses.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self' blob: data:",
  "img-src 'self' blob: data:",
  `style-src 'self' ${KNOWN_STYLES.join(' ')}`,
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Only in the build: the development server injects inline scripts for hot reload. scripts/serve.mjs sends it as header. */
const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_SECURITY_POLICY },
      injectTo: 'head-prepend',
    },
  ],
};

/**
 * The codecs ask for fs and path in a branch that only Node takes. In the page they are nothing, which Vite would warn
 * about at every build.
 */
const noNodeInCodecs = (): Plugin => ({
  name: 'no-node-in-codecs',
  enforce: 'pre',
  apply: (_config, { isSsrBuild }) => isSsrBuild !== true,
  resolveId: (id, importer) =>
    (id === 'fs' || id === 'path') && importer?.includes('@cornerstonejs') ? '\0no-node' : undefined,
  load: (id) => (id === '\0no-node' ? 'export default {};' : undefined),
});

export default defineConfig(({ isSsrBuild }) => ({
  plugins: [react(), contentSecurityPolicy, noNodeInCodecs()],
  define: { __MILSCOPE_VERSION__: JSON.stringify(version), __MILSCOPE_COMMIT__: JSON.stringify(commit) },
  // The default format of a worker, iife, cannot hold the lazy imports of the codecs and backends.
  worker: { format: 'es', plugins: () => [noNodeInCodecs()] },
  build: {
    target: 'es2023',
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    // The command line needs neither icons nor the sample slide.
    copyPublicDir: isSsrBuild !== true,
  },
  server: { port: 4173, strictPort: true },
  preview: { port: 4173, strictPort: true },
  test: {
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/testing/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
}));
