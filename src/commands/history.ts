import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { UsageError } from '../exit.js';
import { type CommandContext, runCommand } from './run-command.js';
import { type HistoryQuery, type LoggedChange } from '../odata/index.js';

const usage = 'Usage: npm run history -- [--tenant <tenant>] [--id <id>] [--since <time>] [--set <entity set>]';
const pageSize = 1000;

interface Asked {
  readonly set: string | undefined;
  readonly query: Omit<HistoryQuery, 'after' | 'limit'>;
}

function readArguments(): Asked {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({ options: { tenant: text, id: text, since: text, set: text } });
    const { tenant, id, set } = values;
    const since = values.since === undefined ? undefined : Date.parse(values.since);
    if (since === undefined || !Number.isNaN(since)) return { set, query: { tenant, id, since } };
  } catch {
    // An option that there is not.
  }
  throw new UsageError(usage);
}

/** One line: when, who, what. */
function lineOf(set: string, { at, actor, kind, tenant, id, properties, version, owner }: LoggedChange): string {
  const time = new Date(at).toISOString();
  return `${JSON.stringify({ at: time, actor, kind, set, tenant, id, properties, version, owner })}\n`;
}

async function print({ store, model }: CommandContext, { set: wanted, query }: Asked): Promise<number> {
  const sets = [...model.entitySets.keys(), ...model.singletons.keys()];
  if (wanted !== undefined && !sets.includes(wanted)) throw new UsageError(`There is no entity set '${wanted}'.`);
  for (const set of wanted === undefined ? sets : [wanted]) {
    let after: LoggedChange | undefined;
    for (;;) {
      const page = await store.history(set, { ...query, after, limit: pageSize });
      const more = process.stdout.write(page.map((change) => lineOf(set, change)).join(''));
      if (!more) await once(process.stdout, 'drain');
      after = page.at(-1);
      if (page.length < pageSize) break;
    }
  }
  return 0;
}

// A database that is not there is not made.
await runCommand((context) => print(context, readArguments()), { migrate: false });
