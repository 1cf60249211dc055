/**
 * Which tensor of somebody else's checkpoint is which parameter of our networks: by name where the names are ours, else
 * by shape. Pure; what it had to assume is said in sentences, to be shown before the model is used.
 */
import type { ModelManifest } from './manifest.ts';
import { requiredParameters } from './network.ts';
import { type StoredTensor, type StoredTensors, toFloat32 } from './stored-tensor.ts';

/** One line of the mapping that is shown. */
export interface MappingRow {
  /** Ours. */
  readonly parameter: string;
  readonly shape: readonly number[];
  /** Of the file; undefined where the layer has no bias there, and zeros take its place. */
  readonly tensor: string | undefined;
  /** 'order': several tensors of this shape, taken in the order of the file. */
  readonly matchedBy: 'name' | 'shape' | 'order';
}

export interface WeightMapping {
  readonly encoder: ModelManifest['encoder'];
  readonly head: ModelManifest['head'];
  readonly rows: readonly MappingRow[];
  /** Tensors that only training needs. */
  readonly unused: readonly string[];
  readonly assumptions: readonly string[];
  /** The tensors by our names, as the network takes them. */
  readonly tensors: StoredTensors;
}

/** Why the tensors make no network that milscope knows; the message is a clause for model/invalid. */
export class MappingProblem extends Error {}

/** A layer of the checkpoint: the tensors that share all of their name but the last part. */
interface Module {
  /** As the file has it, and without what stands before all names. */
  readonly name: string;
  readonly bareName: string;
  readonly weight: StoredTensor;
  readonly parts: ReadonlyMap<string, StoredTensor>;
  readonly index: number;
}

/** The network that the tensors make. @throws MappingProblem */
export function mapWeights(all: StoredTensors): WeightMapping {
  if (all.size === 0) throw new MappingProblem('it holds no tensors');
  const isTraining = (name: string) => /(^|\.)num_batches_tracked$|(^|[._])(instance_|loss)/.test(name);
  const unused = [...all.keys()].filter(isTraining);
  const modules = toModules(new Map([...all].filter(([name]) => !isTraining(name))), commonPrefix(all));
  const convolutions = modules.filter(({ weight }) => weight.shape.length === 4);
  const linears = modules.filter(({ weight }) => weight.shape.length === 2);
  const others = modules.filter((one) => !convolutions.includes(one) && !linears.includes(one));
  const assumptions: string[] = [];

  if (convolutions.length === 0) {
    if (others.length > 0) refuseLeftover(others);
    const solution = solveHead(linears, (front, features) => {
      if (front.length === 0) return { kind: 'features', featureDim: features, inputDim: features, projected: false };
      const [rows, columns] = front[0]?.weight.shape ?? [];
      return front.length === 1 && rows === features
        ? { kind: 'features', featureDim: features, inputDim: columns ?? 0, projected: true }
        : undefined;
    });
    const { encoder } = solution;
    if (encoder.kind === 'features' && encoder.projected) {
      assumptions.push('A ReLU follows its projection; activations do not stand in a file of weights.');
    }
    return finish(solution, [['projection', solution.front[0]]], [], unused, assumptions);
  }

  if (isSeed(convolutions)) {
    if (others.length > 0) refuseLeftover(others);
    const solution = solveHead(linears, (front, features) => {
      const flat = front.find(({ weight }) => shapeIs(weight, [features, 43_200]));
      const deep = front.find(({ weight }) => shapeIs(weight, [features, features]));
      return front.length === 2 && flat && deep ? { kind: 'seed-cnn', featureDim: features } : undefined;
    });
    const { featureDim } = solution.encoder;
    const front = (shape: readonly number[]) => solution.front.find(({ weight }) => shapeIs(weight, shape));
    return finish(
      solution,
      [
        ['feature_extractor_part1.0', convolutions[0]],
        ['feature_extractor_part1.3', convolutions[1]],
        ['feature_extractor_part2.0', front([featureDim, 43_200])],
        ['feature_extractor_part2.3', front([featureDim, featureDim])],
      ],
      [],
      unused,
      assumptions,
    );
  }

  const norms = others.filter(({ parts }) => parts.has('running_mean') && parts.has('running_var'));
  const channels = chainOfBlocks(convolutions, norms);
  if (channels === undefined || norms.length !== others.length) {
    const seen = convolutions
      .slice(0, 4)
      .map(({ weight: { shape } }) => `${shape[1]}→${shape[0]} ${shape[2]}x${shape[3]}`);
    throw new MappingProblem(
      `its convolutions (${seen.join(', ')}${convolutions.length > 4 ? ', ...' : ''}) are of no network that milscope knows: the network of the article has 3→36 4x4 and 36→48 3x3, the compact one 3x3 blocks with BatchNorm`,
    );
  }
  const last = channels.at(-1) ?? 0;
  const solution = solveHead(linears, (front, features) =>
    front.length === 1 && front[0] && shapeIs(front[0].weight, [features, 2 * last])
      ? { kind: 'compact-cnn', featureDim: features, channels }
      : undefined,
  );
  assumptions.push('Each block is a 3x3 convolution of stride 2 with padding 1, BatchNorm (eps 1e-5) and ReLU.');
  return finish(
    solution,
    [
      ...convolutions.map((module, i): Row => [`encoder.blocks.${i}.conv`, module]),
      ['encoder.project', solution.front[0]],
    ],
    norms.map((module, i): Row => [`encoder.blocks.${i}.bn`, module]),
    unused,
    assumptions,
  );
}

