/** What an ICC profile says of itself, read before any library touches it. */
import type { ColorProfile } from './slide.ts';

/** The colours that screens offer. */
export type ScreenSpace = 'srgb' | 'display-p3';

export const PROFILE_LIMITS = {
  /** Scanners write up to half a megabyte. */
  bytes: 8 * 2 ** 20,
  tags: 256,
  nameChars: 80,
} as const;

const HEADER_BYTES = 128;
const TAG_BYTES = 12;
const DESCRIPTION = 'desc';

/**
 * The name of a profile, and why it cannot be applied to RGB pixels, if so. Never throws: a slide with a broken profile is
 * still a slide.
 * @see ICC.1:2022 sections 7.2 (header), 10.15 (multiLocalizedUnicodeType); ICC.1:2001-04 section 6.5.17 (textDescription)
 */
export function describeProfile(bytes: Uint8Array): ColorProfile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number, length: number) => String.fromCharCode(...bytes.subarray(at, at + length));
  if (bytes.length < HEADER_BYTES + 4 || text(36, 4) !== 'acsp')
    return { name: 'unnamed', problem: 'it is no ICC profile' };
  const name = nameOf(view, text) ?? 'unnamed';
  const space = text(16, 4).trim();
  if (space !== 'RGB') return { name, problem: `it is for ${space || 'unknown'} pixels and not for RGB` };
  if (view.getUint32(0) > bytes.length) return { name, problem: 'its end is missing' };
  return { name, problem: undefined };
}

/** The intent that the maker of the profile prefers, 0 (perceptual) to 3 (absolute colorimetric). */
export function renderingIntent(bytes: Uint8Array): number {
  const intent = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(64);
  return intent <= 3 ? intent : 0;
}

function nameOf(view: DataView, text: (at: number, length: number) => string): string | undefined {
  const count = Math.min(view.getUint32(HEADER_BYTES), PROFILE_LIMITS.tags);
  for (let i = 0; i < count; i++) {
    const entry = HEADER_BYTES + 4 + i * TAG_BYTES;
    if (entry + TAG_BYTES > view.byteLength) return undefined;
    if (text(entry, 4) !== DESCRIPTION) continue;
    const at = view.getUint32(entry + 4);
    if (at + 28 > view.byteLength) return undefined;
    const name = text(at, 4) === 'mluc' ? unicodeName(view, at) : text(at + 12, Math.min(view.getUint32(at + 8), 256));
    const clean = name.replace(/\p{C}/gu, ' ').replace(/\s+/g, ' ').trim().slice(0, PROFILE_LIMITS.nameChars);
    return clean === '' ? undefined : clean;
  }
  return undefined;
}

/** The first of the names in several languages. */
function unicodeName(view: DataView, at: number): string {
  const start = at + view.getUint32(at + 24);
  const end = Math.min(start + Math.min(view.getUint32(at + 20), 512), view.byteLength - 1);
  let name = '';
  for (let i = start; i + 1 < end + 1 && i + 1 < view.byteLength; i += 2)
    name += String.fromCharCode(view.getUint16(i));
  return name;
}
