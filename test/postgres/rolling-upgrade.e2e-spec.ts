import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import { profilesModel } from '../../src/profiles/profiles.model.js';
import { connections } from '../support/bound-reads.js';
import { postgresDatabase, type TestDatabase } from '../support/databases.js';
import { openTestStore } from '../support/open-store.js';
import { TestApp } from '../support/test-app.js';

/** A statement of another release, and what it was answered. */
interface Sent {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly rows?: readonly object[];
}

/**
 * All that release 0.1.0 sent: to make its schema, to put two connections there, and after that to create, read, query, change,
 * follow and delete, one by one, in a batch, and later than it was asked.
 */
const before = JSON.parse(readFileSync('test/fixtures/release-0.1.json', 'utf8')) as Readonly<
  Record<'schema' | 'before' | 'after', readonly Sent[]>
>;

/** Sends statements as that release did, in one session; gives what each is answered, as text. */
async function send({ url }: TestDatabase, statements: readonly Sent[]): Promise<readonly (readonly object[])[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const answers: (readonly object[])[] = [];
    const types = { getTypeParser: () => (text: unknown) => text as never };
    for (const { text, values } of statements) {
      const { rows } = await client.query<object>({ text, values: [...values], types });
      answers.push(rows);
    }
    return answers;
  } finally {
    await client.end();
  }
}

describe('a database that two releases share', () => {
  const set = aggregateSet(profilesModel.entitySets.get(connections)!);
  const kept = { set, scope: { tenant: 'contoso', owner: 'ann' }, id: 'kept' };
  let database: TestDatabase;
  let app: TestApp | undefined;
  beforeAll(async () => {
    database = await postgresDatabase();
    await send(database, before.schema);
    await send(database, before.before);
  });
  afterAll(async () => {
    await app?.stop();
    await database.discard();
  });

  it('is brought to the schema of this one, with all that the one before has left', async () => {
    const store = await openTestStore(database.url, [set]);
    expect(await store.find(kept, ['profile'])).toMatchObject({
      relevanceScore: 1,
      profile: { firstName: 'Ada', lastName: 'Lovelace', headline: 'Analyst' },
    });
    await store.close();
  });

  it('is what the one before can go on with', async () => {
    const answers = await send(database, before.after);
    for (const [index, { text, rows = [] }] of before.after.entries()) {
      // Where the log ends is another transaction here.
      if (text.includes('log_end')) continue;
      expect([text, answers[index]]).toEqual([text, rows]);
    }
    expect(answers.length).toBeGreaterThan(30);
  });

  it('has in it what the one before wrote meanwhile, and tells followers of it', async () => {
    app = await TestApp.start({ DATABASE_URL: database.url });
    const { body } = await app.get(`/${connections}?$orderby=id&$expand=profile`);
    expect(body.value).toMatchObject([
      { id: 'batched', relevanceScore: 9, profile: null },
      { id: 'kept', relevanceScore: 1, profile: { firstName: 'Ada' } },
      { id: 'new', relevanceScore: 4, profile: null },
      { id: 'other', relevanceScore: 2, profile: null },
    ]);
    const log = await app.store.history(connections, { tenant: 'contoso', limit: 100 });
    expect(log.filter(({ id }) => id === 'gone').map(({ kind, actor }) => [kind, actor])).toEqual([
      ['created', 'ann'],
      ['deleted', 'ann'],
    ]);
    expect((await app.patch(`/${connections}/new`, { relevanceScore: 5 })).body).toMatchObject({ relevanceScore: 5 });
  });

  it('is refused by a release that does not know its schema, and left as it is', async () => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(`INSERT INTO schema_migration (entity_set, version) VALUES ('${connections}', 99)`);
    for (const migrate of [true, false])
      await expect(openTestStore(database.url, [set], { migrate })).rejects.toThrow('Start a newer release');
    // One that was started before goes on.
    expect((await app!.get(`/${connections}/kept`)).status).toBe(200);
    await client.query('DELETE FROM schema_migration WHERE version = 99');
    await client.end();
  });
});
