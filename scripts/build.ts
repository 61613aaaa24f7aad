/**
 * Builds the service: `node scripts/build.ts [--unless-built]`. It is built where a build has succeeded that began after the
 * last change of everything that it is made of.
 */
import { spawnSync } from 'node:child_process';
import { globSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
/** In the folder that each build deletes first: a build that fails leaves none. */
const mark = `${root}dist/.built`;

/** Folders too, because what was renamed or removed changes nothing else. */
function sources(): readonly string[] {
  const settings = ['nest-cli.json', 'package-lock.json', 'package.json', 'tsconfig.build.json', 'tsconfig.json'];
  return [...settings, 'src', ...globSync('src/**', { cwd: root })];
}

function isBuilt(): boolean {
  const built = statSync(mark, { throwIfNoEntry: false })?.mtimeMs;
  return built !== undefined && sources().every((path) => statSync(`${root}${path}`).mtimeMs < built);
}

function build(): number {
  const begun = new Date();
  const nest = `${root}node_modules/@nestjs/cli/bin/nest.js`;
  const { status } = spawnSync(process.execPath, [nest, 'build'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) return status ?? 1;
  writeFileSync(mark, '');
  utimesSync(mark, begun, begun);
  return 0;
}

if (!process.argv.includes('--unless-built') || !isBuilt()) {
  process.stderr.write('building …\n');
  process.exitCode = build();
}
