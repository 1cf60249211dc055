/** npm run check: the quick round while working: types, lint, unit tests, and the size of the first view. */
import { ensureInstalled } from './install.mjs';
import { requireNode, tool } from './project.mjs';

requireNode();
await ensureInstalled();
const { buildPage } = await import('./build.mjs');
const { FIRST_VIEW_BUDGET, firstViewBytes, firstViewFiles } = await import('./page-size.mjs');

const codes = [
  await tool('typescript/bin/tsc', ['--noEmit']),
  await tool('@biomejs/biome/bin/biome', ['check', '--error-on-warnings']),
  await tool('vitest/vitest.mjs', ['run']),
];

await buildPage();
const total = firstViewBytes();
const kb = (bytes) => `${(bytes / 1024).toFixed(1)} kB`;
for (const { name, bytes } of firstViewFiles()) console.log(`  ${kb(bytes).padStart(10)}  ${name}`);
console.log(`First view: ${kb(total)} gzip of ${kb(FIRST_VIEW_BUDGET)}`);
if (total > FIRST_VIEW_BUDGET) console.error('The first view is over its budget.');
process.exitCode = codes.every((code) => code === 0) && total <= FIRST_VIEW_BUDGET ? 0 : 1;
