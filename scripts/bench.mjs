/** npm run bench: our speed beside that of known libraries, in one run on one machine, as ratios; writes docs/benchmarks.md. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureInstalled } from './install.mjs';
import { capture, giveUp, requireNode, root, tool } from './project.mjs';

requireNode();
await ensureInstalled();
const { buildPage, sampleSlide } = await import('./build.mjs');
const { FIRST_VIEW_BUDGET, firstViewBytes } = await import('./page-size.mjs');
await buildPage();

const built = path.join(root, '.cache', 'bench');
const code = await tool('vite/bin/vite.js', [
  ...['build', '--ssr', 'e2e/bench/core.ts', '--outDir', built, '--emptyOutDir', '--logLevel', 'error'],
]);
if (code !== 0) giveUp('The benchmark could not be built.');

/** The JSON line a program printed, or why there is none. */
async function json(command, args) {
  const { code, stdout, stderr } = await capture(command, args);
  if (code !== 0) return { absent: stderr.trim().split('\n').at(-1) || `${command} ended with ${code}` };
  return JSON.parse(stdout.trim().split('\n').at(-1));
}
const core = (...args) => json(process.execPath, [path.join(built, 'core.js'), ...args]);
const reference = (...args) =>
  json(process.env.PYTHON ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'), [
    path.join(root, 'e2e', 'bench', 'reference.py'),
    ...args,
  ]);

const lines = [];
const notes = [];
const add = (name, value, unit, extra = {}) => {
  lines.push({ name, value: Number(value.toPrecision(4)), unit, ...extra });
  const goal = extra.goal === undefined ? '' : `  (goal ${extra.goal}, floor ${extra.floor})`;
  console.log(`  ${name.padEnd(52)} ${value.toPrecision(4).padStart(9)} ${unit}${goal}`);
};
const skip = (name, why) => {
  notes.push(`${name}: not measured, ${why}.`);
  console.log(`  ${name}: not measured, ${why}`);
};

const TILES = 200;
const shared = path.join(process.env.MILSCOPE_DATA ?? path.join(root, '..', 'shared', 'data'), 'slides');
const slides = [
  { name: 'sample slide', file: sampleSlide },
  { name: 'pdac-core-22k', file: path.join(shared, 'tiff', 'pdac-core-22k.tif') },
];
for (const { name, file } of slides) {
  console.log(`\nJPEG tiles, ${name}, one thread`);
  if (!existsSync(file)) {
    skip(`JPEG tiles of ${name}`, 'the slide is not here');
    continue;
  }
  const decoded = await core('decode', file, String(TILES));
  if (decoded.absent) giveUp(`Decoding failed: ${decoded.absent}`);
  const { ours, geotiff, tileWidth, tileHeight, tiles } = decoded;
  add(`${name}: milscope`, ours, 'tiles/s');
  add(`${name}: geotiff.js readRGB`, geotiff, 'tiles/s');
  add(`${name}: milscope / geotiff.js`, ours / geotiff, 'x', { goal: 7, floor: 4 });
  const theirs = await reference('openslide', file, JSON.stringify({ tileWidth, tileHeight, tiles }));
  if (theirs.absent) {
    skip(`${name}: against OpenSlide`, theirs.absent);
    continue;
  }
  add(`${name}: OpenSlide ${theirs.version}`, theirs.rate, 'tiles/s');
  add(`${name}: milscope / OpenSlide`, ours / theirs.rate, 'x', { goal: 0.9, floor: 0.5 });
}

