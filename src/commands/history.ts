import { once } from 'node:events';
import { UsageError } from '../exit.js';
import type { HistoryQuery, LoggedChange } from '../odata/tools.js';
import { type Given, runCommand } from './command.js';
import { type CommandContext, withStore } from './with-store.js';

const pageSize = 1000;

interface Asked {
  readonly set: string | undefined;
  readonly query: Omit<HistoryQuery, 'after' | 'limit'>;
}

/** @throws UsageError */
function readAsked({ tenant, id, since, set }: Given['options']): Asked {
  const time = since === undefined ? undefined : Date.parse(since);
  if (time !== undefined && Number.isNaN(time)) throw new UsageError('--since takes a time, such as 2026-05-01.');
  return { set, query: { tenant, id, since: time } };
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

await runCommand(
  {
    name: 'history',
    about: 'Prints who changed which properties when, a line of JSON for each change, in their order.',
    options: {
      tenant: { value: '<tenant>', about: "of one tenant; that of development is 'local'" },
      id: { value: '<id>', about: 'of the entities with this id' },
      since: { value: '<time>', about: 'from then on, such as 2026-05-01' },
      set: { value: '<set>', about: 'of one entity set' },
    },
    variables: ['DATABASE_URL', 'DATABASE_PASSWORD'],
  },
  ({ options }) => {
    const asked = readAsked(options);
    // A database that is not there is not made.
    return withStore((context) => print(context, asked), { migrate: false });
  },
);
