import { profiles, storeOptions } from '../app.module.js';
import { readEnvironment } from '../config/read-environment.js';
import { explain } from '../exit.js';
import { type AggregateStore, type Model, openStore } from '../odata/index.js';

/** What a command works on. */
export interface CommandContext {
  readonly store: AggregateStore;
  readonly model: Model;
}

/**
 * Runs a command on the configured store, and ends the process with its code.
 * @param migrate whether the store is brought to today's schema, whatever the configuration says
 */
export async function runCommand(
  work: (context: CommandContext) => Promise<number>,
  { migrate }: { readonly migrate?: boolean } = {},
): Promise<void> {
  try {
    const { environment } = readEnvironment(process.env, { serves: false });
    if (migrate !== undefined) environment.DATABASE_MIGRATE = migrate;
    // What only reads takes a log of changes as it finds it.
    const options = { ...storeOptions(environment), ...(migrate === false ? { changeLog: 'any' as const } : {}) };
    const store = await openStore(profiles.model, options);
    try {
      process.exitCode = await work({ store, model: profiles.model });
    } finally {
      await store.close();
    }
  } catch (error) {
    const { code, text } = explain(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = code;
  }
}
