/** Installs the packages when the lock file says other ones than those that lie there. */
import { makeIfStale } from './freshness.mjs';
import { giveUp, run } from './project.mjs';

/**
 * `npm install` and not `npm ci`: the lock file was written on one platform, and the native parts of the build tools
 * for another one must still be found. `--no-save` leaves the lock file as it is.
 */
export async function ensureInstalled() {
  await makeIfStale({
    product: 'node_modules/vite/package.json',
    stamp: 'node_modules/.milscope-stamp',
    sources: ['package.json', 'package-lock.json'],
    make: async () => {
      console.log('Installing packages ...');
      const isWindows = process.platform === 'win32';
      const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
      const code = await run(isWindows ? 'npm.cmd' : 'npm', args, { shell: isWindows, stdio: ['ignore', 2, 2] });
      if (code !== 0) giveUp(`npm install ended with code ${code}. Is the package registry within reach?`);
    },
  });
}
