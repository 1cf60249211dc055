/**
 * A DICOMweb server on this machine for the tests: QIDO-RS and WADO-RS of the files given to it, as strict as the standard
 * and as loose as servers are, and misbehaving as told.
 * @see DICOM PS3.18 sections 10.4, 10.6
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HTTP_LIMITS } from '../slide/http-request.ts';
import { openSlide } from '../slide/open.ts';
import { remoteFiles } from '../slide/remote-files.ts';
import type { Slide } from '../slide/slide.ts';
import { onePart, type ServedInstance, servedInstance } from './dicom-json.ts';

export interface DicomWebServer {
  /** Of the service, without a slash at the end. */
  readonly address: string;
  /** "GET path" in the order of arrival, the path within the service. */
  readonly requests: string[];
  /** Of the answers to frames, by the path of each. */
  readonly instances: ServedInstance[];
  sentBytes: number;
  /** How frames come: one part, the bytes alone, or parts whose headers do not say how they are coded. */
  frames: 'parts' | 'alone' | 'unstated';
  /** True for a server that knows only a type in quotes, as the grammar of parameters has it. */
  needsQuotes: boolean;
  /** False for one that has metadata of instances only. */
  hasSeriesMetadata: boolean;
  /** Whether (0008,3002) stands in the metadata. */
  tellsSyntax: boolean;
  /** Answers instead of the server where it gives true. */
  meddle: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Empty and well-behaved again. */
  reset(): void;
  /** Puts files there; binary attributes at addresses of their own where `bulk` says so. */
  store(files: Iterable<Uint8Array>, bulk?: (number: string) => string | undefined): void;
  /** The address of the series of the first file. */
  series(): string;
  close(): Promise<void>;
}

const ROOT = '/pacs/dicom-web';
const BOUNDARY = 'between parts';

const WELL_BEHAVED = {
  sentBytes: 0,
  frames: 'parts',
  needsQuotes: false,
  hasSeriesMetadata: true,
  tellsSyntax: true,
  meddle: undefined,
} as const;

/** The slide at an address; of a server that fails the attempts follow at once. */
export async function openAddress(address: string): Promise<Slide> {
  return openSlide(await remoteFiles(address, undefined, { ...HTTP_LIMITS, waitsMs: [5, 5] }));
}

export async function startDicomWebServer(): Promise<DicomWebServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice(ROOT.length);
    made.requests.push(`${request.method} ${path}`);
    if (made.meddle?.(request, response)) return;
    if (request.method !== 'GET') return void response.writeHead(405).end();
    const url = new URL(request.url ?? '', 'http://localhost');
    answer(url, request.headers.accept ?? '', response);
  });

  const send = (response: ServerResponse, contentType: string, body: Uint8Array) => {
    made.sentBytes += body.length;
    response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': body.length }).end(body);
  };
  const sendJson = (response: ServerResponse, json: unknown) =>
    send(response, 'application/dicom+json', Buffer.from(JSON.stringify(json)));

  const answer = (url: URL, accept: string, response: ServerResponse) => {
    const none = () => void response.writeHead(404).end();
    if (!url.pathname.startsWith(`${ROOT}/`)) return none();
    const parts = url.pathname.slice(ROOT.length + 1).split('/');
    const named = new Map<string, string>();
    while (['studies', 'series', 'instances', 'frames', 'bulk'].includes(parts[0] ?? '') && parts.length > 1)
      named.set(parts.shift() ?? '', parts.shift() ?? '');
    const [last = ''] = parts;
    const found = made.instances.filter(
      ({ study, series, uid }) =>
        study === (named.get('studies') ?? study) &&
        series === (named.get('series') ?? series) &&
        uid === (named.get('instances') ?? uid),
    );
    const [first] = found;
    if (!first) return none();
    const described = ({ json, transferSyntax }: ServedInstance) =>
      made.tellsSyntax ? { ...json, '00083002': { vr: 'UI', Value: [transferSyntax] } } : json;
    if (named.has('frames') || named.has('bulk')) {
      const bytes = first.frames[Number(named.get('frames')) - 1] ?? first.bulk.get(named.get('bulk') ?? '');
      if (!bytes) return none();
      const type = 'application/octet-stream';
      const isAsked = new RegExp(made.needsQuotes ? `type="${type}"` : `type="?${type}"?`).test(accept);
      if (!isAsked) return void response.writeHead(406).end();
      const isStated = named.has('frames') && made.frames !== 'unstated';
      const contentType = `${type}${isStated ? `; transfer-syntax=${first.transferSyntax}` : ''}`;
      if (made.frames === 'alone') return send(response, contentType, bytes);
      return send(
        response,
        `multipart/related; type="${type}"; boundary="${BOUNDARY}"`,
        onePart(contentType, bytes, BOUNDARY),
      );
    }
    if (!accept.includes('application/dicom+json')) return void response.writeHead(406).end();
    if (last === 'metadata') {
      if (!made.hasSeriesMetadata && !named.has('instances')) return void response.writeHead(501).end();
      return sendJson(response, found.map(described));
    }
    if (last === 'instances')
      return sendJson(
        response,
        found.map(({ json }) => ({ '00080018': json['00080018'] })),
      );
    if (last === 'series' && url.searchParams.get('Modality') === 'SM') {
      const series = new Map(found.map((one) => [one.series, one]));
      return sendJson(
        response,
        [...series.values()].map(({ json }) => ({
          '00080060': json['00080060'],
          '0020000D': json['0020000D'],
          '0020000E': json['0020000E'],
        })),
      );
    }
    return none();
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const made: DicomWebServer = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${ROOT}`,
    requests: [],
    instances: [],
    ...WELL_BEHAVED,
    reset() {
      made.requests.length = 0;
      made.instances.length = 0;
      Object.assign(made, WELL_BEHAVED);
    },
    store(files, bulk = () => undefined) {
      for (const file of files) made.instances.push(servedInstance(file, (_, number) => bulk(number)));
    },
    series() {
      const [first] = made.instances;
      return `${made.address}/studies/${first?.study}/series/${first?.series}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return made;
}
