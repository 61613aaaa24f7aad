/** `node scripts/bundle.ts FOLDER` bundles a compiled service. */
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';

/** What is found at run time, if it is there: Nest asks for more than the service has, and the rest has files of its own. */
export const optional = [
  '@fastify/multipart',
  '@fastify/static',
  '@fastify/view',
  '@nestjs/microservices',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'class-transformer/storage',
  'pg-native',
  're2js',
];

/** The folder of the pages, whose files are no modules of the service. */
const pages = fileURLToPath(new URL('../src/odata/pages', import.meta.url));

/** The notices that the licences of what is bundled ask for. */
function noticesOf({ inputs }: Metafile): string {
  const folders = new Set<string>();
  for (const path of Object.keys(inputs)) {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^./][^/]*/.exec(path) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  const notices = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
      string,
      string
    >;
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
    return `${name} ${version} (${license})\n\n${text}`;
  });
  return notices.join('\n---\n\n');
}

/**
 * Types are named as their classes, so these keep their names where two of different files have the same. Functions need not:
 * to name each that a request makes would be a sixth of what a read costs.
 */
export function namingClasses(code: string): string {
  return code
    .replace(/^var __name = .*$/m, 'var __name = (target) => target;')
    .replaceAll(/__name\(this, (".*?")\)/g, 'Object.defineProperty(this, "name", { value: $1, configurable: true })');
}

/**
 * With a sign outside of ASCII, in a comment or a pattern, V8 would keep all of a file with two bytes for each of its own,
 * and take longer to read it; where such a sign may stand esbuild has escaped it in texts already.
 */
export function inAscii(code: string): string {
  return code.replaceAll(/[\u0080-\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Has `node:http` required where it is imported: an import reads all members of a module, and some of its are all of `fetch`,
 * which is loaded when they are read. It was a tenth of a start.
 */
export const requiredHttp: Plugin = {
  name: 'required-http',
  setup(bundler) {
    bundler.onResolve({ filter: /^(?:node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { namespace: 'required', path: 'node:http' } : undefined,
    );
    bundler.onLoad({ filter: /^/, namespace: 'required' }, () => ({
      contents: "module.exports = require('node:http');",
    }));
  },
};

/** How everything is bundled that Node runs. */
export const bundling = {
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  keepNames: true,
  write: false,
  external: optional.flatMap((name) => [name, `${name}/*`]),
  // Packages of CommonJS ask for Node's modules by it.
  banner: {
    js: "import { createRequire as $require } from 'node:module'; const require = $require(import.meta.url);",
  },
  logLevel: 'error',
} as const satisfies BuildOptions;

/**
 * Makes a few files of the compiled service and of the packages that it uses: loading hundreds is most of what a start
 * takes. The entry points in the folder are replaced, what they share stands in `service`; the folder's other files are
 * left as they are, for those who compile against the engine.
 * @param folder of the compiled service
 */
export async function bundle(folder: string): Promise<void> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: process.cwd(),
    entryPoints: Object.fromEntries([
      ...['main.js', ...globSync('commands/*.js', { cwd: folder })].map((file) => [
        file.slice(0, -'.js'.length),
        join(folder, file),
      ]),
      ['service/sqlite-worker', join(folder, 'odata/store/sqlite/sqlite-worker.js')],
    ]),
    outdir: folder,
    allowOverwrite: true,
    ...bundling,
    plugins: [requiredHttp],
    chunkNames: 'service/[name]-[hash]',
    legalComments: 'none',
    metafile: true,
  });
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, inAscii(namingClasses(text)));
  }
  writeFileSync(join(folder, 'service/NOTICES.txt'), noticesOf(metafile));
  // Files that pages read from beside them.
  for (const file of globSync(`${pages}/**/*.{html,css,js}`))
    cpSync(file, join(folder, 'service', relative(pages, file)));
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('Usage: node scripts/bundle.ts FOLDER');
  await bundle(folder);
}
