import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { planBiopsy } from '../phantom/biopsy.ts';
import { SHARP_SCANNER } from '../phantom/scanner.ts';
import { writePhantomSlide } from '../phantom/slide-file.ts';
import { writeInPlace } from './file-sink.ts';
import { projectRoot } from './root.ts';

/** Runs the command line as a user does, bundle included. */
function run(...words: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const script = path.join(projectRoot(), 'scripts', 'milscope.mjs');
    const child = spawn(process.execPath, [script, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (part) => {
      stdout += part;
    });
    child.stderr.setEncoding('utf8').on('data', (part) => {
      stderr += part;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

it('prints one JSON object and nothing else, and exits with 0', async () => {
  const { code, stdout, stderr } = await run('models', '--json');
  expect(code, stderr).toBe(0);
  expect(stdout.endsWith('}\n')).toBe(true);
  expect(JSON.parse(stdout).models.length).toBeGreaterThan(0);
});

it('prints an error as JSON, and exits with another code', async () => {
  const { code, stdout } = await run('inspect', 'no-such-file.svs');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    error: {
      code: 'slide/read-failed',
      message: 'no-such-file.svs could not be read: there is no such file.',
    },
  });
});

it('evaluates a cohort in processes of its own, and says of each slide what analyze says', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'milscope-bin-'));
  try {
    const look = {
      width: 2048,
      height: 1104,
      cores: 1,
      stainVariation: 0,
      fold: false,
      pen: false,
      scanner: SHARP_SCANNER,
    } as const;
    const grades = {
      benign: { gleason: undefined, lesionShare: 0 },
      malignant: { gleason: [4, 4], lesionShare: 0.5 },
    } as const;
    for (const [name, grade] of Object.entries(grades)) {
      const biopsy = planBiopsy({ ...look, ...grade, seed: 5 });
      await writeInPlace(path.join(folder, `${name}.tiff`), (write) => writePhantomSlide(biopsy, write));
    }
    await writeFile(path.join(folder, 'broken.tiff'), 'no slide');
    await writeFile(path.join(folder, 'l.csv'), 'file,label\nbenign.tiff,0\nmalignant.tiff,1\nbroken.tiff,0\n');
    const out = path.join(folder, 'out');
    const model = ['--model', 'compact-glas'];
    const { code, stdout, stderr } = await run(
      ...[
        'evaluate',
        '--slides',
        folder,
        '--labels',
        path.join(folder, 'l.csv'),
        ...model,
        '--out',
        out,
        '--workers',
        '2',
      ],
    );
    expect(code, stderr + stdout).toBe(0);
    expect(JSON.parse(stdout).counts).toMatchObject({ evaluated: 2, positives: 1, failed: 1 });
    const report = JSON.parse(await readFile(path.join(out, 'report.json'), 'utf8'));
    for (const row of report.rows) {
      const one = JSON.parse((await run('analyze', path.join(folder, row.id), ...model)).stdout);
      expect(row.tiles).toBe(one.attention.bag.count);
      expect(row.probability).toBeCloseTo(one.probabilities[one.classes.indexOf('malignant')], 6);
    }
    expect(report.failures).toMatchObject([{ id: 'broken.tiff', code: 'slide/unrecognized' }]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
