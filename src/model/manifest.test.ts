import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import { parseManifest } from './manifest.ts';

const shipped = () => JSON.parse(readFileSync(path.resolve('models/compact-glas/manifest.json'), 'utf8'));

/** The shipped manifest with the value at a dotted path replaced; undefined removes the field. */
function changed(at: string, value: unknown): unknown {
  const json = shipped();
  const keys = at.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((object, key) => object[key], json);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return json;
}

function problemOf(json: unknown): string {
  try {
    parseManifest(json, 'manifest.json');
  } catch (error) {
    if (isAppError(error, 'model/invalid')) return error.info.problem;
    throw error;
  }
  return 'accepted';
}

describe('parseManifest', () => {
  it('keeps every value of a good one', () => {
    expect(parseManifest(shipped(), 'manifest.json')).toEqual(shipped());
  });

  it('reads the seed protocol', () => {
    const bag = { protocol: 'darkest', tilePx: 128, count: 16, downsample: 16 };
    expect(parseManifest(changed('bag', bag), 'manifest.json').bag).toEqual(bag);
  });

  it('reads a model that nobody measured, and says who brought it', () => {
    const json = {
      ...shipped(),
      metrics: null,
      imported: { from: 'model.pth', date: '2026-01-02', golden: 'made-here' },
    };
    expect(parseManifest(json, 'manifest.json')).toEqual(json);
  });

  it('takes a model that states no threshold, and nothing else in its place', () => {
    const json = changed('decision.threshold', null);
    expect(parseManifest(json, 'manifest.json')).toEqual(json);
    expect(problemOf(changed('decision.threshold', 'none'))).toBe('decision.threshold must be a number');
    expect(problemOf(changed('decision.temperature', null))).toBe('decision.temperature must be a number');
  });

  it('names any field that is missing', () => {
    const walk = (object: Record<string, unknown>, prefix: string): string[] =>
      Object.entries(object).flatMap(([key, value]) => [
        `${prefix}${key}`,
        ...(typeof value === 'object' && value !== null && !Array.isArray(value)
          ? walk(value as Record<string, unknown>, `${prefix}${key}.`)
          : []),
      ]);
    // Nobody has to say what training tiles looked like, or how an interval was found; who does says all of it.
    const optional = ['scope.appearance', 'metrics.ci95Method'];
    const fields = walk(shipped(), '').filter((field) => !optional.includes(field));
    expect(fields.length).toBeGreaterThan(50);
    for (const field of optional) expect(problemOf(changed(field, undefined))).toBe('accepted');
    for (const field of fields) expect(problemOf(changed(field, undefined)), field).toBe(`${field} is missing`);
  });

  it.each([
    ['formatVersion', 2, 'formatVersion must be 1'],
    ['id', '../elsewhere', 'id must be lower-case letters, digits and hyphens'],
    ['name', '  ', 'name must be a text that is not empty'],
    ['classes', ['a'], 'classes must be two different names'],
    ['classes', ['a', 'a'], 'classes must be two different names'],
    ['positiveClass', 'other', 'positiveClass must be one of classes'],
    ['bag.protocol', 'random', 'bag.protocol must be one of darkest, tissue-grid'],
    ['bag.tilePx', 100, 'bag.tilePx must be a multiple of 16 for this encoder'],
    ['bag.tilePx', 128.5, 'bag.tilePx must be a whole number'],
    ['bag.tilePx', 1e9, 'bag.tilePx must be at most 4096'],
    ['bag.mpp', 0, 'bag.mpp must be above 0'],
    ['bag.extra', 1, 'bag.extra is not a field that milscope knows'],
    ['input.std', [0.1, 0.1, 0], 'input.std[2] must be above 0'],
    ['input.mean', [0.1, 0.1], 'input.mean must hold 3 values'],
    ['input.mean', [0.1, null, 0.1], 'input.mean[1] must be a number'],
    ['encoder.kind', 'resnet', 'encoder.kind must be one of seed-cnn, compact-cnn, tfjs, features'],
    ['encoder.channels', [], 'encoder.channels must not be empty'],
    ['decision.threshold', 1.1, 'decision.threshold must be at most 1'],
    ['decision.temperature', 0, 'decision.temperature must be above 0'],
    ['golden.input', 'weights.bin', 'golden.input must be one of files'],
    ['golden.tolerance.probability', 1, 'golden.tolerance.probability must be at most 0.01'],
    ['files', 'all', 'files must be a list'],
    ['files', [], 'files must name exactly one file of weights (.safetensors, .pth or .pt)'],
    ['files.0.path', '../weights.safetensors', 'files[0].path must be a relative path inside the model folder'],
    ['files.0.path', '/etc/passwd', 'files[0].path must be a relative path inside the model folder'],
    ['files.0.path', 'a\\b.safetensors', 'files[0].path must be a relative path inside the model folder'],
    ['files.0.sha256', 'abc', 'files[0].sha256 must be 64 lower-case hex digits'],
    ['scope.mppRange', [2, 1], 'scope.mppRange must be [smallest, largest]'],
    ['scope', null, 'scope must be an object'],
    ['metrics.ci95Method', 'wald', 'metrics.ci95Method must be one of bootstrap, newcombe'],
    ['scope.appearance', { mean: [1], precision: [], limit: 1 }, 'scope.appearance.mean must hold 7 values'],
    [
      'scope.appearance',
      { mean: [1, 2, 3, 4, 5, 6, 7], precision: [1], limit: 1 },
      'scope.appearance.precision must hold 49 values',
    ],
    [
      'scope.appearance',
      { mean: [1, 2, 3, 4, 5, 6, 7], precision: new Array(49).fill(0), limit: 0 },
      'scope.appearance.limit must be above 0',
    ],
  ])('refuses %s = %j', (field, value, problem) => {
    expect(problemOf(changed(field, value))).toBe(problem);
  });

  it('reads what features of training tiles looked like, and refuses it where it does not fit', () => {
    const features = { file: 'features.safetensors', blocks: 2, limit: 1.3 };
    const file = { path: 'features.safetensors', bytes: 8, sha256: 'a'.repeat(64) };
    const withFeatures = (given: unknown, change: Record<string, unknown> = {}) => {
      const json = shipped();
      return { ...json, scope: { ...json.scope, features: given }, files: [...json.files, file], ...change };
    };
    const json = withFeatures(features);
    expect(parseManifest(json, 'manifest.json')).toEqual(json);
    expect(problemOf(withFeatures({ ...features, file: 'else.safetensors' }))).toBe(
      'scope.features.file must be one of files',
    );
    expect(problemOf(withFeatures({ ...features, blocks: 5 }))).toBe(
      'scope.features.blocks must be at most 4, the blocks of the encoder',
    );
    expect(problemOf(withFeatures({ ...features, blocks: 0 }))).toBe('scope.features.blocks must be at least 1');
    expect(problemOf(withFeatures({ ...features, limit: 0 }))).toBe('scope.features.limit must be above 0');
    expect(problemOf(withFeatures({ ...features, mean: [] }))).toBe(
      'scope.features.mean is not a field that milscope knows',
    );
    expect(problemOf(withFeatures({ file: features.file, blocks: 2 }))).toBe('scope.features.limit is missing');
    expect(problemOf(withFeatures(features, { encoder: { kind: 'seed-cnn', featureDim: 512 } }))).toBe(
      'scope.features needs the encoder compact-cnn',
    );
    // It is no file of weights, but two of those are still refused.
    expect(problemOf({ ...json, scope: shipped().scope })).toMatch(/^files must name exactly one file of weights/);
  });

  it.each([null, 3, 'text', [], undefined])('refuses %j as a manifest', (json) => {
    expect(problemOf(json)).toBe('the manifest must be an object');
  });

  it('does not take inherited fields for the manifest’s own', () => {
    expect(problemOf(Object.create(shipped()))).toBe('formatVersion is missing');
  });
});
