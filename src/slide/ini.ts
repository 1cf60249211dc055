/** INI files: sections of `key = value` lines, as scanners put beside their images. */

export type IniSections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Sections of an INI file by name; the first of two equal keys counts. */
export function parseIni(text: string): IniSections {
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const name = /^\s*\[(.*)\]\s*$/.exec(line)?.[1];
    const at = line.indexOf('=');
    if (name !== undefined) {
      current = sections.get(name) ?? new Map();
      sections.set(name, current);
    } else if (current && at > 0) {
      const key = line.slice(0, at).trim();
      if (!current.has(key)) current.set(key, line.slice(at + 1).trim());
    }
  }
  return sections;
}
