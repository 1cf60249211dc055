/**
 * A reader of the pickles inside PyTorch checkpoints. It executes nothing: it knows the instructions that build plain
 * data, and of all that a pickle can ask for, the few names that make up a tensor. Anything else is refused by name.
 * @see https://docs.python.org/3/library/pickletools.html
 */
import type { StoredDtype } from './stored-tensor.ts';

/** A run of numbers somewhere else in the checkpoint. */
export interface StorageRef {
  readonly kind: 'storage';
  readonly dtype: StoredDtype;
  /** Name of the storage in the checkpoint. */
  readonly key: string;
  /** Numbers in it. */
  readonly size: number;
  /** Numbers to skip at its start; only old files have views. */
  readonly offset: number;
}

/** A tensor as a window on a storage; offset and strides count numbers, not bytes. */
export interface TensorRef {
  readonly kind: 'tensor';
  readonly storage: StorageRef;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** A number of numpy, such as the best score so far: read over, because no tensor depends on it. */
interface NumpyScalar {
  readonly kind: 'numpy';
}

interface GlobalRef {
  readonly kind: 'global';
  readonly name: string;
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly PickleValue[]
  | Map<PickleValue, PickleValue>
  | StorageRef
  | TensorRef
  | NumpyScalar
  | GlobalRef;

/** Why a pickle cannot be read; the message completes "The model file is not valid: ...". */
export class PickleProblem extends Error {}

/** Storage classes by name, and the type of their numbers. */
const STORAGES: Readonly<Record<string, StoredDtype>> = {
  'torch.DoubleStorage': 'f64',
  'torch.FloatStorage': 'f32',
  'torch.HalfStorage': 'f16',
  'torch.BFloat16Storage': 'bf16',
  'torch.LongStorage': 'i64',
  'torch.IntStorage': 'i32',
  'torch.ShortStorage': 'i16',
  'torch.CharStorage': 'i8',
  'torch.ByteStorage': 'u8',
  'torch.BoolStorage': 'bool',
};

const ORDERED_DICT = 'collections.OrderedDict';
const REBUILD_TENSOR = 'torch._utils._rebuild_tensor_v2';
const REBUILD_PARAMETER = 'torch._utils._rebuild_parameter';
/**
 * Training scripts keep metrics as numpy scalars beside the weights. These names describe such a number (a dtype, and
 * its bytes as text); they are recognised so that the weights can be reached, and the number itself is dropped.
 */
const NUMPY_SCALARS = [
  'numpy.core.multiarray.scalar',
  'numpy._core.multiarray.scalar',
  'numpy.dtype',
  '_codecs.encode',
];
const ALLOWED = new Set([ORDERED_DICT, REBUILD_TENSOR, REBUILD_PARAMETER, ...NUMPY_SCALARS, ...Object.keys(STORAGES)]);

/** Integers longer than this are no sizes; a checkpoint may hold one, a bomb holds many digits. */
const MAX_LONG_BYTES = 64;

/** The value of the pickle that starts at `offset`, and where the next byte lies. @throws PickleProblem */
export function readPickle(bytes: Uint8Array, offset = 0): { readonly value: PickleValue; readonly end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder('utf-8');
  const stack: PickleValue[] = [];
  const marks: number[] = [];
  const memo = new Map<number, PickleValue>();
  let at = offset;

  const take = (length: number): number => {
    const start = at;
    if (length > bytes.length - start) throw new PickleProblem('its pickle is cut off');
    at += length;
    return start;
  };
  const u8 = () => view.getUint8(take(1));
  const u16 = () => view.getUint16(take(2), true);
  const u32 = () => view.getUint32(take(4), true);
  const span = (length: number) => bytes.subarray(take(length), at);
  const string = (length: number) => text.decode(span(length));
  const line = () => {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) throw new PickleProblem('its pickle is cut off');
    const value = text.decode(bytes.subarray(at, end));
    at = end + 1;
    return value;
  };
  const pop = (): PickleValue => {
    const value = stack.pop();
    if (value === undefined || stack.length < (marks.at(-1) ?? 0)) throw new PickleProblem('its pickle is damaged');
    return value;
  };
  const popMark = (): PickleValue[] => {
    const mark = marks.pop();
    if (mark === undefined) throw new PickleProblem('its pickle is damaged');
    return stack.splice(mark);
  };
  const top = (): PickleValue => {
    const value = stack.at(-1);
    if (value === undefined) throw new PickleProblem('its pickle is damaged');
    return value;
  };
  const recall = (index: number) => {
    const value = memo.get(index);
    if (value === undefined) throw new PickleProblem('its pickle is damaged');
    stack.push(value);
  };
  const setItems = (items: readonly PickleValue[]) => {
    const target = top();
    if (!(target instanceof Map) || items.length % 2 !== 0) throw new PickleProblem('its pickle is damaged');
    for (let i = 0; i < items.length; i += 2) target.set(items[i] ?? null, items[i + 1] ?? null);
  };
  const append = (items: readonly PickleValue[]) => {
    const target = top();
    if (!Array.isArray(target)) throw new PickleProblem('its pickle is damaged');
    for (const item of items) target.push(item);
  };
  const long = (length: number): bigint | number => {
    if (length > MAX_LONG_BYTES) throw new PickleProblem(`its pickle holds an integer of ${length} bytes`);
    let value = 0n;
    span(length).forEach((byte, i) => {
      value |= BigInt(byte) << BigInt(8 * i);
    });
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  };

