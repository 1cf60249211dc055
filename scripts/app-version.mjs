/** Version and commit of this checkout, as they go into the bundles. */
import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');

/** What a bundle is made of: a change of anything else leaves it what the commit made. */
const SOURCES = ['src', 'models', 'public', 'index.html', 'package.json', 'package-lock.json', 'vite.config.ts'];

/** `{ version, commit }`: of package.json, and of git; 'unknown' without git, or where this is a folder of another repository. */
export function appVersion(folder = root) {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return { version, commit: commitOf(folder) };
}

function commitOf(folder) {
  const git = (...words) =>
    execFileSync('git', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    if (realpathSync(git('rev-parse', '--show-toplevel')) !== realpathSync(folder)) return 'unknown';
    const commit = git('rev-parse', 'HEAD');
    return git('status', '--porcelain', '--', ...SOURCES) === '' ? commit : `${commit}-modified`;
  } catch {
    return 'unknown';
  }
}