type Row = readonly [string, Module | undefined];

function shapeIs({ shape }: StoredTensor, wanted: readonly number[]): boolean {
  return shape.length === wanted.length && shape.every((side, i) => side === wanted[i]);
}

/** `model.`, `net.` or whatever else a training framework puts before every name; empty if nothing. */
function commonPrefix(tensors: StoredTensors): string {
  const names = [...tensors.keys()].map((name) => name.split('.'));
  const first = names[0] ?? [];
  // The names of our own layers are no prefix, even where there is but one.
  if (/^(encoder|attention|classifier|feature_extractor|projection)/.test(first[0] ?? '')) return '';
  let depth = 0;
  // A name keeps its last two parts: the layer and the tensor. There is a first name, or this would never end.
  while (names.every((name) => name.length > depth + 2 && name[depth] === first[depth])) depth++;
  return first
    .slice(0, depth)
    .map((part) => `${part}.`)
    .join('');
}

function toModules(tensors: StoredTensors, prefix: string): readonly Module[] {
  const groups = new Map<string, Map<string, StoredTensor>>();
  for (const [name, tensor] of tensors) {
    const dot = name.lastIndexOf('.');
    const group = groups.get(name.slice(0, Math.max(dot, 0))) ?? new Map<string, StoredTensor>();
    group.set(name.slice(dot + 1), tensor);
    groups.set(name.slice(0, Math.max(dot, 0)), group);
  }
  return [...groups].map(([name, parts], index) => {
    const weight = parts.get('weight');
    if (!weight) throw new MappingProblem(`${name || [...parts.keys()][0]} is no layer with a weight`);
    return { name, bareName: name.slice(prefix.length), weight, parts, index };
  });
}

function refuseLeftover(modules: readonly Module[]): never {
  const names = modules.slice(0, 4).map(({ name, weight }) => `${name} (${weight.shape.join('x')})`);
  throw new MappingProblem(`it has layers that no network of milscope has: ${names.join(', ')}`);
}

function isSeed(convolutions: readonly Module[]): boolean {
  const [first, second, third] = convolutions;
  return (
    first !== undefined &&
    second !== undefined &&
    third === undefined &&
    shapeIs(first.weight, [36, 3, 4, 4]) &&
    shapeIs(second.weight, [48, 36, 3, 3])
  );
}

