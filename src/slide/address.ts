/** Web addresses of slides. */
import { AppError } from '../errors.ts';

/** @throws usage when it is no address of the web */
export function parseAddress(address: string): URL {
  const text = address.trim();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new AppError({ code: 'usage', problem: `${text || 'Nothing'} is not a web address (https://…).` });
  url.hash = '';
  return url;
}

/** The last part of an address, as a person reads it. */
export function nameOfUrl(url: string): string {
  const { pathname, hostname } = new URL(url);
  const last = pathname.split('/').findLast((part) => part !== '') ?? '';
  try {
    return decodeURIComponent(last) || hostname;
  } catch {
    return last;
  }
}
