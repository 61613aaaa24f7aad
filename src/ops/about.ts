import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Which program this is. */
export interface About {
  readonly version: string;
  /** Of the sources that it was built from; undefined where the build did not know. */
  readonly commit: string | undefined;
}

/** The nearest file of a name in the folders above this one: compiled or not, from an image or a checkout. */
function nearest(name: string, from: string): string | undefined {
  for (let folder = new URL('.', from); ; folder = new URL('..', folder)) {
    const file = new URL(name, folder);
    if (existsSync(file)) return readFileSync(file, 'utf8');
    if (fileURLToPath(folder) === fileURLToPath(new URL('..', folder))) return undefined;
  }
}

function read(): About {
  const { version } = JSON.parse(nearest('package.json', import.meta.url) ?? '{}') as { version?: string };
  const revision = nearest('revision.txt', import.meta.url)?.trim();
  return { version: version ?? 'unknown', commit: revision === '' ? undefined : revision };
}

export const about: About = read();