/** Widths of 3x3 blocks with BatchNorm that follow one another from RGB, or undefined. */
function chainOfBlocks(convolutions: readonly Module[], norms: readonly Module[]): readonly number[] | undefined {
  if (convolutions.length !== norms.length) return undefined;
  let into = 3;
  const channels: number[] = [];
  for (const [i, { weight, parts }] of convolutions.entries()) {
    const out = weight.shape[0] ?? 0;
    const norm = norms[i];
    if (!shapeIs(weight, [out, into, 3, 3]) || parts.size !== 1 || !norm || !shapeIs(norm.weight, [out]))
      return undefined;
    channels.push(out);
    into = out;
  }
  return channels;
}

/** A head has four linear layers where it is gated; the encoder before it two at most. */
const MOST_LINEARS = 6;

interface HeadSolution {
  readonly encoder: ModelManifest['encoder'];
  readonly v: Module;
  readonly u: Module | undefined;
  readonly w: Module;
  readonly classifier: Module;
  /** Linear layers before the head, in the order of the file. */
  readonly front: readonly Module[];
  /** True where another assignment of the same shapes was possible. */
  readonly isAmbiguous: boolean;
}

/**
 * Finds the layers of an attention head among linear layers: a score [1,H] over one hidden layer [H,L], or two where it
 * is gated, and a classifier [1,L] or [2,L]; the rest must be what `encoderOf` accepts before the head.
 */
function solveHead(
  linears: readonly Module[],
  encoderOf: (front: readonly Module[], features: number) => ModelManifest['encoder'] | undefined,
): HeadSolution {
  const solutions: HeadSolution[] = [];
  // More cannot be joined, and the search grows with the fifth power of their number.
  const searched = linears.length <= MOST_LINEARS ? linears : [];
  for (const w of searched.filter(({ weight }) => weight.shape[0] === 1)) {
    for (const classifier of searched.filter((one) => one !== w && (one.weight.shape[0] ?? 9) <= 2)) {
      const features = classifier.weight.shape[1] ?? 0;
      const hidden = searched.filter(
        (one) => one !== w && one !== classifier && shapeIs(one.weight, [w.weight.shape[1] ?? 0, features]),
      );
      // Layers of the encoder can have the shape of a hidden one, so every choice of one or two is tried.
      const choices: (readonly Module[])[] = [
        ...hidden.flatMap((a, i) => hidden.slice(i + 1).map((b) => [a, b])),
        ...hidden.map((a) => [a]),
      ];
      for (const chosen of choices) {
        const taken = new Set([w, classifier, ...chosen]);
        const front = searched.filter((one) => !taken.has(one));
        const encoder = encoderOf(front, features);
        const [v, u] = inGateOrder(chosen);
        if (encoder && v) solutions.push({ encoder, v, u, w, classifier, front, isAmbiguous: false });
      }
    }
  }
  const best = [...solutions].sort((a, b) => likelihood(b) - likelihood(a))[0];
  if (best) return { ...best, isAmbiguous: solutions.length > 1 || best.u !== undefined };

  const shapes = linears.slice(0, 6).map(({ name, weight }) => `${name} ${weight.shape.join('x')}`);
  const found = `; its linear layers are ${shapes.join(', ') || 'none'}${linears.length > 6 ? ', ...' : ''}`;
  if (linears.some(({ name, weight }) => /att/i.test(name) && (weight.shape[0] ?? 0) === 2)) {
    throw new MappingProblem(`it attends once for each class, and milscope reads models with one attention${found}`);
  }
  if (!linears.some(({ weight }) => weight.shape[0] === 1)) {
    throw new MappingProblem(`it has no attention layer that gives one score for each tile${found}`);
  }
  throw new MappingProblem(
    `its layers do not join into an encoder, an attention and a classifier of one or two outputs${found}`,
  );
}

/** tanh first: called v or a in the papers' code, and first in the file where the names do not say. */
function inGateOrder(chosen: readonly Module[]): readonly Module[] {
  const isGate = ({ name }: Module) => /(^|[._])(u|attention_u|attention_b|b)([._]|$)/i.test(name);
  return [...chosen].sort((a, b) => Number(isGate(a)) - Number(isGate(b)) || a.index - b.index);
}

