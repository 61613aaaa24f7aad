import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { profilesModel } from '../../src/profiles/profiles.model.js';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import type { AggregateStore, Scope } from '../../src/odata/store/aggregate-store.js';
import { prepareSchema } from '../../src/odata/store/sqlite/migrations.js';
import { bindRead, connections } from '../support/bound-reads.js';
import { type TestDatabase, sqliteDatabase } from '../support/databases.js';
import { openTestStore } from '../support/open-store.js';

const set = aggregateSet(profilesModel.entitySets.get(connections)!);
const scope: Scope = { tenant: 't', actor: 'ann' };
const key = (id: string) => ({ set, scope, id });
/** A file as the release made it whose schema had version 2. */
const release2 = readFileSync(new URL('../fixtures/sqlite-schema-2.sql', import.meta.url), 'utf8');

describe('the columns that indexes are kept on', () => {
  let database: TestDatabase;
  let store: AggregateStore;
  let stop = (): Promise<void> => Promise.resolve();
  beforeEach(() => {
    database = sqliteDatabase();
    stop = () => Promise.resolve();
  });
  afterEach(async () => {
    await stop();
    await database.discard();
  });
  async function open(options = {}): Promise<void> {
    store = await openTestStore(database.url, [set], options);
    stop = () => store.close();
  }
  /** Runs SQL past the store, as an operator may. */
  function execute(text: string): void {
    mkdirSync(dirname(database.url), { recursive: true });
    const file = new DatabaseSync(database.url);
    file.exec(text);
    file.close();
  }
  /** The ids that a filter finds by the columns, after a test that these have what the documents have. */
  async function found(filter: string): Promise<unknown[]> {
    const file = new DatabaseSync(database.url);
    const differs = set.indexes
      .map(({ path }) => `"on/${path.join('/')}" IS NOT json_extract(document, '$.${path.join('.')}')`)
      .join(' OR ');
    expect(file.prepare(`SELECT id FROM "${connections}" WHERE ${differs}`).all()).toEqual([]);
    expect(file.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    file.close();
    const result = await store.read(bindRead(profilesModel, `${connections}?$filter=${filter}`), scope);
    return result.kind === 'page' ? result.rows.map(({ entity }) => entity.id) : [];
  }
  const insert = (id: string, lastName: string) =>
    store.insert({ set, tenant: 't', owner: 'o', id, document: { profile: { id, lastName } }, inside: [['profile']] });
  const rename = (id: string, lastName: string | null) =>
    store.merge(key(id), { at: [{ name: 'profile' }], patch: { lastName }, precondition: {} });
  const logged = async () =>
    (await store.history(connections, { limit: 100 })).map(({ id, kind, properties, actor }) =>
      [id, kind, ...(properties ?? []), actor ?? '-'].join(' '),
    );

  it('are filled in a file of an earlier release, whose entities, versions and log stay', async () => {
    execute(release2);
    await expect(openTestStore(database.url, [set], { migrate: false })).rejects.toThrow('npm run migrate');
    await open();
    expect(await found("profile/lastName eq 'Zuse'")).toEqual(['b']);
    expect(await found('relevanceScore gt 0')).toEqual(['a', 'c']);
    expect(await logged()).toHaveLength(4);
    const ofOne = await store.history(connections, { tenant: 't', id: 'b', limit: 9 });
    expect(ofOne.map(({ kind }) => kind)).toEqual(['created', 'updated']);
    const before = (await store.find(key('b'), ['profile']))!;
    expect(before).toEqual({
      id: 'b',
      $version: 179594017498700,
      profile: { id: 'b', lastName: 'Zuse', totalPositionCount: 3, $version: 179594017498700, firstName: 'Konrad' },
    });
    await rename('b', 'Z');
    expect(await found("profile/lastName eq 'Z'")).toEqual(['b']);
    expect((await logged()).slice(4)).toEqual(['b updated profile/lastName ann']);
    await store.close();
    await open({ migrate: false });
    expect(await found("profile/lastName eq 'Z'")).toEqual(['b']);
  });

  it('have what is inserted, merged, merged into many, cleared and deleted', async () => {
    await open();
    await insert('a', 'A');
    await insert('b', 'B');
    expect(await found("profile/lastName eq 'A'")).toEqual(['a']);
    await rename('a', 'C');
    expect(await found("profile/lastName eq 'C'")).toEqual(['a']);
    const item = { kind: 'item', type: undefined } as const;
    const change = { patch: { profile: { lastName: 'D' }, relevanceScore: 3 } };
    await store.mergeMembers({ set, scope, item, filters: [] }, change);
    expect(await found("profile/lastName eq 'D' and relevanceScore eq 3")).toEqual(['a', 'b']);
    await rename('a', null);
    expect(await found('profile/lastName eq null')).toEqual(['a']);
    await store.delete(key('b'), { at: [{ name: 'profile' }], precondition: {} });
    expect(await found('profile/lastName eq null')).toEqual(['a', 'b']);
  });

  it('have what is written past the service, which is logged whatever it says of versions', async () => {
    await open();
    await insert('a', 'A');
    await rename('a', 'B');
    const table = `"${connections}"`;
    const named = (name: string) => `document = jsonb_set(document, '$.profile.lastName', '${name}')`;
    execute(`UPDATE ${table} SET ${named('C')}`);
    expect(await found("profile/lastName eq 'C'")).toEqual(['a']);
    execute(`UPDATE ${table} SET ${named('D')}, version = version + 1`);
    expect(await found("profile/lastName eq 'D'")).toEqual(['a']);
    // Back to the version that the service logged.
    execute(`UPDATE ${table} SET ${named('E')}, version = version - 1`);
    expect(await found("profile/lastName eq 'E'")).toEqual(['a']);
    execute(`UPDATE ${table} SET "on/profile/lastName" = 'F'; PRAGMA recursive_triggers = ON;
      UPDATE ${table} SET "on/relevanceScore" = 5, ${named('G')}`);
    expect(await found("profile/lastName eq 'G'")).toEqual(['a']);
    execute(`INSERT INTO ${table} (tenant, id, owner, version, created_at, modified_at, document)
      VALUES ('t', 'b', 'o', 1, 0, 0, jsonb('{"profile":{"lastName":"H"}}'))`);
    expect(await found("profile/lastName eq 'H'")).toEqual(['b']);
    expect((await logged()).slice(1)).toEqual([
      'a updated profile/lastName ann',
      'a updated profile/lastName -',
      'a updated profile/lastName -',
      'b created profile -',
    ]);
  });

  it('come and go with what the model declares', async () => {
    await open();
    await insert('a', 'A');
    const others = {
      ...set,
      indexes: [...set.indexes.slice(0, 1), { path: ['profile', 'headline'], type: undefined }],
    };
    await expect(openTestStore(database.url, [others], { migrate: false })).rejects.toThrow('indexes of the model');
    await (await openTestStore(database.url, [others])).close();
    const file = new DatabaseSync(database.url);
    const columns = file.prepare("SELECT name FROM pragma_table_info(?) WHERE name LIKE 'on/%'").all(connections);
    file.close();
    expect(columns.map(({ name }) => name)).toEqual(['on/relevanceScore', 'on/profile/headline']);
    await store.close();
    await open();
    expect(await found("profile/lastName eq 'A'")).toEqual(['a']);
  });
});

describe('a change that the writer logs itself', () => {
  let database: TestDatabase;
  let store: AggregateStore;
  beforeEach(async () => {
    database = sqliteDatabase();
    store = await openTestStore(database.url, [set]);
    for (const id of ['a', 'b']) await store.insert({ set, tenant: 't', owner: 'o', id, document: {} });
  });
  afterEach(async () => {
    await store.close();
    await database.discard();
  });
  const score = (id: string, relevanceScore: number) =>
    store.merge(key(id), { patch: { relevanceScore }, precondition: {} });
  const scores = async () => (await store.scan(set, undefined, 9)).map(({ document }) => document.relevanceScore);
  const count = async () => (await store.history(connections, { limit: 100 })).length;

  it('is logged as the file says by then', async () => {
    prepareSchema(database.url, { sets: [set], migrate: true, changeLog: 'positions' });
    await score('a', 1);
    expect((await store.history(connections, { limit: 9 })).at(-1)).toMatchObject({
      kind: 'updated',
      properties: undefined,
      actor: undefined,
    });
    prepareSchema(database.url, { sets: [set], migrate: true, changeLog: 'off' });
    await score('a', 2);
    expect(await count()).toBe(3);
  });

  it('is undone with all that was to be committed with it, where it cannot be logged', async () => {
    const file = new DatabaseSync(database.url);
    file.exec(`CREATE TRIGGER t BEFORE INSERT ON "${connections}_change" WHEN NEW.id = 'b'
      BEGIN SELECT RAISE(ABORT, 'not logged'); END`);
    const outcomes = await Promise.allSettled([score('a', 1), score('b', 1)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const unit = store.atomically(async () => {
      await score('a', 1);
      await score('b', 1);
    });
    await expect(unit).rejects.toThrow('not logged');
    expect(await scores()).toEqual([undefined, undefined]);
    file.exec('DROP TRIGGER t');
    file.close();
    await score('a', 1);
    expect(await scores()).toEqual([1, undefined]);
    expect(await count()).toBe(3);
  });
});
