import type { Environment } from '../config/environment.js';
import { readEnvironment } from '../config/read-environment.js';
import { storeOptions } from '../config/store-options.js';
import type { Model } from '../odata/model.js';
import { type AggregateStore, openStore } from '../odata/tools.js';
import { profilesModel } from '../profiles/profiles.model.js';

/** What a command works on. */
export interface CommandContext {
  readonly store: AggregateStore;
  readonly model: Model;
}

/** The configuration of a command that answers nobody and needs no keys; what is probably not meant is told. */
export function commandEnvironment(): Environment {
  const { environment, warnings } = readEnvironment(process.env, { serves: false });
  for (const warning of warnings) process.stderr.write(`${warning}\n`);
  return environment;
}

/**
 * Works on the configured store, which is closed behind it.
 * @param migrate whether the store is brought to today's schema, whatever the configuration says
 */
export async function withStore(
  work: (context: CommandContext) => Promise<number>,
  { migrate }: { readonly migrate?: boolean } = {},
): Promise<number> {
  const environment = commandEnvironment();
  if (migrate !== undefined) environment.DATABASE_MIGRATE = migrate;
  // What only reads takes a log of changes as it finds it.
  const options = { ...storeOptions(environment), ...(migrate === false ? { changeLog: 'any' as const } : {}) };
  const store = await openStore(profilesModel, options);
  try {
    return await work({ store, model: profilesModel });
  } finally {
    await store.close();
  }
}
