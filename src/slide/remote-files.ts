/** A slide by its address: its own file by ranges, and what lies beside it as it is asked for. */
import { AppError } from '../errors.ts';
import { parseAddress } from './address.ts';
import { fetchSmall, HTTP_LIMITS, type HttpLimits, httpSource } from './http-source.ts';
import type { SlideFiles } from './slide.ts';

/**
 * Nothing but this address, and addresses below it that the slide itself is made of, is ever asked for.
 * @throws usage when it is no web address; slide/unsupported for DICOMweb; slide/read-failed
 */
export async function remoteFiles(
  address: string,
  signal?: AbortSignal,
  limits: HttpLimits = HTTP_LIMITS,
): Promise<SlideFiles> {
  const url = parseAddress(address);
  if (DICOMWEB.test(url.pathname))
    throw new AppError({ code: 'slide/unsupported', format: 'DICOMweb', feature: 'slides on a DICOMweb server' });
  const main = await httpSource(url.href, signal, limits);
  return {
    main,
    find: () => undefined,
    list: () => [main.name],
    readWhole: (path, maxBytes, stop) => fetchSmall(beside(url, path).href, maxBytes, stop, limits),
  };
}

/** WADO-RS: a study, a series or what is in it. @see DICOM PS3.18 section 10.4 */
const DICOMWEB = /\/studies\/[\d.]+(\/|$)/;

/** An address in the folder of another, with its query: some servers want a key there. */
function beside(url: URL, path: string): URL {
  // Commas are part of IIIF's own syntax and may stand in a path.
  const encoded = path.split('/').map((part) => encodeURIComponent(part).replaceAll('%2C', ','));
  const found = new URL(`./${encoded.join('/')}`, url);
  found.search = url.search;
  return found;
}
