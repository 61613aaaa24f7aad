/** The packages that the tests of the application import, as a few files: jest reads, resolves and compiles each file anew. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build, transform } from 'esbuild';
import { bundling, namingClasses, optional } from './bundle.ts';

const imported = /(?:from |import |import\()'((?:@[\w-]+\/)?[\w-]+)(\/[^']*)?'/g;

/** What the sources import of the packages that they depend on, and what tests are written with. */
function importedPackages(): readonly string[] {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, object>;
  const known = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
  const files = globSync('src/**/*.ts', { exclude: ['src/**/*.spec.ts'] });
  const found = files
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(imported)])
    .filter(([, name = '']) => known.has(name))
    .map(([, name = '', rest = '']) => name + rest);
  return [...new Set([...found, '@nestjs/testing', 'fast-check'])].filter((name) => !optional.includes(name)).sort();
}

/** A module that exports what Node finds in a package, whether that is of ES modules or of CommonJS. */
async function exporting(name: string): Promise<string> {
  const found = Object.keys((await import(name)) as object).filter((key) =>
    /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key),
  );
  return found.length === 0 ? `import '${name}';` : `export { ${found.join(', ')} } from '${name}';`;
}

async function bundleInto(folder: string, names: readonly string[]): Promise<void> {
  for (const [at, name] of names.entries()) writeFileSync(join(folder, `entry-${at}.mjs`), await exporting(name));
  const { outputFiles } = await build({
    entryPoints: Object.fromEntries(names.map((_, at) => [String(at), join(folder, `entry-${at}.mjs`)])),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    ...bundling,
  });
  for (const { path, text } of outputFiles) {
    const { code } = await transform(namingClasses(text), { minifyWhitespace: true, legalComments: 'none' });
    writeFileSync(path, code);
  }
}

/**
 * Bundles the packages once for a lock file; each stays one module, whoever imports it, as it would be.
 * @returns for jest: where it finds them, by patterns of their names
 */
export async function bundledPackages(): Promise<Record<string, string>> {
  const names = importedPackages();
  const hash = createHash('sha256').update(names.join());
  for (const file of ['package-lock.json', import.meta.filename, 'scripts/bundle.ts']) hash.update(readFileSync(file));
  const cache = resolve('node_modules/.cache');
  const folder = join(cache, `packages-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const own = mkdtempSync(join(cache, 'bundling-'));
    await bundleInto(own, names);
    try {
      renameSync(own, folder);
    } catch {
      rmSync(own, { recursive: true, force: true });
    }
  }
  return Object.fromEntries(names.map((name, at) => [`^${name.replaceAll('.', '\\.')}$`, join(folder, `${at}.mjs`)]));
}
