/**
 * npm run pixels: regions of every real and written slide beside OpenSlide's, as a table; writes docs/pixels.md. Ends with 1
 * when a region differs by more than it may: not at all, or by 1 for JPEG 2000 and where colours shine through.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureInstalled } from './install.mjs';
import { capture, giveUp, requireNode, root, tool } from './project.mjs';

requireNode();
await ensureInstalled();

const python = process.env.PYTHON ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3');
const probe = await capture(python, ['-c', 'import openslide; print(openslide.__library_version__)']);
if (probe.code !== 0) {
  console.log(
    'Skipped: OpenSlide for Python is not installed (Debian: python3-openslide), and it is what pixels are compared with.',
  );
  process.exit(0);
}

const built = path.join(root, '.cache', 'pixels');
const code = await tool('vite/bin/vite.js', [
  ...['build', '--ssr', 'e2e/pixels/table.ts', '--outDir', built, '--emptyOutDir', '--logLevel', 'error'],
]);
if (code !== 0) giveUp('The comparison could not be built.');
const table = async (...args) => {
  const { code, stdout, stderr } = await capture(process.execPath, [path.join(built, 'table.js'), ...args]);
  if (code !== 0) giveUp(`The comparison stopped: ${stderr.trim()}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
};

/** Real slides of the shared data that OpenSlide knows; MILSCOPE_DATA says where they lie. */
const data = process.env.MILSCOPE_DATA ?? path.resolve(root, '..', 'shared', 'data');
function realFiles() {
  const slides = path.join(data, 'slides');
  return ['aperio', 'ndpi', 'tiff', 'ome-tiff'].flatMap((folder) => {
    const at = path.join(slides, folder);
    const names = existsSync(at) ? readdirSync(at) : [];
    return names
      .filter((name) => /\.(svs|ndpi|tiff?)$/.test(name))
      .map((name) => ({ name: `${folder}/${name}`, path: path.join(at, name) }));
  });
}

/** One small file a compression, by libvips and libtiff. */
function codecFiles() {
  const at = path.join(root, 'src', 'testing', 'goldens', 'codecs');
  const names = readdirSync(at).filter((name) => name.endsWith('.tif'));
  return names.map((name) => ({ name: `codecs/${name}`, path: path.join(at, name) }));
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'milscope-pixels-'));
try {
  const real = realFiles();
  const written = await table('write', folder);
  writeFileSync(path.join(folder, 'files.json'), JSON.stringify([...real, ...codecFiles(), ...written]));
  const reference = await capture(python, [path.join(root, 'e2e', 'pixels', 'reference.py'), folder]);
  if (reference.code !== 0) giveUp(`OpenSlide stopped: ${reference.stderr.trim()}`);
  const { rows, notes } = await table('compare', folder);
  if (real.length === 0) notes.unshift('No real slide was at hand: the shared data is not here.');

  for (const { name, level, region, difference, allowed } of rows)
    console.log(
      `${difference > allowed ? 'FAIL' : ' ok '} ${name.padEnd(52)} level ${level}  ${region.padEnd(48)} ${difference}`,
    );
  for (const note of notes) console.log(`     ${note}`);
  const failed = rows.filter(({ difference, allowed }) => difference > allowed);
  const files = new Set(rows.map(({ name }) => name)).size;
  const sentence = `${rows.length} regions of ${files} slides, ${rows.length - failed.length} as OpenSlide ${reference.stdout.trim()} reads them, ${failed.length} not.`;
  console.log(sentence);
  const page = [
    '# Pixels beside OpenSlide',
    '',
    `\`npm run pixels\` writes this page. ${sentence}`,
    '',
    'The difference is the largest of any sample of the region, of 255. It must be 0; at most 1 for JPEG 2000, and where colours',
    'are half transparent, which OpenSlide rounds twice. Real slides have the name of their folder before theirs; codecs/ are',
    'small files by libvips and libtiff; the others are made by our own writers. Positions are level-0 px.',
    '',
    '| slide | level | region | largest difference |',
    '|---|---|---|---|',
    ...rows.map(({ name, level, region, difference }) => `| ${name} | ${level} | ${region} | ${difference} |`),
    '',
    ...(notes.length > 0 ? ['Not compared:', '', ...notes.map((note) => `- ${note}`), ''] : []),
  ].join('\n');
  mkdirSync(path.join(root, 'docs'), { recursive: true });
  const target = path.join(root, 'docs', 'pixels.md');
  if (!existsSync(target) || readFileSync(target, 'utf8') !== page) writeFileSync(target, page);
  process.exitCode = failed.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