/** Prefers layers that are called what they are, and heads after what they look at. */
function likelihood({ v, u, w, classifier, front }: HeadSolution): number {
  const attends = [v, u, w].filter((one) => one && /att/i.test(one.name)).length;
  const after = front.every((one) => one.index < v.index) ? 1 : 0;
  return 4 * attends + 4 * Number(/class|fc|head|logit/i.test(classifier.name)) + after + Number(w.index > v.index);
}

function finish(
  solution: HeadSolution,
  layers: readonly Row[],
  norms: readonly Row[],
  unused: readonly string[],
  assumptions: string[],
): WeightMapping {
  const { encoder, u, w } = solution;
  const head: ModelManifest['head'] = {
    kind: u === undefined ? 'attention' : 'gated-attention',
    hiddenDim: w.weight.shape[1] ?? 0,
  };
  const seedNames = encoder.kind === 'seed-cnn' && u === undefined;
  const modules: Row[] = [
    ...layers,
    ...norms,
    [seedNames ? 'attention.0' : 'attention.v', solution.v],
    ['attention.u', u],
    [seedNames ? 'attention.2' : 'attention.w', w],
    [encoder.kind === 'seed-cnn' ? 'classifier.0' : 'classifier', solution.classifier],
  ];
  const byName = new Map(modules.flatMap(([name, module]) => (module ? [[name, module] as const] : [])));
  assumptions.push(
    u === undefined
      ? 'The attention is w·tanh(V h), Ilse et al. 2018, equation 8.'
      : `The attention is gated, w·(tanh(V h) ⊙ sigmoid(U h)), with ${solution.v.name} as V and ${u.name} as U.`,
  );

  const rows: MappingRow[] = [];
  const tensors = new Map<string, StoredTensor>();
  for (const { name, shape } of requiredParameters({ encoder, head })) {
    const dot = name.lastIndexOf('.');
    const module = byName.get(name.slice(0, dot));
    const part = name.slice(dot + 1);
    if (!module) throw new MappingProblem(`it has no ${name}`);
    const found = module.parts.get(part);
    if (!found && part !== 'bias') throw new MappingProblem(`${module.name} has no ${part}`);
    const tensor = found ?? zeros(shape);
    const own = module === solution.classifier ? towardsPositive(tensor) : tensor;
    if (!shapeIs(own, shape)) {
      throw new MappingProblem(
        `${module.name}.${part} has the shape ${tensor.shape.join('x')}, not ${shape.join('x')}`,
      );
    }
    // Here the tensor still has the name that its owner knows; later it would be told by ours.
    if (!toFloat32(own).every(Number.isFinite)) {
      throw new MappingProblem(`${module.name}.${part} holds a value that is not a number`);
    }
    const source = found ? `${module.name}.${part}` : undefined;
    const isNamed = found !== undefined && `${module.bareName}.${part}` === name;
    const isShared =
      solution.isAmbiguous && [solution.v, u, w, solution.classifier, ...solution.front].includes(module);
    rows.push({
      parameter: name,
      shape,
      tensor: source,
      matchedBy: isNamed ? 'name' : isShared ? 'order' : 'shape',
    });
    tensors.set(name, own);
  }
  if (solution.classifier.weight.shape[0] === 2) {
    assumptions.push(
      'Of its two outputs the second is the positive class; softmax over both equals sigmoid of their difference.',
    );
  }
  return { encoder, head, rows, unused, assumptions, tensors };
}

function zeros(shape: readonly number[]): StoredTensor {
  return { dtype: 'f32', shape, bytes: new Uint8Array(4 * shape.reduce((size, side) => size * side, 1)) };
}

/** Rows [2,L] of a classifier with two outputs, or its biases [2] -> second minus first, [1,L] or [1]. */
function towardsPositive(tensor: StoredTensor): StoredTensor {
  if (tensor.shape[0] !== 2) return tensor;
  const both = toFloat32(tensor);
  const half = both.length / 2;
  const difference = Float32Array.from({ length: half }, (_, i) => (both[half + i] ?? 0) - (both[i] ?? 0));
  return { dtype: 'f32', shape: [1, ...tensor.shape.slice(1)], bytes: new Uint8Array(difference.buffer) };
}
