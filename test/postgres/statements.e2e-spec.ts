import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { profilesModel } from '../../src/profiles/profiles.model.js';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import type { Merge } from '../../src/odata/store/aggregate-store.js';
import { prepareSchema } from '../../src/odata/store/postgres/migrations.js';
import { postgresDialect } from '../../src/odata/store/postgres/postgres-dialect.js';
import { PostgresStatements } from '../../src/odata/store/postgres/statements.js';
import { compileChanges } from '../../src/odata/store/sql/compile-changes.js';
import { compileRead } from '../../src/odata/store/sql/compile-read.js';
import type { Statement } from '../../src/odata/store/sql/parameters.js';
import { bindRead, connections, everySet, owner, reads } from '../support/bound-reads.js';
import { postgresDatabase, type TestDatabase } from '../support/databases.js';
import { PostgresServer } from '../support/postgres-server.js';
import { TestApp } from '../support/test-app.js';

const dialect = postgresDialect({ caseCollation: 'und-x-icu', normalizes: true });

describe('the statement on PostgreSQL', () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await postgresDatabase();
    client = new Client({ connectionString: database.url });
    await client.connect();
    const holder = new Client({ connectionString: database.url });
    await holder.connect();
    const schema = { dialect, columnCollation: 'COLLATE "C"', sets: everySet(), migrate: true } as const;
    await prepareSchema({ client, holder }, { ...schema, changeLog: 'full' });
    await holder.end();
  });
  afterAll(async () => {
    await client.end();
    await database.discard();
  });

  const run = ({ text, parameters }: Statement) =>
    client.query(
      text,
      Object.values(parameters).map((value) => (value === null ? null : String(value))),
    );

  it.each(reads.map((read) => [...read] as const))('of %s', async (url, model = profilesModel, after) => {
    const { text, parameters } = compileRead(dialect, bindRead(model, url, after), owner);
    expect({ text, parameters }).toMatchSnapshot();
    await run({ text, parameters });
  });

  it.each(['', '?$filter=relevanceScore gt 1&$select=id'])('of changes%s', async (query) => {
    const after = { epoch: 'e', transaction: 7n, sequence: 8n, at: 0 };
    const { text, parameters } = compileChanges(
      dialect,
      bindRead(profilesModel, `${connections}${query}`),
      owner,
      after,
    );
    expect({ text, parameters }).toMatchSnapshot();
    await run({ text, parameters });
  });

  const key = {
    set: aggregateSet(profilesModel.entitySets.get(connections)!),
    scope: { ...owner, actor: 'a' },
    id: 'c1',
  };
  const stamp = { now: 0, version: 1n };
  it.each<[string, Merge]>([
    ['of the connection', { patch: { relevanceScore: 1 }, precondition: {} }],
    ['under a condition', { patch: {}, precondition: { ifMatch: [1, 2], ifNoneMatch: '*' } }],
    ['of the profile', { at: [{ name: 'profile' }], patch: { firstName: 'A', lastName: null }, precondition: {} }],
    [
      'of complex values, or the profile made',
      {
        at: [{ name: 'profile' }],
        patch: { locale: { language: 'en', variant: null }, bornOn: { day: 1 } },
        orCreate: { id: 'p' },
        precondition: { ifMatch: '*' },
      },
    ],
  ])('of a merge %s', async (_, merge) => {
    const statement = new PostgresStatements(dialect, { entityBytes: 4_194_304, namesActors: true }).merge(
      key,
      merge,
      stamp,
    );
    expect(statement).toMatchSnapshot();
    await run(statement);
  });

  it('of a merge has the same text whatever names and values it has: it is prepared once', () => {
    const statements = new PostgresStatements(dialect, { entityBytes: 4_194_304, namesActors: true });
    const textOf = (patch: object): string =>
      statements.merge(key, { at: [{ name: 'profile' }], patch: patch as never, precondition: {} }, stamp).text;
    expect(textOf({ firstName: 'A', locale: { language: 'x' } })).toBe(textOf({ skills: ['B'], bornOn: { year: 1 } }));
  });

  describe('finds', () => {
    beforeAll(async () => {
      const text = `INSERT INTO "${connections}" SELECT 't', 'c' || n, 'o', 1, now(), now(), jsonb_build_object(
        'relevanceScore', n, 'profile', jsonb_build_object('lastName', 'l' || n, 'connectionDegree', CASE WHEN n < 9 THEN 'SELF' ELSE 'DISTANCE_1' END))
        FROM generate_series(1, 5000) AS n`;
      await client.query(text);
      await client.query(`ANALYZE "${connections}"`);
    });

    const planOf = async (url: string, after?: readonly (string | number | null)[]): Promise<string> => {
      const { text, parameters } = compileRead(dialect, bindRead(profilesModel, url, after), { tenant: 't' });
      const { rows } = await run({ text: `EXPLAIN ${text}`, parameters });
      return rows.map((row: any) => row['QUERY PLAN'] as string).join('\n');
    };

    it.each([
      [{ tenant: 't' }, '_change_pkey'],
      [owner, '_change_by_owner'],
    ])('changes in the scope %j by an index, and in its order', async (scope, index) => {
      // The log has the rows of the test, all of one transaction; others come behind.
      await client.query(`UPDATE "${connections}" SET version = version + 1 WHERE owner = 'o'`);
      await client.query(`ANALYZE "${connections}_change"`);
      const { rows: last } = await client.query(`SELECT max(xid) - 1 AS xid FROM "${connections}_change"`);
      const after = { epoch: 'e', transaction: BigInt(last[0].xid as string), sequence: 0n, at: 0 };
      const read = { ...bindRead(profilesModel, connections), page: { size: 20, after: undefined } };
      const { text, parameters } = compileChanges(dialect, read, scope, after);
      const { rows } = await run({ text: `EXPLAIN ${text}`, parameters });
      const plan = rows.map((row: any) => row['QUERY PLAN'] as string).join('\n');
      expect(plan).toMatch(new RegExp(`Index Scan using [^ ]*${index}"? on [^ ]* c\\b`));
      expect(plan).toMatch(/Index Cond: .*ROW\(xid, sequence\) > .*ROW\(xid, sequence\) <= /);
      expect(plan).not.toContain('Seq Scan');
      // Only the page is sorted.
      expect(plan.match(/\bSort\b(?! Key)/g)).toHaveLength(1);
    });

    it.each([
      [`${connections}?$filter=profile/lastName eq 'x'`, 'on_profile_lastName'],
      [`${connections}?$filter=profile/connectionDegree eq 'SELF'`, 'on_profile_connectionDegree'],
      [`${connections}?$filter=relevanceScore gt 4990`, 'on_relevanceScore'],
      [`${connections}?$filter=relevanceScore gt 4990 and relevanceScore le 4995.5`, 'on_relevanceScore'],
      [`${connections}?$filter=id eq 'c1'`, 'decoratedProfileConnections_pkey'],
      [`${connections}('c1')/profile`, 'decoratedProfileConnections_pkey'],
    ])('%s by an index', async (url, index) => {
      const plan = await planOf(url);
      expect(plan).toContain(index);
      expect(plan).not.toContain('Seq Scan');
    });

    it.each([
      [connections, undefined, 'decoratedProfileConnections_pkey'],
      [`${connections}?$orderby=relevanceScore`, undefined, 'on_relevanceScore'],
      [`${connections}?$orderby=relevanceScore desc`, undefined, 'on_relevanceScore'],
      [`${connections}?$orderby=relevanceScore`, [2500, 'c2500'], 'on_relevanceScore'],
    ])('%s in the order of an index, behind %j', async (url, after, index) => {
      const plan = await planOf(`${url}${url.includes('?') ? '&' : '?'}$top=3`, after);
      expect(plan).toContain(index);
      // What an index gives in order of its first keys is sorted by the rest, group by group.
      expect(plan.replaceAll('Incremental Sort', '')).not.toMatch(/\bSort\b(?! Key)/);
      if (after !== undefined) expect(plan).toMatch(/Index Cond: .*relevanceScore.* >= /);
    });
  });

  it('is one for a GET, and for a PATCH by id one that reads and one that writes', async () => {
    const server = await PostgresServer.start(['log_statement=all', 'fsync=off']);
    const app = await TestApp.start({ DATABASE_URL: server.url });
    try {
      const profile = await app.profile({ firstName: 'A' });
      // What the server logs comes a little later than what it answers.
      const quiet = async (): Promise<number> => {
        for (let length = -1; length !== server.log.length; await sleep(150)) ({ length } = server.log);
        return server.log.length;
      };
      const statementsOf = async (request: () => Promise<{ status: number }>): Promise<number> => {
        const before = await quiet();
        expect((await request()).status).toBe(200);
        await quiet();
        const entries = server.log
          .slice(before)
          .split(/LOG: {2}(?:execute|statement)/)
          .slice(1);
        // The process looks for jobs now and then, whoever asks for what.
        return entries.filter((entry) => !entry.includes('async_job')).length;
      };
      const change = { lastName: 'B', locale: { language: 'en' }, bornOn: { day: 1, month: null } };
      expect(await statementsOf(() => app.patch(profile, change))).toBe(2);
      const { headers } = await app.get(profile);
      const condition = { headers: { 'if-match': headers.get('etag')! } };
      expect(await statementsOf(() => app.patch(profile, { lastName: 'C' }, condition))).toBe(2);
      expect(await statementsOf(() => app.get(profile))).toBe(1);
      expect(await statementsOf(() => app.get(`/${connections}?$expand=profile&$count=true`))).toBe(1);
    } finally {
      await app.stop();
      await server.discard();
    }
  });
});
