/** Attributes of a DICOM data set, whichever way it is written down: as a file (PS3.10) or as JSON (PS3.18 annex F). */

/** An attribute by its number (8 hex digits) and its value representation: a file of implicit VR does not say it. */
export interface Tag {
  readonly id: string;
  readonly vr: 'CS' | 'UI' | 'LO' | 'SH' | 'ST' | 'IS' | 'DS' | 'US' | 'UL' | 'SL' | 'FL' | 'SQ' | 'OB';
}

/** Bytes that came along, or where they can be asked for. */
export type Binary = { readonly bytes: Uint8Array } | { readonly address: string };

export interface Attributes {
  /** All values with '\' between them, trimmed; undefined where there is none. */
  text(tag: Tag): string | undefined;
  /** The first value; NaN where it is no number, undefined where there is none. */
  number(tag: Tag): number | undefined;
  /** The items of a sequence; none where it is absent. */
  items(tag: Tag): readonly Attributes[];
  binary(tag: Tag): Binary | undefined;
}
