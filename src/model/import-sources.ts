/** The files that were given for an import: found by name, read within bounds, and known by their first bytes. */
import { AppError } from '../errors.ts';
import { isTorchCheckpoint } from './torch-checkpoint.ts';

/** One dropped file. */
export interface ImportSource {
  /** Path inside the dropped folder, or the bare name. */
  readonly name: string;
  readonly sizeBytes: number;
  read(): Promise<ArrayBuffer>;
}

/** More than any model a browser can run; a file beyond it is not even read. */
const MAX_FILE_BYTES = 2 ** 30;

/** The file of this path; files chosen one by one come without their folder. */
export function sourceAt(sources: readonly ImportSource[], path: string): ImportSource | undefined {
  return (
    sources.find(({ name }) => name === path) ??
    sources.find(({ name }) => name === path.slice(path.lastIndexOf('/') + 1))
  );
}

/** Formats that are recognised, so that nobody reads of a damaged safetensors header. @throws model/invalid */
export function refuseForeign(bytes: Uint8Array, path: string): void {
  const fail = (problem: string): never => {
    throw new AppError({ code: 'model/invalid', path, problem });
  };
  const starts = (...signature: number[]) => signature.every((byte, i) => bytes[i] === byte);
  if (bytes.length === 0) fail('it is empty');
  if (isTorchCheckpoint(bytes)) return;
  if (starts(0x89, 0x48, 0x44, 0x46))
    fail('it is an HDF5 file (Keras, or stored features); save the weights as safetensors');
  if (starts(0x80))
    fail('it is a pickle that torch.save did not write; save state_dict() with torch.save, or as safetensors');
  if (starts(0x08) && /onnx|pytorch/i.test(new TextDecoder('latin1').decode(bytes.subarray(0, 64)))) {
    fail('it is an ONNX model; save the state_dict() with torch.save, or as safetensors');
  }
  if (starts(0x7b)) fail('it is JSON, a description without weights');
}

/** All bytes of a file. @throws model/invalid when it is larger than any model; AbortError */
export async function readSource(source: ImportSource, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  signal?.throwIfAborted();
  if (source.sizeBytes > MAX_FILE_BYTES) {
    throw new AppError({ code: 'model/invalid', path: source.name, problem: 'it is larger than 1 GB' });
  }
  const bytes = new Uint8Array(await source.read());
  signal?.throwIfAborted();
  return bytes;
}

/** @throws model/invalid when the bytes of `path` are no JSON */
export function parseJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AppError({ code: 'model/invalid', path, problem: 'it is not JSON' }, { cause });
  }
}
