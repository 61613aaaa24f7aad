import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Model } from '../../src/odata/edm/model.js';
import { bindOptions } from '../../src/odata/query/bind-options.js';
import { Budget } from '../../src/odata/query/budget.js';
import { bindPath } from '../../src/odata/query/bind-path.js';
import type { BoundRead } from '../../src/odata/query/bound.js';
import { parsePath } from '../../src/odata/uri/parse-path.js';
import { parseQuery } from '../../src/odata/uri/parse-query.js';
import { profilesModel } from '../../src/profiles/profiles.model.js';
import { aggregateSet } from '../../src/store/aggregate-set.js';
import { compileRead } from '../../src/store/sql/compile-read.js';
import { prepareSchema } from '../../src/store/sqlite/migrations.js';
import { sqliteDialect } from '../../src/store/sqlite/sqlite-dialect.js';
import { addFunctions } from '../../src/store/sqlite/sqlite-functions.js';
import { libraryModel } from '../models/library.js';

const connections = 'decoratedProfileConnections';
const owner = { tenant: 't', owner: 'o' };

function bind(model: Model, url: string, after?: readonly (string | number | null)[]): BoundRead {
  const [path = '', query = ''] = url.split('?');
  const now = new Date(0);
  const options = parseQuery(encodeURI(query));
  const context = { model, aliases: new Map<string, never>(), now, budget: new Budget() };
  const bound = bindPath(parsePath(path), context);
  const instance = bound.steps.at(-1)?.item ?? bound.entity;
  const { collection, shape } = bindOptions({ ...context, it: instance }, instance, options);
  return { path: bound, collection, shape, page: { size: 20, after } };
}

describe('the statement of a read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'statements-'));
  let database: DatabaseSync;
  beforeAll(() => {
    const path = join(folder, 's.sqlite');
    prepareSchema(
      path,
      [profilesModel, libraryModel].flatMap((model) =>
        [...model.entitySets.values(), ...model.singletons.values()].map(aggregateSet),
      ),
      true,
    );
    database = new DatabaseSync(path);
    addFunctions(database);
  });
  afterAll(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });

  it.each<[url: string, model?: Model, after?: readonly (string | number | null)[]]>([
    [connections],
    [`${connections}?$filter=profile/lastName eq 'Hopper'&$orderby=relevanceScore desc&$top=5`],
    [`${connections}?$orderby=relevanceScore desc`, profilesModel, [0.5, 'id']],
    [`${connections}?$orderby=profile/lastName,relevanceScore desc`, profilesModel, [null, null, 'id']],
    [`${connections}?$filter=not (relevanceScore gt 1) and profile/firstName ne null&$count=true`],
    [`${connections}?$filter=profile/skills/any(s:s eq 'x') or profile/phoneNumbers/all(p:p/type eq 'HOME')`],
    [`${connections}?$search=engineer NOT ships`],
    [
      `${connections}?$select=id&$expand=profile($select=firstName,phoneNumbers($filter=type eq 'WORK';$orderby=number;$top=2;$count=true))`,
    ],
    [`${connections}?$compute=length(profile/headline) as n&$select=n`],
    [`${connections}/$count?$filter=relevanceScore le 1`],
    [`${connections}('a')/profile`],
    [`${connections}('a')/profile/skills/$count`],
    [`${connections}('a')/profile/bornOn/year/$value`],
    ["works?$filter=test.library.Map/scale gt 5 and access has 'Lend'", libraryModel],
    ["works('a')?$expand=chapters($filter=pages gt 5;$compute=pages mul 2 as n)", libraryModel],
    ["works('a')/chapters(2)/words?$filter=contains($this,'a')", libraryModel],
    ['settings/seat', libraryModel],
  ])('%s', (url, model = profilesModel, after) => {
    const { text, parameters } = compileRead(sqliteDialect, bind(model, url, after), owner);
    expect({ text, parameters }).toMatchSnapshot();
    expect(() => database.prepare(text).all(parameters)).not.toThrow();
  });

  /** What SQLite says of how it will find the rows. */
  const planOf = (url: string, after?: readonly (string | number | null)[]): string => {
    const { text, parameters } = compileRead(sqliteDialect, bind(profilesModel, url, after), { tenant: 't' });
    const rows = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(parameters) as { detail: string }[];
    return rows.map(({ detail }) => detail).join('; ');
  };

  it.each([
    [
      `${connections}?$filter=profile/lastName eq 'x'`,
      'decoratedProfileConnections_on_profile_lastName (tenant=? AND <expr>=?)',
    ],
    [
      `${connections}?$filter=profile/connectionDegree eq 'SELF'`,
      'decoratedProfileConnections_on_profile_connectionDegree (tenant=? AND <expr>=?)',
    ],
    [
      `${connections}?$filter=relevanceScore gt 0.5`,
      'decoratedProfileConnections_on_relevanceScore (tenant=? AND <expr>>?',
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
    prepareSchema(
      join(folder, 's.sqlite'),
      [{ ...set, indexes: [{ path: ['place', 'city'], type: undefined }] }],
      true,
    );
    expect(names()).toEqual(['works_on_place_city']);
  });
});
