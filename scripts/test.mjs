/** npm test: installs, finds a browser, then types, lint, unit tests and browser tests; the last line counts them all. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled } from './install.mjs';
import { requireNode, root, tool } from './project.mjs';

requireNode();
await ensureInstalled();
const { buildPage } = await import('./build.mjs');
const { findBrowser } = await import('./browser.mjs');
const pageSize = await import('./page-size.mjs');

let passed = 0;
let failed = 0;
let skipped = 0;

/** One check that is a test of its own. */
async function check(name, work) {
  console.log(`\n== ${name}`);
  const isGood = (await work()) === 0;
  if (isGood) passed++;
  else failed++;
  if (!isGood) console.log(`${name} failed`);
}

const reports = path.join(root, '.cache', 'test');
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const report = (name) => {
  try {
    return JSON.parse(readFileSync(path.join(reports, name), 'utf8'));
  } catch {
    return undefined;
  }
};

await check('types', () => tool('typescript/bin/tsc', ['--noEmit']));
await check('lint', () => tool('@biomejs/biome/bin/biome', ['check', '--error-on-warnings']));

console.log('\n== unit tests');
const unitCode = await tool('vitest/vitest.mjs', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${path.join(reports, 'unit.json')}`,
]);
const unit = report('unit.json');
if (unit) {
  passed += unit.numPassedTests;
  skipped += unit.numPendingTests + (unit.numTodoTests ?? 0);
  // A file that cannot be loaded has no tests to count, but fails all the same.
  const unloaded = unit.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  failed += unit.numFailedTests + unloaded.length;
}
if (unitCode !== 0 && (!unit || (unit.numFailedTests === 0 && unit.success))) failed++;

console.log('\n== browser tests');
await buildPage();
await check('size of the first view', () => {
  const { FIRST_VIEW_BUDGET, firstViewBytes } = pageSize;
  console.log(`${(firstViewBytes() / 1000).toFixed(1)} kB gzip of ${FIRST_VIEW_BUDGET / 1000}`);
  return firstViewBytes() <= FIRST_VIEW_BUDGET ? 0 : 1;
});
const browser = await findBrowser();
if (browser) {
  console.log(`Browser: ${browser}`);
  const code = await tool(
    '@playwright/test/cli.js',
    ['test', '--config', 'e2e/playwright.config.ts', '--reporter=list,json'],
    {
      env: { ...process.env, CHROMIUM_PATH: browser, PLAYWRIGHT_JSON_OUTPUT_NAME: path.join(reports, 'browser.json') },
    },
  );
  const stats = report('browser.json')?.stats;
  if (stats) {
    passed += stats.expected;
    failed += stats.unexpected + stats.flaky;
    skipped += stats.skipped;
  }
  if (code !== 0 && (!stats || stats.unexpected + stats.flaky === 0)) failed++;
} else {
  failed++;
  console.error(
    'No browser for the browser tests. Install Chrome or Chromium and run again, or set CHROMIUM_PATH to one ' +
      '(on Debian: apt-get install chromium; elsewhere: npx playwright install --with-deps chromium).',
  );
}

if (skipped > 0) console.log(`\n${skipped} skipped; each says above what it needs.`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