  for (;;) {
    const opcode = u8();
    switch (opcode) {
      case 0x80: // PROTO
        take(1);
        break;
      case 0x95: // FRAME
        take(8);
        break;
      case 0x2e: // STOP
        return { value: pop(), end: at };
      case 0x28: // MARK
        marks.push(stack.length);
        break;
      case 0x30: // POP
        pop();
        break;
      case 0x31: // POP_MARK
        popMark();
        break;
      case 0x32: // DUP
        stack.push(top());
        break;
      case 0x4e: // NONE
        stack.push(null);
        break;
      case 0x88: // NEWTRUE
        stack.push(true);
        break;
      case 0x89: // NEWFALSE
        stack.push(false);
        break;
      case 0x4a: // BININT
        stack.push(view.getInt32(take(4), true));
        break;
      case 0x4b: // BININT1
        stack.push(u8());
        break;
      case 0x4d: // BININT2
        stack.push(u16());
        break;
      case 0x8a: // LONG1
        stack.push(long(u8()));
        break;
      case 0x8b: // LONG4
        stack.push(long(u32()));
        break;
      case 0x47: // BINFLOAT
        stack.push(view.getFloat64(take(8), false));
        break;
      case 0x58: // BINUNICODE
      case 0x54: // BINSTRING, of Python 2
        stack.push(string(u32()));
        break;
      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING, of Python 2
        stack.push(string(u8()));
        break;
      case 0x42: // BINBYTES
        stack.push(span(u32()));
        break;
      case 0x43: // SHORT_BINBYTES
        stack.push(span(u8()));
        break;
      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        stack.push([]);
        break;
      case 0x7d: // EMPTY_DICT
        stack.push(new Map());
        break;
      case 0x74: // TUPLE
      case 0x6c: // LIST
        stack.push(popMark());
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: {
        // TUPLE3
        const items = Array.from({ length: opcode - 0x84 }, pop);
        stack.push(items.reverse());
        break;
      }
      case 0x61: // APPEND
        append([pop()]);
        break;
      case 0x65: // APPENDS
        append(popMark());
        break;
      case 0x73: {
        // SETITEM
        const value = pop();
        setItems([pop(), value]);
        break;
      }
      case 0x75: // SETITEMS
        setItems(popMark());
        break;
      case 0x71: // BINPUT
        memo.set(u8(), top());
        break;
      case 0x72: // LONG_BINPUT
        memo.set(u32(), top());
        break;
      case 0x94: // MEMOIZE
        memo.set(memo.size, top());
        break;
      case 0x68: // BINGET
        recall(u8());
        break;
      case 0x6a: // LONG_BINGET
        recall(u32());
        break;
      case 0x63: {
        // GLOBAL
        const module = line();
        stack.push(allowed(`${module}.${line()}`));
        break;
      }
      case 0x93: {
        // STACK_GLOBAL
        const name = pop();
        stack.push(allowed(`${String(pop())}.${String(name)}`));
        break;
      }
      case 0x51: // BINPERSID
        stack.push(toStorage(pop()));
        break;
      case 0x52: {
        // REDUCE
        const args = pop();
        stack.push(call(pop(), args));
        break;
      }
      case 0x62: // BUILD: sets attributes, such as the _metadata of a state_dict, which no tensor needs
        pop();
        if (!(top() instanceof Map) && !isRef(top(), 'numpy'))
          throw new PickleProblem('it restores the state of an object that is no dictionary');
        break;
      default:
        throw new PickleProblem(refusedInstruction(opcode));
    }
  }
}

/** Instructions that make objects of any class, by their name in Python. */
const OBJECT_MAKERS: Readonly<Record<number, string>> = {
  129: 'NEWOBJ',
  146: 'NEWOBJ_EX',
  105: 'INST',
  111: 'OBJ',
  130: 'EXT1',
  131: 'EXT2',
  132: 'EXT4',
};

function refusedInstruction(opcode: number): string {
  const maker = OBJECT_MAKERS[opcode];
  return maker === undefined
    ? `its pickle holds the instruction 0x${opcode.toString(16)}, which no checkpoint of tensors needs`
    : `its pickle makes objects (${maker}); save the state_dict() of the model instead of the model`;
}

function allowed(name: string): GlobalRef {
  if (ALLOWED.has(name)) return { kind: 'global', name };
  // A name is whatever the file says it is: cut, and cleared of what could disturb a terminal or a page.
  const shown = name.slice(0, 80).replace(/[^\x20-\x7e]/g, '?');
  throw new PickleProblem(`it asks for ${shown}, and only tensors are read; save the state_dict() alone`);
}

function call(target: PickleValue, args: PickleValue): PickleValue {
  if (!isRef(target, 'global') || !Array.isArray(args)) throw new PickleProblem('its pickle is damaged');
  if (NUMPY_SCALARS.includes(target.name)) return { kind: 'numpy' };
  switch (target.name) {
    case ORDERED_DICT: {
      const pairs: unknown = args[0] ?? [];
      if (!Array.isArray(pairs)) throw new PickleProblem('its pickle is damaged');
      return new Map(
        pairs.map((pair): [PickleValue, PickleValue] => (Array.isArray(pair) ? [pair[0], pair[1]] : [pair, null])),
      );
    }
    case REBUILD_PARAMETER:
      if (!isRef(args[0], 'tensor')) throw new PickleProblem('one of its parameters is damaged');
      return args[0];
    case REBUILD_TENSOR: {
      const [storage, offset, shape, strides] = args;
      if (!isRef(storage, 'storage') || !isSize(offset) || !isSizes(shape) || !isSizes(strides)) {
        throw new PickleProblem('one of its tensors is damaged');
      }
      if (shape.length !== strides.length || shape.length > 16)
        throw new PickleProblem('one of its tensors is damaged');
      return { kind: 'tensor', storage, offset, shape, strides };
    }
    default:
      throw new PickleProblem(`it calls ${target.name}`);
  }
}

/** ('storage', class, key, device, size) and, in old files, None or (key, offset, size) of a view. */
function toStorage(id: PickleValue): StorageRef {
  if (!Array.isArray(id)) throw new PickleProblem('one of its storages is damaged');
  const [kind, type, key, , size, view] = id as readonly PickleValue[];
  if (kind === 'module') throw new PickleProblem('it holds a whole model with its code; save the state_dict() instead');
  const dtype = isRef(type, 'global') ? STORAGES[type.name] : undefined;
  if (kind !== 'storage' || !dtype || typeof key !== 'string' || !isSize(size)) {
    throw new PickleProblem('one of its storages is damaged');
  }
  const offset = Array.isArray(view) ? view[1] : 0;
  if (!isSize(offset)) throw new PickleProblem('one of its storages is damaged');
  return { kind: 'storage', dtype, key, size, offset };
}

/** True for a reference of one kind. */
export function isRef<K extends 'storage' | 'tensor' | 'global' | 'numpy'>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { kind: K }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}

function isSize(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isSizes(value: PickleValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every(isSize);
}
