/**
 * Builds the service: `node scripts/build.ts [--unless-built]`. It is built where a build has succeeded that began after the
 * last change of everything that it is made of.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../', import.meta.url));
/** In the folder that each build deletes first: a build that fails leaves none. */
const mark = `${root}dist/.built`;

/** Folders too, because what was renamed or removed changes nothing else. */
function sources(): readonly string[] {
  const settings = ['nest-cli.json', 'package-lock.json', 'package.json', 'tsconfig.build.json', 'tsconfig.json'];
  return [...settings, 'scripts/build.ts', 'scripts/bundle.ts', 'src', ...globSync('src/**', { cwd: root })];
}

function isBuilt(): boolean {
  const built = statSync(mark, { throwIfNoEntry: false })?.mtimeMs;
  return built !== undefined && sources().every((path) => statSync(`${root}${path}`).mtimeMs < built);
}

/**
 * Starts the service once, so that it works, and so that what V8 makes of its code is kept beside it: where it is installed
 * nobody may be allowed to write.
 * @returns the exit code
 */
async function tryOnce(): Promise<number | null> {
  const folder = mkdtempSync(join(tmpdir(), 'built-'));
  const env = { PATH: process.env.PATH, PORT: '0', HOST: '127.0.0.1', DATABASE_URL: join(folder, 'profiles.sqlite') };
  const service = spawn(process.execPath, [`${root}dist/main.js`], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(service, 'exit');
  let said = '';
  service.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes('"serving"')) service.kill('SIGTERM');
  });
  const [code] = (await exit) as [number | null];
  rmSync(folder, { recursive: true });
  return code;
}

/** Which sources these are, for the log and the metrics; a copy without a repository does not know. */
function writeRevision(): void {
  const { stdout, status } = spawnSync('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'], {
    cwd: root,
  });
  if (status === 0) writeFileSync(`${root}dist/revision.txt`, stdout);
}

async function build(): Promise<number> {
  const begun = new Date();
  const nest = `${root}node_modules/@nestjs/cli/bin/nest.js`;
  const { status } = spawnSync(process.execPath, [nest, 'build'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) return status ?? 1;
  // Loaded by who builds only.
  const { bundle } = await import('./bundle.ts');
  await bundle(`${root}dist`);
  const code = await tryOnce();
  if (code !== 0) return code ?? 1;
  writeRevision();
  writeFileSync(mark, '');
  utimesSync(mark, begun, begun);
  return 0;
}

/** Builds where that is needed; gives the exit code. */
export async function buildUnlessBuilt(): Promise<number> {
  if (isBuilt()) return 0;
  process.stderr.write('building …\n');
  return build();
}

if (import.meta.main) {
  if (process.argv.includes('--unless-built')) process.exitCode = await buildUnlessBuilt();
  else process.exitCode = await build();
}
