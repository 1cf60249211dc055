/** XML of slide metadata: bounded, no entities of its own, attributes and text alike as strings. */
import { XMLParser } from 'fast-xml-parser';
import { AppError } from '../errors.ts';

const LIMIT_CHARS = 8 * 2 ** 20;

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
  if (text.length > LIMIT_CHARS) throw corrupt();
  try {
    return parser.parse(text.replace(/^\uFEFF/, '')) as XmlElement;
  } catch (cause) {
    throw corrupt(cause);
  }
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
