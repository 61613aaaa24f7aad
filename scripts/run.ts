/**
 * Starts what is built: `node scripts/run.ts commands/token.js …`. What has changed since the last build is built first; the
 * variables of a file `.env` are taken where it is there and the environment does not have them.
 */
import { existsSync } from 'node:fs';
import { buildUnlessBuilt, root } from './build.ts';

const [file = 'main.js', ...words] = process.argv.slice(2);
const status = await buildUnlessBuilt();
if (status === 0) {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const path = `${root}dist/${file}`;
  process.argv.splice(1, process.argv.length, path, ...words);
  await import(path);
} else process.exitCode = status;
