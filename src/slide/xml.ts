/** XML of slide metadata: bounded, no entities of its own, attributes and text alike as strings. */
import { XMLParser } from 'fast-xml-parser';
import { AppError } from '../errors.ts';

/**
 * What fast-xml-parser needs for a character, a tag and an attribute, µs, measured on a slow machine; and what a document may
 * need, so that nobody waits much longer than a second. The largest headers that scanners write (10,000 joints of tiles, 15,000
 * planes, megabytes of pictures in base64) need less.
 */
const COST_US = { char: 0.15, tag: 5, attribute: 6, document: 1_000_000 } as const;

const LESS_THAN = 0x3c;
const EQUALS = 0x3d;
const SLASH = 0x2f;

/** A parsed element: attributes by name with '@' before it, children by name as lists, text under '#text'. */
export interface XmlElement {
  readonly [name: string]: string | readonly (XmlElement | string)[] | undefined;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: { enabled: true, maxTotalExpansions: 10_000, maxExpandedLength: 1_000_000 },
  isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
});

/** Parses a document; `what` stands in the error. @throws slide/corrupt */
export function parseXml(text: string, what: string): XmlElement {
  const corrupt = (cause?: unknown) =>
    new AppError(
      { code: 'slide/corrupt', where: `${what} is not valid XML` },
      cause === undefined ? undefined : { cause },
    );
  if (isTooCostly(text)) throw new AppError({ code: 'slide/corrupt', where: `${what} is longer than that of a slide` });
  try {
    return parser.parse(text.replace(/^\uFEFF/, '')) as XmlElement;
  } catch (cause) {
    throw corrupt(cause);
  }
}

/** Estimated before anything is parsed. */
function isTooCostly(text: string): boolean {
  let cost = text.length * COST_US.char;
  if (cost > COST_US.document) return true;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === LESS_THAN && text.charCodeAt(i + 1) !== SLASH) cost += COST_US.tag;
    else if (code === EQUALS) cost += COST_US.attribute;
  }
  return cost > COST_US.document;
}

/** Child elements of a name; an element that holds text only comes as `{ '#text': … }`. */
export function children(element: XmlElement | undefined, name: string): XmlElement[] {
  const found = element?.[name];
  if (found === undefined || typeof found === 'string') return [];
  return found.map((one) => (typeof one === 'string' ? { '#text': one } : one));
}

/** The first child along a path of names. */
export function child(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((at, name) => children(at, name)[0], element);
}

export function attribute(element: XmlElement | undefined, name: string): string | undefined {
  const value = element?.[`@${name}`];
  return typeof value === 'string' ? value : undefined;
}

/** A finite number of an attribute. */
export function numberAttribute(element: XmlElement | undefined, name: string): number | undefined {
  const text = attribute(element, name);
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

export function textOf(element: XmlElement | undefined): string | undefined {
  const value = element?.['#text'];
  if (typeof value === 'string') return value;
  const [first] = value ?? [];
  return typeof first === 'string' ? first : undefined;
}
