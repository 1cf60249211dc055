/** Where the project lies, for the source tree and for the bundle below node_modules alike. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { assert } from '../errors.ts';

/** Absolute path of the folder with milscope's package.json. */
export function projectRoot(): string {
  let folder = import.meta.dirname;
  for (;;) {
    const file = path.join(folder, 'package.json');
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'milscope') return folder;
    const above = path.dirname(folder);
    assert(above !== folder, 'the command line runs outside of its project');
    folder = above;
  }
}
