import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

/** The folder of the package that brings a Chromium. */
const bundled = join('node_modules', '@sparticuz', 'chromium');

/** Unpacks the browser, and the libraries that a small system lacks, into the temporary folder of its process. */
const unpack = `
  import { join } from 'node:path';
  import chromium, { inflate } from '@sparticuz/chromium';
  await chromium.executablePath();
  await inflate(join('${bundled}', 'bin', 'al2023.tar.br'));
`;

/**
 * A Chromium out of its npm package, unpacked once. Workers of the tests may come here at one time: each unpacks for
 * itself, and the first one's folder stays.
 */
async function unpacked(): Promise<{ readonly executable: string; readonly libraries: string }> {
  const { version } = JSON.parse(readFileSync(join(bundled, 'package.json'), 'utf8')) as { version: string };
  const cache = resolve('node_modules', '.cache');
  const folder = join(cache, `chromium-${version}`);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const own = mkdtempSync(join(cache, 'unpacking-'));
    const env = { ...process.env, NODE_OPTIONS: '', TMPDIR: own };
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', unpack], { env });
    try {
      renameSync(own, folder);
    } catch {
      rmSync(own, { recursive: true, force: true });
    }
  }
  return { executable: join(folder, 'chromium'), libraries: join(folder, 'al2023', 'lib') };
}

/** Starts a headless Chromium: the one that CHROMIUM_PATH names, else the one of the npm package (Linux on x64). */
export async function startBrowser(): Promise<Browser> {
  const { CHROMIUM_PATH, LD_LIBRARY_PATH = '', ...env } = process.env;
  const { executable, libraries } =
    CHROMIUM_PATH === undefined ? await unpacked() : { executable: CHROMIUM_PATH, libraries: '' };
  return chromium.launch({
    executablePath: executable,
    // Behind the system's own: the libraries of the package are for a system that has none.
    env: { ...env, LD_LIBRARY_PATH: [LD_LIBRARY_PATH, '/usr/lib/x86_64-linux-gnu', libraries].join(':') },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
