/**
 * Answers in several parts, and the media types that name them.
 * @see RFC 2046 section 5.1 (multipart), RFC 9110 section 8.3.1 (media types)
 */

export interface MediaType {
  /** Small letters, without parameters: "multipart/related". */
  readonly type: string;
  /** By their names in small letters; quotes around values are taken off. */
  readonly parameters: ReadonlyMap<string, string>;
}

export interface BodyPart {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

const LIMITS = { typeChars: 1024, parts: 16, headerBytes: 8 * 1024, boundaryChars: 200 } as const;

export function parseMediaType(text: string): MediaType {
  const parameters = new Map<string, string>();
  const [type = '', rest = ''] = splitAt(text.slice(0, LIMITS.typeChars), ';');
  for (const [, name = '', quoted, plain = ''] of rest.matchAll(/([^\s;=]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/g))
    if (!parameters.has(name.toLowerCase()))
      parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain);
  return { type: type.trim().toLowerCase(), parameters };
}

/**
 * The parts of a body, views of it. Undefined where it is not what its boundary says: no boundary, no part, more parts or
 * longer headers than anyone sends, or no end.
 */
export function parseMultipart(body: Uint8Array, boundary: string): BodyPart[] | undefined {
  if (boundary === '' || boundary.length > LIMITS.boundaryChars) return undefined;
  const delimiter = Uint8Array.from(`\r\n--${boundary}`, (char) => char.charCodeAt(0) & 0xff);
  // The first delimiter may open the body.
  const opens = delimiter.subarray(2).every((byte, i) => body[i] === byte);
  let at = opens ? -2 : find(body, delimiter, 0);
  const parts: BodyPart[] = [];
  while (at !== undefined) {
    const after = at + delimiter.length;
    if (body[after] === 0x2d && body[after + 1] === 0x2d) return parts.length > 0 ? parts : undefined;
    const headers = headersAt(body, after);
    if (headers === undefined || parts.length === LIMITS.parts) return undefined;
    const end = find(body, delimiter, Math.max(after, headers.end - 2));
    if (end === undefined) return undefined;
    // A part without bytes ends where its headers do.
    parts.push({ contentType: headers.contentType, bytes: body.subarray(headers.end, Math.max(headers.end, end)) });
    at = end;
  }
  return undefined;
}

/** The headers of a part, and where its bytes begin: from the end of the delimiter's line to the empty line. */
function headersAt(
  body: Uint8Array,
  start: number,
): { readonly contentType: string; readonly end: number } | undefined {
  const text = new TextDecoder('latin1').decode(body.subarray(start, start + LIMITS.headerBytes));
  const blank = text.indexOf('\r\n\r\n');
  if (blank < 0) return undefined;
  const [padding = '', ...lines] = text.slice(0, blank).split('\r\n');
  if (padding.trim() !== '') return undefined;
  for (const line of lines) {
    const [name, value] = splitAt(line, ':');
    if (name.trim().toLowerCase() === 'content-type') return { contentType: value.trim(), end: start + blank + 4 };
  }
  return { contentType: '', end: start + blank + 4 };
}

function find(body: Uint8Array, wanted: Uint8Array, from: number): number | undefined {
  const [first = 0] = wanted;
  for (let at = body.indexOf(first, from); at >= 0; at = body.indexOf(first, at + 1)) {
    let i = 1;
    while (i < wanted.length && body[at + i] === wanted[i]) i++;
    if (i === wanted.length) return at;
  }
  return undefined;
}

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
