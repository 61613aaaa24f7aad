/** The statements of a GET and a PATCH of a profile, as the service sends them, in loops with nothing around them. */
import { Client } from 'pg';

type Compiled = (name: string) => Promise<any>;
const compiled: Compiled = (name) => import(new URL(`../dist/${name}`, import.meta.url).href);
const { bindOptions } = await compiled('odata/protocol/query/bind-options.js');
const { bindPath } = await compiled('odata/protocol/query/bind-path.js');
const { Budget } = await compiled('odata/protocol/query/budget.js');
const { parsePath } = await compiled('odata/protocol/uri/parse-path.js');
const { parseQuery } = await compiled('odata/protocol/uri/parse-query.js');
const { profilesModel: model } = await compiled('profiles/profiles.model.js');
const { aggregateSet } = await compiled('odata/store/aggregate-set.js');
const { postgresDialect } = await compiled('odata/store/postgres/postgres-dialect.js');
const { PostgresStatements } = await compiled('odata/store/postgres/statements.js');
const { compileRead } = await compiled('odata/store/sql/compile-read.js');

const scope = { tenant: 'tenant', owner: 'owner' };
const dialect = postgresDialect({ caseCollation: 'und-x-icu', normalizes: true });
const statements = new PostgresStatements(dialect);
const set = aggregateSet(model.entitySets.get('decoratedProfileConnections'));

interface Statement {
  readonly text: string;
  readonly parameters: Readonly<Record<string, string | number | bigint | null>>;
}

function readOf(id: string): Statement {
  const context = { model, aliases: new Map(), now: new Date(), budget: new Budget() };
  const path = bindPath(parsePath(`decoratedProfileConnections('${id}')/profile`), context);
  const instance = path.steps.at(-1).item;
  const { collection, shape } = bindOptions({ ...context, it: instance }, instance, parseQuery(''));
  return compileRead(dialect, { path, collection, shape, page: undefined }, scope);
}

let headline = 0;
function mergeOf(id: string): Statement {
  const patch = { headline: String(++headline) };
  const merge = { at: [{ name: 'profile' }], patch, orCreate: { id: 'new' }, precondition: {} };
  return statements.merge({ set, scope, id }, merge, { now: Date.now(), version: BigInt(Date.now()) * 100n });
}

/** A loop over as many connections as the service opens, each with as many statements underway as there are left. */
export async function bareDriver(url: string, count: number) {
  const clients = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const client = new Client({ connectionString: url, pipeline: true });
      await client.connect();
      return client;
    }),
  );
  // Compiled before the clock starts: the loop sends, and does nothing else.
  const prepared: Readonly<Record<'GET' | 'PATCH', Statement>> = { GET: readOf('c0'), PATCH: mergeOf('c0') };
  const send = async (kind: 'GET' | 'PATCH', client: Client): Promise<void> => {
    const { text, parameters } = prepared[kind];
    const own = {
      id: `c${Math.floor(Math.random() * count)}`,
      ...(kind === 'PATCH' ? { p5: `{"headline":"${++headline}"}` } : {}),
    };
    const values = Object.values<unknown>({ ...parameters, ...own }).map(String);
    const { rows } = await client.query({ name: kind, text, values });
    if (rows.length !== 1) throw new Error(`${kind} found nothing`);
  };
  return {
    /** Statements a second. */
    async measure(kind: 'GET' | 'PATCH', atATime: number, seconds: number): Promise<number> {
      const began = performance.now();
      let done = 0;
      const loops = Array.from({ length: atATime }, async (_, index) => {
        while (performance.now() - began < seconds * 1000) {
          await send(kind, clients[index % clients.length]!);
          done += 1;
        }
      });
      await Promise.all(loops);
      return (done / (performance.now() - began)) * 1000;
    },
    async close(): Promise<void> {
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
