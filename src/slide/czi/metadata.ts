/** What the XML of a CZI says of the slide: pixel size, objective, channels. */
import type { Color } from '../channel-view.ts';
import { attribute, child, children, parseXml, textOf, type XmlElement } from '../xml.ts';

export interface CziChannel {
  /** '' where there is none. */
  readonly name: string;
  readonly color: Color | undefined;
  /** What is shown of it: shares of the full range of the samples. */
  readonly display: { readonly low: number; readonly high: number } | undefined;
}

export interface CziMetadata {
  /** Metres per pixel of the scanner in x and y; NaN where it is not stated. */
  readonly spacing: readonly [number, number];
  readonly objectivePower: number | undefined;
  /** Of the camera: bits that 16-bit samples use. */
  readonly bitCount: number;
  /** By the number that the subblocks give them. */
  readonly channels: readonly CziChannel[];
  readonly properties: Readonly<Record<string, string>>;
}

/** `xml` is '' where the file has none. @throws slide/corrupt */
export function parseMetadata(xml: string): CziMetadata {
  const metadata = xml === '' ? undefined : child(parseXml(xml, 'its metadata'), 'ImageDocument', 'Metadata');
  return {
    spacing: [distance(metadata, 'X'), distance(metadata, 'Y')],
    objectivePower: objectivePower(metadata),
    bitCount: Number(textOf(child(metadata, 'Information', 'Image', 'ComponentBitCount'))) || 16,
    channels: channelsOf(metadata),
    properties: propertiesOf(metadata),
  };
}

function distance(metadata: XmlElement | undefined, axis: string): number {
  const distances = children(child(metadata, 'Scaling', 'Items'), 'Distance');
  const own = distances.find((one) => attribute(one, 'Id') === axis);
  return Number(textOf(child(own, 'Value')) ?? Number.NaN);
}

function objectivePower(metadata: XmlElement | undefined): number | undefined {
  const id = attribute(child(metadata, 'Information', 'Image', 'ObjectiveSettings', 'ObjectiveRef'), 'Id');
  const objectives = children(child(metadata, 'Information', 'Instrument', 'Objectives'), 'Objective');
  const own = objectives.find((one) => attribute(one, 'Id') === id);
  const power = Number(textOf(child(own, 'NominalMagnification')));
  return Number.isFinite(power) && power > 0 ? power : undefined;
}

/** Name, colour and range of each channel: the display settings before the description of the image. */
function channelsOf(metadata: XmlElement | undefined): CziChannel[] {
  const image = children(child(metadata, 'Information', 'Image', 'Dimensions', 'Channels'), 'Channel');
  const display = children(child(metadata, 'DisplaySetting', 'Channels'), 'Channel');
  return image.map((channel) => {
    const shown = display.find((one) => attribute(one, 'Id') === attribute(channel, 'Id'));
    const number = (name: string) => {
      const text = textOf(child(shown, name));
      const value = text === undefined ? Number.NaN : Number(text);
      return Number.isFinite(value) ? value : undefined;
    };
    const [low, high] = [number('Low'), number('High')];
    return {
      name: attribute(channel, 'Name') ?? '',
      color: colorOf(textOf(child(shown, 'Color'))) ?? colorOf(textOf(child(channel, 'Color'))),
      display: low === undefined && high === undefined ? undefined : { low: low ?? 0, high: high ?? 1 },
    };
  });
}

/** "#AARRGGBB" or "#RRGGBB". */
function colorOf(text: string | undefined): Color | undefined {
  const [, digits] = /^#(?:[0-9a-f]{2})?([0-9a-f]{6})$/i.exec(text?.trim() ?? '') ?? [];
  if (digits === undefined) return undefined;
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function propertiesOf(metadata: XmlElement | undefined): Record<string, string> {
  const properties: Record<string, string> = {};
  const add = (name: string, value: string | undefined) => {
    if (value) properties[`zeiss.${name}`] = value;
  };
  const information = child(metadata, 'Information');
  add('AcquisitionDateAndTime', textOf(child(information, 'Image', 'AcquisitionDateAndTime')));
  add('PixelType', textOf(child(information, 'Image', 'PixelType')));
  add('Application', textOf(child(information, 'Application', 'Name')));
  add('ObjectiveName', textOf(child(metadata, 'Scaling', 'AutoScaling', 'ObjectiveName')));
  return properties;
}
