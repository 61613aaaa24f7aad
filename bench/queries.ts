/**
 * Measures reading: `npm run bench:queries [-- --rows 100000,1000000]`. What parsing and binding cost, a filtered and
 * ordered page of 20 with and without an index, how both grow with the rows, and what others wait while a long scan runs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { seedProfile } from '../test/support/seed-profile.ts';
import { median, print } from './print.ts';

type Compiled = (name: string) => Promise<any>;
const compiled: Compiled = (name) => import(new URL(`../dist/${name}`, import.meta.url).href);
const { parseQuery } = await compiled('odata/protocol/uri/parse-query.js');
const { parsePath } = await compiled('odata/protocol/uri/parse-path.js');
const { bindPath } = await compiled('odata/protocol/query/bind-path.js');
const { bindOptions } = await compiled('odata/protocol/query/bind-options.js');
const { Budget } = await compiled('odata/protocol/query/budget.js');
const { profilesModel, connections } = await compiled('profiles/profiles.model.js');
const { aggregateSet } = await compiled('odata/store/aggregate-set.js');
const { SqliteStore } = await compiled('odata/store/sqlite/sqlite-store.js');

const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000,1000000' } } });

function bind(query: any): { path: unknown; collection: unknown; shape: unknown } {
  const context = { model: profilesModel, aliases: new Map(), now: new Date(0), budget: new Budget() };
  const path = bindPath(parsePath('decoratedProfileConnections'), context);
  return { path, ...bindOptions({ ...context, it: path.entity }, path.entity, query) };
}

/** Microseconds of one call, the median of several runs of many. */
function microseconds(call: () => unknown): number {
  const runs = Array.from({ length: 9 }, () => {
    const began = performance.now();
    for (let i = 0; i < 5000; i++) call();
    return ((performance.now() - began) * 1000) / 5000;
  });
  return median(runs);
}

const filters = {
  simple: "profile/lastName eq 'Hopper'",
  'ten terms': Array.from({ length: 10 }, (_, i) => `profile/totalPositionCount ne ${i}`).join(' and '),
  'nested lambda': "profile/recentPositions/any(p:p/name eq 'Contoso' and profile/skills/any(s:s eq p/title))",
};
for (const [name, filter] of Object.entries(filters)) {
  const raw = `$filter=${encodeURIComponent(filter)}`;
  const query = parseQuery(raw);
  print(
    `parse a filter: ${name}`,
    microseconds(() => parseQuery(raw)),
    'µs',
  );
  print(
    `bind it: ${name}`,
    microseconds(() => bind(query)),
    'µs',
  );
}

/** Fills a database file with connections, past the store: what is measured is reading. */
function fill(path: string, rows: number): void {
  const database = new DatabaseSync(path);
  const insert = database.prepare(
    `INSERT INTO decoratedProfileConnections (tenant, id, owner, version, created_at, modified_at, document)
     VALUES ('t', ?, 'o', 1, 0, 0, jsonb(?))`,
  );
  const names = ['Hopper', 'Lovelace', 'Noether', 'Curie', 'Franklin', 'Meitner', 'Hamilton', 'Johnson'];
  database.exec('PRAGMA synchronous = OFF; BEGIN');
  for (let i = 0; i < rows; i++) {
    // A tenth of a whole profile: a million whole ones are gigabytes.
    const { firstName, headline, summary, skills, bornOn, locale } = seedProfile;
    const profile = { id: `p${i}`, firstName, headline: `${headline} ${i % 1000}`, summary, skills, bornOn, locale };
    const random = (i * 2_654_435_761) % 4_294_967_296;
    const document = {
      relevanceScore: random / 4_294_967_296,
      profile: { ...profile, lastName: `${names[i % 8]!}${i % 5000}`, industryName: `i${i % 50}` },
    };
    insert.run(`c${random}-${i}`, JSON.stringify(document));
  }
  database.exec('COMMIT');
  database.close();
}

const page = { size: 20, after: undefined };
const scope = { tenant: 't' };
for (const rows of values.rows.split(',').map(Number)) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const path = join(folder, 'q.sqlite');
  const options = { path, readers: 2, sets: [aggregateSet(connections)] };
  await (await SqliteStore.open(options)).close();
  fill(path, rows);
  const store = await SqliteStore.open(options);
  const milliseconds = async (query: string, runs = 9): Promise<number> => {
    const read = { ...bind(parseQuery(query)), page };
    await store.read(read, scope);
    const times: number[] = [];
    for (let i = 0; i < runs; i++) {
      const began = performance.now();
      await store.read(read, scope);
      times.push(performance.now() - began);
    }
    return median(times);
  };
  const of = `of ${rows.toLocaleString('en')}`;
  print(`a page of 20 ${of}, by id`, await milliseconds(''), 'ms');
  print(`… indexed equality, ordered by key`, await milliseconds("$filter=profile/lastName%20eq%20'Hopper8'"), 'ms');
  print(`… ordered by an indexed property`, await milliseconds('$orderby=relevanceScore%20desc'), 'ms');
  print(
    `… indexed range, ordered by it`,
    await milliseconds('$filter=relevanceScore%20gt%200.5&$orderby=relevanceScore'),
    'ms',
  );
  const scan = "$filter=profile/headline%20eq%20'Engineer%20at%20Contoso%20777'&$orderby=profile/headline%20desc";
  print(`… filtered and ordered without an index`, await milliseconds(scan, 3), 'ms');
  print(
    `… $count of a filter without an index`,
    await milliseconds("$filter=contains(profile/headline,'77')&$count=true", 3),
    'ms',
  );
  print(`… $search`, await milliseconds('$search=777', 3), 'ms');
  // Others while a scan runs.
  const state = { running: true };
  const long = store.read({ ...bind(parseQuery('$search=nothing')), page }, scope).then(() => (state.running = false));
  const waits: number[] = [];
  while (state.running && waits.length < 5000) {
    const began = performance.now();
    await store.read({ ...bind(parseQuery("$filter=id%20eq%20'x'")), page }, scope);
    waits.push(performance.now() - began);
  }
  await long;
  print(`a read by id while a scan runs, median of ${waits.length}`, median(waits), 'ms');
  print(`the same, the longest`, Math.max(...waits), 'ms');
  await store.close();
  rmSync(folder, { recursive: true });
}
