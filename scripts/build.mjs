/** Builds what start, test and bench need, each only when its sources changed: command line, sample slide, page. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { appVersion } from './app-version.mjs';
import { makeIfStale } from './freshness.mjs';
import { giveUp, root, run, tool } from './project.mjs';

const CORE = ['errors.ts', 'geometry.ts', 'slide', 'tiling', 'model', 'analysis', 'words', 'report'].map(
  (name) => `src/${name}`,
);
const CONFIG = ['package.json', 'package-lock.json', 'vite.config.ts', 'scripts/app-version.mjs'];

export const commandLine = path.join(root, 'dist-cli', 'bin.js');
export const sampleSlide = path.join(root, 'public', 'sample', 'prostate-phantom.tiff');

/** Bundles src/cli for Node into dist-cli/. */
export function buildCommandLine() {
  return makeIfStale({
    product: 'dist-cli/bin.js',
    stamp: 'dist-cli/.stamp',
    // The bundle says which commit it is.
    key: appVersion().commit,
    sources: [...CONFIG, ...CORE, 'src/evaluation', 'src/phantom', 'src/cli'],
    make: async () => {
      const code = await tool(
        'vite/bin/vite.js',
        [...['build', '--ssr', 'src/cli/bin.ts', '--outDir', 'dist-cli', '--logLevel', 'error']],
        { stdio: ['ignore', 2, 2] },
      );
      if (code !== 0) giveUp('The command line could not be built; the lines above say why.');
    },
  });
}

/** Makes the sample slide of the page: the same seed, so the same bytes, on every machine. */
export async function makeSample() {
  await buildCommandLine();
  return makeIfStale({
    product: path.relative(root, sampleSlide),
    stamp: '.cache/sample.stamp',
    sources: ['src/phantom', 'src/cli/commands/phantom.ts'],
    make: async () => {
      console.log('Making the sample slide ...');
      mkdirSync(path.dirname(sampleSlide), { recursive: true });
      const code = await run(process.execPath, [commandLine, 'phantom', 'sample', '--out', sampleSlide], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      if (code !== 0 || !existsSync(sampleSlide)) giveUp('The sample slide could not be made.');
    },
  });
}

/** Builds the page into dist/, sample slide included. */
export async function buildPage() {
  await makeSample();
  return makeIfStale({
    product: 'dist/index.html',
    stamp: 'dist/.stamp',
    key: appVersion().commit,
    sources: [
      ...CONFIG,
      ...CORE,
      'src/main.tsx',
      'src/worker',
      'src/viewer',
      'src/app',
      'index.html',
      'public',
      'models',
    ],
    make: async () => {
      console.log('Building ...');
      const code = await tool('vite/bin/vite.js', ['build', '--logLevel', 'error']);
      if (code !== 0) giveUp('The page could not be built; the lines above say why.');
    },
  });
}
