/**
 * A series on a DICOMweb server: its metadata asked for once, its frames as they are looked at. Asked for below the address
 * of the service and nowhere else. The requests are our own and not those of the package dicomweb-client: that needs
 * XMLHttpRequest, which Node has not, and knows no limits, no repeats and no stop past them.
 *
 * @see DICOM PS3.18 sections 8.3 (QIDO-RS queries), 10.4 (WADO-RS retrieve), 10.6 (QIDO-RS search)
 */
import { AppError } from '../../errors.ts';
import { fetchAnswer, type HttpLimits, type Question, readFailed } from '../http-request.ts';
import { memorySource } from '../http-source.ts';
import type { SlideFiles } from '../slide.ts';
import { concat } from '../tiff/tile-bytes.ts';
import { turns } from '../turns.ts';
import type { Attributes, Tag } from './attributes.ts';
import { isDicomJson, METADATA_BYTES, parseDataSets } from './json-model.ts';

const JSON_FORM = 'application/dicom+json';
/**
 * Forms of frames, in the order in which they are tried until one is understood: always as stored. The first has no quotes
 * around its type, as most servers allow, so that a browser need not ask for permission before each frame.
 */
const FRAME_FORMS = [
  'multipart/related; type=application/octet-stream; transfer-syntax=*',
  'multipart/related; type="application/octet-stream"; transfer-syntax=*',
  [
    ...['image/jpeg', 'image/jp2', 'image/jls', 'image/dicom-rle'].map((type) => `multipart/related; type="${type}"`),
    'application/octet-stream; transfer-syntax=*',
    '*/*;q=0.1',
  ].join(', '),
] as const;
/** Answers that say: not in this form. */
const OTHER_FORM = [400, 406, 415];
/** Answers of servers that know no metadata of a series, but of instances. */
const NO_METADATA = [400, 404, 405, 406, 501];

const LIMITS = {
  /** At a time: browsers allow six connections to a server. */
  requests: 6,
  searchBytes: 4 * 2 ** 20,
  instances: 4096,
  /** Series listed in an error. */
  listed: 10,
} as const;

const TAG = {
  modality: { id: '00080060', vr: 'CS' },
  sopInstance: { id: '00080018', vr: 'UI' },
  study: { id: '0020000D', vr: 'UI' },
  series: { id: '0020000E', vr: 'UI' },
} as const satisfies Readonly<Record<string, Tag>>;

/** What an address of a DICOMweb service names: a series, a study, or the service itself. */
export interface DicomWebAddress {
  /** Path of the service, without a slash at its end. */
  readonly root: string;
  readonly study: string | undefined;
  readonly series: string | undefined;
}

/** Undefined for an address of anything else. */
export function parseDicomWeb({ pathname }: URL): DicomWebAddress | undefined {
  const resource =
    /^(.*)\/studies\/([\d.]{1,64})(?:\/series\/([\d.]{1,64}))?(?:\/(?:metadata|series|instances(?:\/[\d.]+(?:\/.*)?)?)?)?$/;
  const [, root = '', study, series] = resource.exec(pathname) ?? [];
  if (study !== undefined) return { root, study, series };
  const service = /^(.*\/(?:dicom-?web|(?:wado-|qido-)?rs))(?:\/(?:studies|series)?)?$/i.exec(pathname);
  return service ? { root: service[1] ?? '', study: undefined, series: undefined } : undefined;
}

/**
 * The series that an address names, or the one slide of its study or service.
 * @throws usage that lists the series where there are several; slide/read-failed
 */
