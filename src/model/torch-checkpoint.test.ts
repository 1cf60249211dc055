import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../errors.ts';
import { formulaParameter } from '../testing/formula-weights.ts';
import expected from '../testing/goldens/torch/expected.json' with { type: 'json' };
import tensors from '../testing/goldens/torch/tensors.json' with { type: 'json' };
import { toFloat32 } from './stored-tensor.ts';
import { isTorchCheckpoint, parseTorchCheckpoint } from './torch-checkpoint.ts';

const goldens = path.resolve('src/testing/goldens/torch');
const read = (name: string) => new Uint8Array(readFileSync(path.join(goldens, name)));

function problemOf(bytes: Uint8Array): string {
  try {
    parseTorchCheckpoint(bytes, 'x.pth');
  } catch (error) {
    if (isAppError(error, 'model/invalid')) return error.info.problem;
    throw error;
  }
  throw new Error('was not refused');
}

describe('files that real PyTorch wrote', () => {
  it.each(['compact.pth', 'nested.pth', 'legacy.pth'])(
    '%s holds the parameters of the formula, bit for bit',
    (name) => {
      const found = parseTorchCheckpoint(read(name), name);
      const parameters = expected.small.parameters as unknown as [string, number[]][];
      parameters.forEach(([parameter, shape], index) => {
        const tensor = found.get(parameter);
        expect(tensor?.shape, parameter).toEqual(shape);
        expect(tensor && toFloat32(tensor), parameter).toEqual(formulaParameter(index, parameter, shape));
      });
      // BatchNorm's counters are all that is left.
      expect(found.size).toBe(
        parameters.length + expected.small.parameters.filter(([n]) => String(n).endsWith('bn.bias')).length,
      );
    },
  );

  it.each(['strides', 'dtypes', 'parameter', 'legacy-strides'] as const)(
    '%s.pth holds the values PyTorch had',
    (name) => {
      const found = parseTorchCheckpoint(read(`${name}.pth`), name);
      const wanted: Readonly<Record<string, { shape: number[]; values: number[] }>> = tensors[name];
      expect([...found.keys()]).toEqual(Object.keys(wanted));
      for (const [key, { shape, values }] of Object.entries(wanted)) {
        const tensor = found.get(key);
        expect(tensor?.shape, key).toEqual(shape);
        expect(tensor && [...toFloat32(tensor)], key).toEqual(values.map(Math.fround));
      }
    },
  );

  it('recognises both formats by content', () => {
    expect(isTorchCheckpoint(read('compact.pth'))).toBe(true);
    expect(isTorchCheckpoint(read('legacy.pth'))).toBe(true);
    expect(isTorchCheckpoint(new TextEncoder().encode('{"formatVersion": 1}'))).toBe(false);
  });
});

describe('what is refused', () => {
  it.each([
    ['asks-system.pth', /asks for posix\.system/],
    ['asks-numpy.pth', /asks for numpy\.core\.multiarray\._reconstruct/],
    ['asks-module.pth', /asks for torch\.nn\.modules\.linear\.Linear/],
  ])('%s, by the name of what it asks for', (name, reason) => {
    expect(problemOf(read(name))).toMatch(reason);
  });

  it('every truncation, with a sentence', () => {
    for (const name of ['strides.pth', 'legacy-strides.pth']) {
      const whole = read(name);
      for (let length = 0; length < whole.length; length += 7) {
        expect(problemOf(whole.subarray(0, length)), `${name} cut at ${length}`).toMatch(/\w/);
      }
    }
  });

  it('or reads every change of one byte, and never anything else', () => {
    for (const name of ['dtypes.pth', 'legacy-strides.pth']) {
      const whole = read(name);
      for (let at = 0; at < whole.length; at++) {
        const changed = whole.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
        try {
          parseTorchCheckpoint(changed, name);
        } catch (error) {
          expect(isAppError(error, 'model/invalid'), `${name} at ${at}: ${String(error)}`).toBe(true);
        }
      }
    }
  });

  it('zip bombs, before anything is unpacked', () => {
    const zeros = new Uint8Array(64 * 2 ** 20);
    const bomb = zipSync({ 'archive/data.pkl': [zeros, { level: 9 }] });
    expect(problemOf(bomb)).toMatch(/archive\/data\.pkl is compressed/);
  });

  it('a zip of something else', () => {
    expect(problemOf(zipSync({ 'word/document.xml': [new Uint8Array(3), { level: 0 }] }))).toMatch(/without data\.pkl/);
  });

  it.each([
    ['a tensor that reaches beyond its numbers', 2, 3, 1, /reaches beyond its numbers/],
    ['a stride of 0 that asks for gigabytes', 2 ** 30, 0, 4, /larger than 1 GB/],
  ])('%s', (_, side, stride, size, reason) => {
    const bytes = zipSync({
      'a/data.pkl': [pickleOf(side, stride, size), { level: 0 }],
      'a/data/0': [new Uint8Array(4 * size), { level: 0 }],
    });
    expect(problemOf(bytes)).toMatch(reason);
  });
});

