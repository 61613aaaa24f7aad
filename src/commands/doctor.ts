import { existsSync } from 'node:fs';
import { countKeys } from '../auth/key-set.js';
import { effectiveVariables, withoutPassword } from '../config/effective.js';
import type { Environment } from '../config/environment.js';
import { readEnvironment } from '../config/read-environment.js';
import { storeOptions } from '../config/store-options.js';
import { explain } from '../exit.js';
import { type AggregateStore, isStoreOfMany, openStore, StoreOutdatedError } from '../odata/tools.js';
import { profilesModel } from '../profiles/profiles.model.js';
import { runCommand } from './command.js';

/** What was found of one thing. */
interface Finding {
  readonly about: string;
  readonly isWell: boolean;
  readonly text: string;
}

const well = (about: string, text: string): Finding => ({ about, isWell: true, text });
const wrong = (about: string, error: unknown): Finding => ({ about, isWell: false, text: explain(error).text });

/** Each standby; nothing where there are none. */
async function lookAtStandbys(store: AggregateStore): Promise<readonly Finding[]> {
  await store.standbysLooked();
  return (store.load.standbys?.hosts ?? []).map(({ name, unused, ageSeconds }) => {
    const text = unused ?? `shows what was there ${ageSeconds.toFixed(1)} s ago`;
    return { about: `standby ${name}`, isWell: unused === undefined, text };
  });
}

async function lookAtDatabase(environment: Environment): Promise<readonly Finding[]> {
  const { DATABASE_URL: url, DATABASE_MIGRATE: migrates } = environment;
  const name = withoutPassword(url);
  const soon = 'the service makes it when it starts';
  if (!isStoreOfMany(url) && !existsSync(url)) {
    if (migrates) return [well('database', `${name} is not there yet: ${soon}`)];
    return [wrong('database', new Error(`${name} is not there, and DATABASE_MIGRATE=false: run npm run migrate`))];
  }
  try {
    // What only looks changes nothing.
    const store = await openStore(profilesModel, { ...storeOptions(environment), migrate: false });
    const begun = performance.now();
    await store.ping();
    const ms = performance.now() - begun;
    const standbys = await lookAtStandbys(store);
    await store.close();
    const text = `${name} has this release's schema, and answers in ${ms.toFixed(1)} ms`;
    return [well('database', text), ...standbys];
  } catch (error) {
    const isOutdated = error instanceof StoreOutdatedError;
    if (isOutdated && migrates) return [well('database', `${name} has not this release's schema: ${soon}`)];
    return [wrong('database', error)];
  }
}

async function lookAtKeys({ JWKS_URL, JWT_PUBLIC_KEY }: Environment, hasLocalKey: boolean): Promise<Finding> {
  if (JWKS_URL === undefined) {
    const which = hasLocalKey
      ? 'the secret of this machine, for development'
      : JWT_PUBLIC_KEY
        ? 'a public key'
        : 'a secret';
    return well('keys', `tokens are verified with ${which}`);
  }
  try {
    return well('keys', `${JWKS_URL} has ${await countKeys(JWKS_URL)} that verify tokens`);
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
    return { about: 'keys', isWell: false, text: `the key set at ${JWKS_URL} cannot be fetched: ${why}` };
  }
}

function print(environment: Environment, findings: readonly Finding[]): void {
  for (const { name, value, isDefault } of effectiveVariables(environment))
    if (value !== undefined) process.stdout.write(`${isDefault ? ' ' : '*'} ${name}=${value}\n`);
  process.stdout.write('\n');
  for (const { about, isWell, text } of findings)
    process.stdout.write(`${isWell ? 'well ' : 'WRONG'} ${about}: ${text}\n`);
}

await runCommand(
  {
    name: 'doctor',
    about:
      'Prints the configuration as it takes effect, what differs from the defaults with a star and secrets unsaid, and tries\nit: the database, which is left as it is, and the key set. Ends with 1 where something is wrong.',
  },
  async () => {
    const { environment, hasLocalKey, warnings } = readEnvironment(process.env);
    const [database, keys] = await Promise.all([lookAtDatabase(environment), lookAtKeys(environment, hasLocalKey)]);
    const findings = [...database, keys];
    const doubts = warnings.map((text): Finding => ({ about: 'variable', isWell: false, text }));
    print(environment, [...findings, ...doubts]);
    return [...findings, ...doubts].every(({ isWell }) => isWell) ? 0 : 1;
  },
);