export async function dicomWebFiles(
  url: URL,
  address: DicomWebAddress,
  signal: AbortSignal | undefined,
  limits: HttpLimits,
): Promise<SlideFiles> {
  const at = (path: string, search: Readonly<Record<string, string>> = {}): URL => {
    const found = new URL(url);
    found.pathname = `${address.root}/${path}`;
    // Some servers want a key in the query.
    for (const [name, value] of Object.entries(search)) found.searchParams.set(name, value);
    return found;
  };
  const askJson = async (place: URL, question: Pick<Question, 'name' | 'maxBytes' | 'expected'>) =>
    fetchAnswer(place.href, { ...question, accept: JSON_FORM, isFirst: true }, signal, limits);

  /** A search: the data sets found. Servers answer 204, or 404, or an empty list where there are none. */
  const search = async (path: string, query: Readonly<Record<string, string>>, name: string): Promise<Attributes[]> => {
    const answer = await askJson(at(path, query), { name, maxBytes: LIMITS.searchBytes, expected: [204, 404] });
    if (answer.status !== 200) return [];
    return parseDataSets(jsonOf(answer.bytes, answer.contentType, name));
  };

  const findSeries = async (): Promise<{ readonly study: string; readonly series: string }> => {
    if (address.study !== undefined && address.series !== undefined)
      return { study: address.study, series: address.series };
    const where = address.study === undefined ? `The service ${url.host}` : `Study ${address.study}`;
    const path = address.study === undefined ? 'series' : `studies/${address.study}/series`;
    const found = (await search(path, { Modality: 'SM' }, where)).flatMap((one) => {
      const series = one.text(TAG.series);
      const study = one.text(TAG.study) ?? address.study;
      // Not every server looks at what is asked for.
      return one.text(TAG.modality) === 'SM' && isUid(series) && isUid(study) ? [{ study, series }] : [];
    });
    const [only] = found;
    if (only === undefined) throw readFailed(where, 'the server has no slide (modality SM) there');
    if (found.length === 1) return only;
    const list = found.slice(0, LIMITS.listed).map((one) => at(`studies/${one.study}/series/${one.series}`).href);
    const more = found.length > list.length ? `, and ${found.length - list.length} more` : '';
    throw new AppError({
      code: 'usage',
      problem: `${where} has ${found.length} slides. Open one of them by its address: ${list.join(' , ')}${more} .`,
    });
  };

  const { study, series } = await findSeries();
  const folder = `studies/${study}/series/${series}`;
  const name = `Series ${series}`;

  const readMetadata = async (): Promise<Uint8Array> => {
    const whole = await askJson(at(`${folder}/metadata`), { name, maxBytes: METADATA_BYTES, expected: NO_METADATA });
    if (whole.status === 200) return jsonOf(whole.bytes, whole.contentType, name);
    const found = await search(`${folder}/instances`, {}, name);
    const instances = [...new Set(found.map((one) => one.text(TAG.sopInstance)))].filter(isUid);
    if (instances.length === 0) throw readFailed(name, `the server has no such series (${whole.status})`);
    if (instances.length > LIMITS.instances) throw readFailed(name, `the server lists ${instances.length} instances`);
    const take = turns(LIMITS.requests);
    let left = METADATA_BYTES;
    const lists = await Promise.all(
      instances.map((instance) =>
        take(async () => {
          const question = { name: `Instance ${instance}`, maxBytes: left, expected: [] };
          const answer = await askJson(at(`${folder}/instances/${instance}/metadata`), question);
          left -= answer.bytes.length;
          if (left < 0) throw readFailed(name, `the server sent more than ${METADATA_BYTES} bytes for it`);
          return jsonOf(answer.bytes, answer.contentType, question.name);
        }, signal),
      ),
    );
    return joined(lists);
  };

  const metadata = await readMetadata();
  if (!isDicomJson(metadata)) throw readFailed(name, 'the server has no image in it');
  const main = memorySource(series, metadata);
  const take = turns(LIMITS.requests);
  const base = at(`${folder}/`);
  const below = at('').pathname;
  /** The form that this server understood. */
  let form = 0;
  let isFirst = true;
  return {
    main,
    find: () => undefined,
    list: () => [main.name],
    async readRemote(path, what, maxBytes, stop) {
      const named = URL.canParse(path, base) ? new URL(path, base) : undefined;
      if (!named?.pathname.startsWith(below))
        throw readFailed(what, 'it does not lie below the address of the service, and nothing else is asked');
      // A server behind another often calls itself by a name of its own: the one that a person gave is asked.
      const place = new URL(named.pathname + named.search, base.origin);
      if (place.search === '') place.search = url.search;
      return take(async () => {
        for (let tried = form; ; tried++) {
          const question = {
            name: what,
            accept: FRAME_FORMS[tried] ?? '*/*',
            maxBytes,
            expected: isFirst && tried + 1 < FRAME_FORMS.length ? OTHER_FORM : [],
            isFirst,
          };
          const { status, contentType, bytes } = await fetchAnswer(place.href, question, stop, limits);
          if (status !== 200) continue;
          form = tried;
          isFirst = false;
          return { contentType, bytes };
        }
      }, stop);
    },
  };
}

function isUid(text: string | undefined): text is string {
  return text !== undefined && /^[\d.]{1,64}$/.test(text);
}

/** The bytes, where they can be DICOM JSON. @throws slide/read-failed that says what came instead */
function jsonOf(bytes: Uint8Array, contentType: string, name: string): Uint8Array {
  const isEmpty = /^\s*\[\s*\]\s*$/.test(new TextDecoder('latin1').decode(bytes.subarray(0, 64)));
  if (isDicomJson(bytes) || isEmpty) return bytes;
  const what = contentType.split(';')[0]?.trim() || 'something else';
  const advice = /html/.test(what) ? '; it may be the address of a viewer, give that of its DICOMweb service' : '';
  throw readFailed(name, `the server sent ${what} and no DICOM JSON${advice}`);
}

/** Lists of JSON, each in its brackets, as one list. */
function joined(lists: readonly Uint8Array[]): Uint8Array {
  const encode = (text: string) => new TextEncoder().encode(text);
  const inner = lists
    .map((list) => list.subarray(list.indexOf(0x5b) + 1, list.lastIndexOf(0x5d)))
    .filter((list) => list.length > 0);
  return concat([encode('['), ...inner.flatMap((list, i) => (i === 0 ? [list] : [encode(','), list])), encode(']')]);
}
