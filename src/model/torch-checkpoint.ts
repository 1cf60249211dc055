/**
 * Reader of what torch.save writes: the zip format of PyTorch 1.6 and later, and the older stream of pickles. Nothing in
 * the file is executed, entries must be stored uncompressed as PyTorch does, and no more is allocated than the file is long.
 * @see https://pytorch.org/docs/stable/notes/serialization.html
 */
import { unzipSync } from 'fflate';
import { AppError } from '../errors.ts';
import { DTYPE_BYTES, type StoredTensor, type StoredTensors, sizeOf } from './stored-tensor.ts';
import { isRef, PickleProblem, type PickleValue, readPickle, type TensorRef } from './torch-pickle.ts';

/** Beyond any file that a browser holds in memory; strides of 0 could otherwise ask for any amount. */
const MAX_TENSOR_BYTES = 2 ** 30;
const MAX_TENSORS = 100_000;
/** Tensors may share numbers, and strides of 0 repeat them; no model has more of that than this. */
const allowedBytes = (fileBytes: number) => 16 * 2 ** 20 + 4 * fileBytes;
/** The least that an entry takes in the directory of a zip file, bytes. @see APPNOTE.TXT 4.3.12 */
const ZIP_ENTRY_BYTES = 46;
/** Where training scripts put the state_dict beside epoch and optimiser. */
const NESTS = ['state_dict', 'model_state_dict', 'model'];
/** What torch.jit.save puts beside the tensors: the program. */
const TORCH_SCRIPT = /^[^/]+\/code\//;
/** First pickle of the old format: this integer, as Python writes it. */
const LEGACY_MAGIC = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/** True where the bytes begin like a file of torch.save, of either format. */
export function isTorchCheckpoint(bytes: Uint8Array): boolean {
  return isZip(bytes) || isLegacy(bytes);
}

/**
 * The tensors of the state_dict in a checkpoint, by name: found at the top or under state_dict, model_state_dict or
 * model, without the `module.` that data-parallel training puts into the names.
 * @throws model/invalid with what the file asked for, or where it is damaged
 */
export function parseTorchCheckpoint(bytes: Uint8Array, path: string): StoredTensors {
  try {
    const { root, storage } = isZip(bytes) ? readZip(bytes) : readLegacy(bytes);
    return materialise(withoutWrappers(collectTensors(root)), storage, allowedBytes(bytes.length));
  } catch (error) {
    if (!(error instanceof PickleProblem)) throw error;
    throw new AppError({ code: 'model/invalid', path, problem: error.message }, { cause: error });
  }
}

interface Checkpoint {
  readonly root: PickleValue;
  /** Bytes of a storage by its key. */
  readonly storage: (key: string) => Uint8Array | undefined;
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04;
}

function isLegacy(bytes: Uint8Array): boolean {
  // A pickle begins with PROTO and its version.
  return LEGACY_MAGIC.every((byte, i) => bytes[2 + i] === byte);
}

function readZip(bytes: Uint8Array): Checkpoint {
  let total = 0;
  let listed = 0;
  let entries: Readonly<Record<string, Uint8Array>>;
  try {
    entries = unzipSync(bytes, {
      filter({ name, compression, size, originalSize }) {
        // A damaged directory may claim billions, and the library reads on past the end of the file.
        if (++listed * ZIP_ENTRY_BYTES > bytes.length)
          throw new PickleProblem('its zip directory is damaged or cut off');
        if (TORCH_SCRIPT.test(name)) {
          throw new PickleProblem(
            'it is a TorchScript program, which is code; save the state_dict() of its model instead',
          );
        }
        if (compression !== 0 || size !== originalSize) {
          throw new PickleProblem(`its entry ${name.slice(0, 80)} is compressed, which PyTorch never does`);
        }
        total += size;
        // Entries that overlap are the other kind of bomb.
        if (total > bytes.length) throw new PickleProblem('its entries are larger than the file');
        return true;
      },
    });
  } catch (error) {
    if (error instanceof PickleProblem) throw error;
    throw new PickleProblem('its zip directory is damaged or cut off');
  }
  const pickle = Object.keys(entries).find((name) => /^([^/]+\/)?data\.pkl$/.test(name));
  const data = pickle === undefined ? undefined : entries[pickle];
  if (pickle === undefined || !data) throw new PickleProblem('it is a zip file without data.pkl, so not of torch.save');
  const folder = pickle.slice(0, -'data.pkl'.length);
  const order = entries[`${folder}byteorder`];
  if (order && new TextDecoder().decode(order).trim() !== 'little')
    throw new PickleProblem('its numbers are big-endian');
  return { root: readPickle(data).value, storage: (key) => entries[`${folder}data/${key}`] };
}

