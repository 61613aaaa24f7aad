/**
 * Prints what a build of the service is made of, as CycloneDX (https://cyclonedx.org/docs/1.6/json/): the packages of the lock
 * file that its dependencies and peer dependencies lead to. `npm sbom --omit=dev` leaves out those that tools need as well.
 */
import { readFileSync } from 'node:fs';

/** An entry of the lock file. */
interface Locked {
  readonly name?: string;
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

function entryAt(path: string): Locked {
  const entry = packages[path];
  if (entry === undefined) throw new Error(`package-lock.json has no '${path}'`);
  return entry;
}

/** Where a package finds another: inside of itself, or of what it is in. */
function resolve(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') return undefined;
  }
}

/** Those that a package needs; of the optional ones those that are locked. */
function neededBy(path: string): readonly string[] {
  const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta = {} } = entryAt(path);
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  const names = new Set([...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]);
  return [...names].map((name) => resolve(path, name)).filter((found) => found !== undefined);
}

/** Everything that the service leads to, in the order of their paths. */
function reached(): readonly string[] {
  const found = new Set<string>();
  const waiting = [...neededBy('')];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    waiting.push(...neededBy(path));
  }
  return [...found].sort();
}

const nameOf = (path: string): string => entryAt(path).name ?? path.slice(path.lastIndexOf('node_modules/') + 13);
/** Package URL (https://github.com/package-url/purl-spec): what others know the package by. */
const urlOf = (path: string): string => `pkg:npm/${nameOf(path).replace('@', '%40')}@${entryAt(path).version}`;

function componentOf(path: string, type: 'application' | 'library'): object {
  const { version, license, integrity } = entryAt(path);
  const [algorithm = '', digest = ''] = integrity?.split('-') ?? [];
  return {
    type,
    'bom-ref': urlOf(path),
    name: nameOf(path),
    version,
    purl: urlOf(path),
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    ...(digest === ''
      ? {}
      : {
          hashes: [{ alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(digest, 'base64').toString('hex') }],
        }),
  };
}

// One package may be there twice in one version, at two places.
const paths = [...new Map(reached().map((path) => [urlOf(path), path])).values()];
const sbom = {
  $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: { component: componentOf('', 'application') },
  components: paths.map((path) => componentOf(path, 'library')),
  dependencies: ['', ...paths].map((path) => ({
    ref: urlOf(path),
    dependsOn: [...new Set(neededBy(path).map(urlOf))].sort(),
  })),
};
process.stdout.write(`${JSON.stringify(sbom, undefined, 2)}\n`);