/** Pickle of {'w': tensor} with one axis of `side` numbers, `stride` apart, in a float storage of `size`. */
function pickleOf(side: number, stride: number, size: number): Uint8Array {
  const text = (value: string) => [0x58, value.length, 0, 0, 0, ...new TextEncoder().encode(value)];
  const int = (value: number) => [0x4a, value & 255, (value >> 8) & 255, (value >> 16) & 255, value >> 24];
  const global = (module: string, name: string) => [0x63, ...new TextEncoder().encode(`${module}\n${name}\n`)];
  const storage = [
    0x28,
    ...text('storage'),
    ...global('torch', 'FloatStorage'),
    ...text('0'),
    ...text('cpu'),
    ...int(size),
    0x74,
    0x51,
  ];
  const tensor = [
    ...global('torch._utils', '_rebuild_tensor_v2'),
    0x28,
    ...storage,
    ...int(0),
    ...int(side),
    0x85,
    ...int(stride),
    0x85,
    0x89,
    0x4e,
    0x74,
    0x52,
  ];
  return new Uint8Array([0x80, 2, 0x7d, ...text('w'), ...tensor, 0x73, 0x2e]);
}

const shared = path.resolve(process.env.MILSCOPE_DATA ?? '../shared/data', 'checkpoints');
describe.skipIf(!existsSync(shared))(
  `checkpoints of other people in the shared data${existsSync(shared) ? '' : ' (absent, skipped)'}`,
  () => {
    const shapes = (name: string) =>
      Object.fromEntries(
        [...parseTorchCheckpoint(new Uint8Array(readFileSync(path.join(shared, name))), name)].map(([key, tensor]) => [
          key,
          tensor.shape.join('x'),
        ]),
      );

    it('reads a zip that holds numpy scalars beside the weights', () => {
      expect(shapes('xmil-camelyon-abmil.pt')).toEqual({
        'linear_layers.0.0.weight': '256x768',
        'linear_layers.0.0.bias': '256',
        'attention.0.weight': '128x256',
        'attention.0.bias': '128',
        'attention.2.weight': '1x128',
        'attention.2.bias': '1',
        'classifier.weight': '2x256',
        'classifier.bias': '2',
      });
    });

    it('reads the old format, without the wrapper in the middle of its names', () => {
      expect(shapes('clam-legacy-format.pt')).toMatchObject({
        'attention_net.0.weight': '512x1024',
        'attention_net.3.attention_a.0.weight': '256x512',
        'attention_net.3.attention_c.weight': '1x256',
        'classifiers.weight': '2x512',
      });
    });

    it('reads storages with odd names', () => {
      expect(shapes('dsmil-partial.pth')).toEqual({
        'b_classifier.q.weight': '128x512',
        'b_classifier.q.bias': '128',
        'b_classifier.v.1.weight': '512x512',
        'b_classifier.v.1.bias': '512',
      });
    });
  },
);
