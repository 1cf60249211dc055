/** A slide by its address: its own file by ranges, and what lies beside it as it is asked for. */
import { parseAddress } from './address.ts';
import { dicomWebFiles, parseDicomWeb } from './dicom/web-service.ts';
import { HTTP_LIMITS, type HttpLimits } from './http-request.ts';
import { fetchSmall, httpSource } from './http-source.ts';
import type { SlideFiles } from './slide.ts';

/**
 * Nothing but this address, and addresses below it that the slide itself is made of, is ever asked for. Of a DICOMweb series
 * the addresses are those below its service.
 * @throws usage when it is no web address, or one of several slides on a DICOMweb server; slide/read-failed
 */
export async function remoteFiles(
  address: string,
  signal?: AbortSignal,
  limits: HttpLimits = HTTP_LIMITS,
): Promise<SlideFiles> {
  const url = parseAddress(address);
  const dicomWeb = parseDicomWeb(url);
  if (dicomWeb) return dicomWebFiles(url, dicomWeb, signal, limits);
  const main = await httpSource(url.href, signal, limits);
  return {
    main,
    find: () => undefined,
    list: () => [main.name],
    readWhole: (path, maxBytes, stop) => fetchSmall(beside(url, path).href, maxBytes, stop, limits),
  };
}

/** An address in the folder of another, with its query: some servers want a key there. */
function beside(url: URL, path: string): URL {
  // Commas are part of IIIF's own syntax and may stand in a path.
  const encoded = path.split('/').map((part) => encodeURIComponent(part).replaceAll('%2C', ','));
  const found = new URL(`./${encoded.join('/')}`, url);
  found.search = url.search;
  return found;
}