/** Pickles of the magic number, the version, the machine, the object and the list of keys; then the storages. */
function readLegacy(bytes: Uint8Array): Checkpoint {
  if (!isLegacy(bytes)) throw new PickleProblem('it is not a file that torch.save wrote');
  const version = readPickle(bytes, readPickle(bytes).end);
  if (version.value !== 1001) throw new PickleProblem(`its format has the version ${String(version.value)}, not 1001`);
  const machine = readPickle(bytes, version.end);
  if (machine.value instanceof Map && machine.value.get('little_endian') === false) {
    throw new PickleProblem('its numbers are big-endian');
  }
  const root = readPickle(bytes, machine.end);
  const keys = readPickle(bytes, root.end);
  if (!Array.isArray(keys.value)) throw new PickleProblem('its list of storages is damaged');

  // The file does not say how wide the numbers of a storage are; the tensors that look at it do.
  const widths = new Map<string, number>();
  eachTensor(root.value, (tensor) => widths.set(tensor.storage.key, DTYPE_BYTES[tensor.storage.dtype]));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const storages = new Map<string, Uint8Array>();
  let at = keys.end;
  for (const key of keys.value as readonly PickleValue[]) {
    const width = typeof key === 'string' ? widths.get(key) : undefined;
    if (typeof key !== 'string' || width === undefined) throw new PickleProblem('its list of storages is damaged');
    if (at + 8 > bytes.length) throw new PickleProblem('it is cut off');
    const length = Number(view.getBigInt64(at, true)) * width;
    if (!(length >= 0 && at + 8 + length <= bytes.length)) throw new PickleProblem('it is cut off');
    storages.set(key, bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return { root: root.value, storage: (key) => storages.get(key) };
}

/** Visits every tensor once, however often and deeply it is contained. */
function eachTensor(root: PickleValue, visit: (tensor: TensorRef) => void): void {
  const seen = new Set<PickleValue>();
  const waiting: PickleValue[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (isRef(value, 'tensor')) visit(value);
    else if (value instanceof Map) waiting.push(...value.values());
    else if (Array.isArray(value)) for (const item of value as readonly PickleValue[]) waiting.push(item);
  }
}

/** Names and tensors of the state_dict, wherever the training script put it. */
function collectTensors(root: PickleValue): ReadonlyMap<string, TensorRef> {
  if (isRef(root, 'tensor')) throw new PickleProblem('it is one tensor without a name; save the state_dict() instead');
  let dictionary = root;
  for (let depth = 0; depth < 3 && dictionary instanceof Map; depth++) {
    const outer: Map<PickleValue, PickleValue> = dictionary;
    if ([...outer.values()].some((value) => isRef(value, 'tensor'))) break;
    const inner = NESTS.map((name) => outer.get(name)).find((value) => value instanceof Map);
    if (inner === undefined) break;
    dictionary = inner;
  }
  const found = new Map<string, TensorRef>();
  let visits = 0;
  const walk = (value: PickleValue, name: string, depth: number) => {
    // A dictionary may hold another one many times over.
    if (++visits > 10 * MAX_TENSORS) throw new PickleProblem('its dictionaries are nested without measure');
    if (isRef(value, 'tensor')) {
      found.set(name, value);
      if (found.size > MAX_TENSORS) throw new PickleProblem(`it holds more than ${MAX_TENSORS} tensors`);
    } else if (value instanceof Map && depth < 4) {
      for (const [key, inner] of value) {
        if (typeof key === 'string') walk(inner, name === '' ? key : `${name}.${key}`, depth + 1);
      }
    }
  };
  walk(dictionary, '', 0);
  if (found.size === 0) throw new PickleProblem('it holds no tensors by name');
  return found;
}

/** Names without the `module` that data-parallel wrappers put in them, unless two would become one. */
function withoutWrappers<T>(tensors: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  const bare = new Map([...tensors].map(([name, tensor]) => [name.replace(/(^|\.)module\./g, '$1'), tensor]));
  return bare.size === tensors.size ? bare : tensors;
}

function materialise(
  tensors: ReadonlyMap<string, TensorRef>,
  storage: (key: string) => Uint8Array | undefined,
  allowed: number,
): StoredTensors {
  let total = 0;
  const out = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) {
    const { dtype, key, size } = tensor.storage;
    const width = DTYPE_BYTES[dtype];
    const numbers = storage(key);
    if (!numbers) throw new PickleProblem(`the numbers of ${name} are missing`);
    if (numbers.length < size * width) throw new PickleProblem(`the numbers of ${name} are cut off`);
    const count = sizeOf(tensor.shape);
    total += count * width;
    if (!(total <= MAX_TENSOR_BYTES)) throw new PickleProblem('its tensors are larger than 1 GB');
    if (total > allowed) throw new PickleProblem('its tensors repeat their numbers without measure');
    const offset = tensor.offset + tensor.storage.offset;
    const last = tensor.shape.reduce((at, side, i) => at + (side - 1) * (tensor.strides[i] ?? 0), offset);
    if (count > 0 && !(last < size + tensor.storage.offset && (last + 1) * width <= numbers.length)) {
      throw new PickleProblem(`${name} reaches beyond its numbers`);
    }
    out.set(name, { dtype, shape: tensor.shape, bytes: gather(numbers, tensor, offset, width) });
  }
  return out;
}

/** The numbers of a strided window, row by row. */
function gather(numbers: Uint8Array, { shape, strides }: TensorRef, offset: number, width: number): Uint8Array {
  const count = sizeOf(shape);
  if (isContiguous(shape, strides)) return numbers.subarray(offset * width, (offset + count) * width);
  const out = new Uint8Array(count * width);
  const index = shape.map(() => 0);
  let from = offset;
  for (let i = 0; i < count; i++) {
    for (let byte = 0; byte < width; byte++) out[i * width + byte] = numbers[from * width + byte] ?? 0;
    // Counts up in the mixed base of the shape, moving `from` along.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const side = shape[axis] ?? 1;
      const stride = strides[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      from += stride;
      if (next < side) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      from -= side * stride;
    }
  }
  return out;
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const side = shape[axis] ?? 1;
    // The stride of an axis of one is never used.
    if (side !== 1 && strides[axis] !== expected) return false;
    expected *= side;
  }
  return true;
}