for (const id of readdirSync(path.join(root, 'models')).sort()) {
  const folder = path.join(root, 'models', id);
  const bag = id.startsWith('seed') ? 16 : 64;
  console.log(`\nBag of ${bag} tiles to prediction, ${id}, one thread`);
  const ours = await core('forward', folder, String(bag));
  if (ours.absent) giveUp(`${id} failed: ${ours.absent}`);
  add(`${id}: milscope on wasm`, bag / ours.seconds, 'tiles/s');
  const theirs = await reference('torch', folder, String(bag), path.join(root, 'training'));
  if (theirs.absent) {
    skip(`${id}: against PyTorch`, theirs.absent);
    continue;
  }
  add(`${id}: PyTorch ${theirs.version} on the processor`, bag / theirs.seconds, 'tiles/s');
  add(`${id}: milscope / PyTorch`, theirs.seconds / ours.seconds, 'x', { goal: 0.3, floor: 0.1 });
}

const whole = [
  { name: 'CMU-1-Small-Region', file: path.join(shared, 'aperio', 'CMU-1-Small-Region.svs') },
  { name: 'tcga-cr-7395', file: path.join(shared, 'aperio', 'tcga-cr-7395-01a-01-ts1.svs') },
  { name: 'pdac-core-22k', file: path.join(shared, 'tiff', 'pdac-core-22k.tif') },
];
console.log('\nThe whole slide in one picture, before any tile');
for (const { name, file } of whole) {
  if (!existsSync(file)) {
    skip(`the whole of ${name}`, 'the slide is not here');
    continue;
  }
  const read = await core('overview', file);
  if (read.absent || read.kind === 'none')
    giveUp(`Reading ${name} whole failed: ${read.absent ?? 'it has no such picture'}`);
  add(`${name}: its ${read.kind}`, read.seconds * 1000, 'ms', { goal: 300, floor: 300 });
}

console.log('\nPage');
add('first view, gzip', firstViewBytes() / 1024, 'kB', { goal: 250, floor: FIRST_VIEW_BUDGET / 1024 });

const commit = (await capture('git', ['rev-parse', '--short', 'HEAD'])).stdout.trim();
const machine = `${os.cpus()[0]?.model.trim() ?? 'unknown processor'}, ${os.cpus().length} threads, Node ${process.versions.node}`;
const date = new Date().toISOString().slice(0, 10);
const table = lines.map(
  ({ name, value, unit, goal, floor }) => `| ${name} | ${value} ${unit} | ${goal ?? ''} | ${floor ?? ''} |`,
);
const section = [
  `Measured ${date} at commit ${commit} on ${machine}. Rates are per second of processor`,
  'time, all threads of the program counted, so a busy machine does not spoil them; medians of five repetitions, ours and',
  'geotiff.js in turns. Every repetition opens the slide anew, so that no cache answers. Compare the ratios: machines differ.',
  '',
  '| what | value | goal | floor |',
  '|---|---|---|---|',
  ...table,
  ...(notes.length > 0 ? ['', ...notes.map((note) => `- ${note}`)] : []),
].join('\n');

const docs = path.join(root, 'docs');
mkdirSync(docs, { recursive: true });
const page = path.join(docs, 'benchmarks.md');
const [start, end] = ['<!-- measured: begin -->', '<!-- measured: end -->'];
const before = existsSync(page)
  ? readFileSync(page, 'utf8')
  : `# Measured speed\n\n\`npm run bench\` measures and rewrites the part between the marks; the same numbers as JSON lines are in\n[benchmarks.jsonl](benchmarks.jsonl). A reference that is not installed is left out and named.\n\n${start}\n${end}\n`;
const [head, rest] = before.split(start);
const tail = rest?.split(end)[1] ?? '\n';
writeFileSync(page, `${head}${start}\n${section}\n${end}${tail}`);
writeFileSync(
  path.join(docs, 'benchmarks.jsonl'),
  lines.map((line) => `${JSON.stringify({ ...line, commit, date, machine })}\n`).join(''),
);

const below = lines.filter(
  ({ name, value, floor }) => floor !== undefined && (name.startsWith('first view') ? value > floor : value < floor),
);
for (const { name, value, floor } of below) console.error(`Below its floor: ${name} is ${value}, the floor ${floor}`);
process.exitCode = below.length > 0 ? 1 : 0;
