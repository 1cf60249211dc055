/**
 * DICOM data sets as JSON: what a DICOMweb server says of instances and series.
 * @see DICOM PS3.18 annex F (DICOM JSON Model)
 */
import { AppError } from '../../errors.ts';
import type { Attributes, Binary, Tag } from './attributes.ts';

/**
 * Of the metadata of a series: what is parsed in half a second. Sparse levels need about 400 bytes a frame, so it is enough
 * for 40,000 of them; TILED_FULL ones need nothing.
 */
export const METADATA_BYTES = 16 * 2 ** 20;
/** Fewest bytes of metadata for each list or object in it: real metadata has 12 and more, a bomb has two. */
const BYTES_PER_BRACKET = 8;
/** Values of a text: an image type has four or five. */
const TEXT_VALUES = 64;
const BINARY_CHARS = 16 * 2 ** 20;

/** Different attributes in a series, and keys that name none: real ones have some hundreds. Each costs more than its bytes. */
const MOST_KEYS = 20_000;

const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const COLON = 0x3a;
const QUOTE = 0x22;
const SPACE = 0x20;

/** True when these bytes start a list of data sets. */
export function isDicomJson(head: Uint8Array): boolean {
  const text = new TextDecoder('latin1').decode(head.subarray(0, 4096));
  return /^\s*\[\s*\{\s*"[\dA-Fa-f]{8}"\s*:\s*\{/.test(text);
}

/** The data sets of an answer. @throws slide/corrupt when it is no DICOM JSON */
export function parseDataSets(bytes: Uint8Array): Attributes[] {
  const corrupt = (cause?: unknown) =>
    new AppError(
      { code: 'slide/corrupt', where: 'its DICOM JSON cannot be read' },
      cause === undefined ? undefined : { cause },
    );
  if (bytes.length > METADATA_BYTES) throw corrupt();
  if (!isPlausible(bytes)) throw corrupt();
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw corrupt(cause);
  }
  if (!Array.isArray(json)) throw corrupt();
  return json.filter(isObject).map(attributesOf);
}

/**
 * Counted before it is parsed: empty lists would need twenty times their own size, and millions of different keys seconds.
 */
function isPlausible(bytes: Uint8Array): boolean {
  let brackets = 0;
  let others = 0;
  const attributes = new Set<string>();
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === OPEN_LIST || byte === OPEN_OBJECT) brackets++;
    if (byte !== COLON) continue;
    let end = at - 1;
    while (bytes[end] === SPACE) end--;
    if (bytes[end] !== QUOTE) others++;
    // "vr" and "Value" stand in every attribute, and are the same two keys each time.
    else if (endsWith(bytes, end, '"vr') || endsWith(bytes, end, '"Value')) continue;
    else if (bytes[end - 9] === QUOTE) attributes.add(String.fromCharCode(...bytes.subarray(end - 8, end)));
    else others++;
    if (others > MOST_KEYS || attributes.size > MOST_KEYS) return false;
  }
  return brackets * BYTES_PER_BRACKET <= bytes.length + 65_536;
}

function endsWith(bytes: Uint8Array, end: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[end - text.length + i] !== text.charCodeAt(i)) return false;
  return true;
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function attributesOf(dataSet: JsonObject): Attributes {
  const element = ({ id }: Tag): JsonObject | undefined => {
    const found = Object.hasOwn(dataSet, id) ? dataSet[id] : undefined;
    return isObject(found) ? found : undefined;
  };
  const values = (tag: Tag): readonly unknown[] => {
    const value = element(tag)?.Value;
    return Array.isArray(value) ? value : [];
  };
  return {
    text(tag) {
      // Numbers of a decimal string may come as either. An empty value among others is null.
      const some = values(tag).slice(0, TEXT_VALUES);
      const all = some.map((one) => (typeof one === 'string' || typeof one === 'number' ? String(one) : ''));
      return all.join('\\').trim() || undefined;
    },
    number(tag) {
      const [first] = values(tag);
      if (first === undefined || first === null) return undefined;
      if (typeof first === 'string') return first.trim() === '' ? undefined : Number(first);
      return typeof first === 'number' ? first : Number.NaN;
    },
    items: (tag) => values(tag).filter(isObject).map(attributesOf),
    binary: (tag) => binaryOf(element(tag)),
  };
}

/** Undefined also for base64 that is none: what has no bytes is not there. */
function binaryOf(element: JsonObject | undefined): Binary | undefined {
  const { InlineBinary: inline, BulkDataURI: address } = element ?? {};
  if (typeof address === 'string' && address !== '') return { address };
  if (typeof inline !== 'string' || inline.length > BINARY_CHARS) return undefined;
  try {
    return { bytes: Uint8Array.from(atob(inline), (char) => char.charCodeAt(0)) };
  } catch {
    return undefined;
  }
}
