import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

/** An object of Kubernetes, as a manifest has it. */
export type Manifest = Readonly<Record<string, any>>;

const packages: Readonly<Record<string, string>> = {
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
};
/** Members of a manifest itself. */
const members = /^(?:apiVersion|kind|metadata|spec|data|stringData)$/;

/** A value that remembers which of its members, however deep, were looked at; what was not is told by `unread`. */
class Watched {
  readonly #read = new Set<string>();

  of(value: unknown, path: string): unknown {
    if (typeof value !== 'object' || value === null) return value;
    return new Proxy(value, {
      get: (target, name, self) => {
        const found: unknown = Reflect.get(target, name, self);
        if (typeof name === 'symbol' || !Object.hasOwn(target, name)) return found;
        this.#read.add(`${path}/${name}`);
        return this.of(found, `${path}/${name}`);
      },
    });
  }

  unread(value: unknown, path: string): readonly string[] {
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([name, below]) => {
      const at = `${path}/${name}`;
      return this.#read.has(at) ? this.unread(below, at) : [`${at} is no member of it`];
    });
  }
}

/**
 * What is wrong with an object by the schema of its kind, members that the schema does not know included: a cluster refuses or
 * forgets those.
 */
export async function faultsOf(manifest: Manifest): Promise<readonly string[]> {
  const { apiVersion, kind, ...rest } = manifest as { apiVersion: string; kind: string };
  const [group = ''] = apiVersion.split('/');
  const module = `${packages[group] ?? 'kubernetes-models'}/${apiVersion}/${kind}`;
  const { [kind]: Model } = (await import(module)) as Record<string, new (data: object) => { validate(): void }>;
  const watched = new Watched();
  const data = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, watched.of(value, name)]));
  const faults = Object.keys(manifest).filter((name) => !members.test(name));
  try {
    // What is given to its constructor is copied, and so looked at.
    Object.assign(new Model!({}), data).validate();
  } catch (error) {
    faults.push((error as Error).message);
  }
  return [...faults, ...Object.entries(rest).flatMap(([name, value]) => watched.unread(value, name))];
}

/** The documents of a text of YAML, as a cluster reads it: by version 1.1. */
export function manifestsOf(text: string): readonly Manifest[] {
  return parseAllDocuments(text, { version: '1.1' })
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** Those of a file. */
export function manifestsIn(file: string): readonly Manifest[] {
  return manifestsOf(readFileSync(file, 'utf8'));
}
