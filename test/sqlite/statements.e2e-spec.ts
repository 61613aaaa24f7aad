import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { profilesModel } from '../../src/profiles/profiles.model.js';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import { compileChanges, compileForget, compileHistory } from '../../src/odata/store/sql/compile-changes.js';
import { compileRead } from '../../src/odata/store/sql/compile-read.js';
import type { Statement } from '../../src/odata/store/sql/parameters.js';
import { prepareSchema } from '../../src/odata/store/sqlite/migrations.js';
import { sqliteDialect } from '../../src/odata/store/sqlite/sqlite-dialect.js';
import { addFunctions } from '../../src/odata/store/sqlite/sqlite-functions.js';
import { libraryModel } from '../models/library.js';
import { bindRead, connections, everySet, owner, reads } from '../support/bound-reads.js';

describe('the statement of a read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'statements-'));
  let database: DatabaseSync;
  /** What SQLite says of how it will find the rows. */
  const explained = ({ text, parameters }: Statement): string => {
    const rows = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(parameters) as { detail: string }[];
    return rows.map(({ detail }) => detail).join('; ');
  };
  beforeAll(() => {
    const path = join(folder, 's.sqlite');
    prepareSchema(path, { sets: everySet(), migrate: true, changeLog: 'full' });
    database = new DatabaseSync(path);
    addFunctions(database);
    database.function('odata_go_on', { varargs: true }, () => 1);
  });
  afterAll(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });

  it.each(reads.map((read) => [...read] as const))('%s', (url, model = profilesModel, after) => {
    const { text, parameters } = compileRead(sqliteDialect, bindRead(model, url, after), owner);
    expect({ text, parameters }).toMatchSnapshot();
    expect(() => database.prepare(text).all(parameters)).not.toThrow();
  });

  it.each(['', '?$filter=relevanceScore gt 1&$select=id'])('changes%s', (query) => {
    const after = { epoch: 'e', transaction: 0n, sequence: 8n, at: 0 };
    const read = bindRead(profilesModel, `${connections}${query}`);
    const { text, parameters } = compileChanges(sqliteDialect, read, owner, after);
    expect({ text, parameters }).toMatchSnapshot();
    const plan = explained({ text, parameters });
    expect(plan).toContain('_change_by_owner (tenant=? AND owner=? AND rowid>? AND rowid<?)');
    expect(plan).toContain('_change_deletions (tenant=? AND id=?');
    expect(plan).not.toMatch(/SCAN (?:c|l|p|e)\b|TEMP B-TREE FOR ORDER BY.*SCAN c/);
  });

  it('reads the history of an entity in the order of the log, from page to page, and what is forgotten at its beginning', () => {
    const after = { tenant: 't', transaction: 0n, sequence: 8n };
    const history = explained(compileHistory(sqliteDialect, connections, { tenant: 't', id: 'a', after, limit: 10 }));
    expect(history).toBe('SEARCH c USING INDEX decoratedProfileConnections_change_in_order (tenant=? AND rowid>?)');
    const forgotten = explained(compileForget(sqliteDialect, connections, Date.now(), 10));
    expect(forgotten).toMatch(/SCAN decoratedProfileConnections_change(?!.*SCAN decoratedProfileConnections_change)/);
    expect(forgotten).not.toContain('TEMP B-TREE');
  });

  const planOf = (url: string, after?: readonly (string | number | null)[]): string =>
    explained(compileRead(sqliteDialect, bindRead(profilesModel, url, after), { tenant: 't' }));

  it.each([
    [
      `${connections}?$filter=profile/lastName eq 'x'`,
      'decoratedProfileConnections_on_profile_lastName (tenant=? AND on/profile/lastName=?)',
    ],
    [
      `${connections}?$filter=profile/connectionDegree eq 'SELF'`,
      'decoratedProfileConnections_on_profile_connectionDegree (tenant=? AND on/profile/connectionDegree=?)',
    ],
    [
      `${connections}?$filter=relevanceScore gt 0.5`,
      'decoratedProfileConnections_on_relevanceScore (tenant=? AND on/relevanceScore>?',
    ],
    [`${connections}?$orderby=relevanceScore&$top=3`, 'decoratedProfileConnections_on_relevanceScore (tenant=?)'],
    [`${connections}?$filter=id eq 'x'`, 'sqlite_autoindex_decoratedProfileConnections_1 (tenant=? AND id=?)'],
    [connections, 'sqlite_autoindex_decoratedProfileConnections_1 (tenant=?)'],
  ])('%s is found by an index, and ordered without sorting', (url, index) => {
    expect(planOf(url)).toContain(index);
    if (!url.includes('$filter')) expect(planOf(url)).not.toContain('TEMP B-TREE');
  });

  it('a model that no longer declares an index loses it, one that does gets it', () => {
    const names = (): string[] =>
      (
        database
          .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE 'works_on_%' ORDER BY name")
          .all() as { name: string }[]
      ).map(({ name }) => name);
    expect(names()).toEqual(['works_on_loans', 'works_on_title']);
    const set = aggregateSet(libraryModel.entitySets.get('works')!);
    const sets = [{ ...set, indexes: [{ path: ['place', 'city'], type: undefined }] }];
    prepareSchema(join(folder, 's.sqlite'), { sets, migrate: true, changeLog: 'full' });
    expect(names()).toEqual(['works_on_place_city']);
  });
});
