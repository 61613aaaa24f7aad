import { describe, expect, it } from '@jest/globals';
import { libraryModel } from '../../../../test/models/library.js';
import { bindRead } from '../../../../test/support/bound-reads.js';
import type { Instance } from '../../protocol/query/bound.js';
import { aggregateSet } from '../aggregate-set.js';
import { postgresDialect } from '../postgres/postgres-dialect.js';
import { sqliteDialect } from '../sqlite/sqlite-dialect.js';
import { areMembers, entityConditions } from './compile-conditions.js';
import type { Dialect } from './dialect.js';
import { Parameters } from './parameters.js';

const postgres = postgresDialect({ caseCollation: undefined, normalizes: false });
const works = aggregateSet(libraryModel.entitySets.get('works')!);
const bookings = aggregateSet(libraryModel.entitySets.get('bookings')!);

/** The filters of a URL, and what they speak of. */
function filtersOf(url: string) {
  const { collection } = bindRead(libraryModel, url);
  const item: Instance = collection.item;
  return { item, filters: collection.filters };
}

describe('the conditions that members of a set satisfy', () => {
  const conditionsOf = (dialect: Dialect, url: string, set = works, owner?: string) => {
    const parameters = new Parameters(dialect);
    const scope = { tenant: 't', ...(owner === undefined ? {} : { owner }) };
    const conditions = areMembers(dialect, { set, scope, ...filtersOf(url) }, { parameters, row: 'r' });
    return { conditions, values: parameters.values };
  };

  it('are the scope, where there is no filter', () => {
    expect(conditionsOf(sqliteDialect, 'works')).toEqual({
      conditions: ['(random() & 15 OR odata_go_on(r.rowid))', 'r.tenant = :tenant'],
      values: { tenant: 't' },
    });
    expect(conditionsOf(postgres, 'works', works, 'o')).toEqual({
      conditions: ['r.tenant = $1', 'r.owner = $2'],
      values: { tenant: 't', owner: 'o' },
    });
  });

  it.each([
    ['works?$filter=loans gt 5', `(r."on/loans" > :p2)`, { p2: 5n }],
    ["works?$filter=code eq 'a'", '(r.id = :p2)', { p2: 'a' }],
    ["works?$filter=place/city eq 'a'", `(json_extract(r.document, '$."place"."city"') = :p2)`, { p2: 'a' }],
    ['works?$filter=not (loans gt 5)', `(NOT coalesce((r."on/loans" > :p2), 0))`, { p2: 5n }],
  ])('are its filters, of their row: %s', (url, condition, values) => {
    expect(conditionsOf(sqliteDialect, url)).toEqual({
      conditions: ['(random() & 15 OR odata_go_on(r.rowid))', 'r.tenant = :tenant', condition],
      values: { tenant: 't', ...values },
    });
  });

  it('know a key of several parts by its members', () => {
    expect(conditionsOf(sqliteDialect, "bookings?$filter=room eq 'r'", bookings).conditions[2]).toBe(
      `(json_extract(r.document, '$."room"') = :p2)`,
    );
  });
});

describe('what must hold of entities inside an aggregate', () => {
  const conditionsOf = (dialect: Dialect, path: readonly string[], url: string, set = works) => {
    const parameters = new Parameters(dialect);
    const all = [{ path, ...filtersOf(url) }];
    const conditions = entityConditions(dialect, { set, scope: { tenant: 't' } }, all, { parameters, row: 'r' });
    return { conditions, values: parameters.values };
  };

  it('is nothing where nothing is asked', () => {
    expect(conditionsOf(sqliteDialect, [], 'works')).toEqual({ conditions: [], values: {} });
    const parameters = new Parameters(postgres);
    const none = entityConditions(postgres, { set: works, scope: { tenant: 't' } }, [], { parameters, row: 'r' });
    expect(none).toEqual([]);
  });

  it('of the aggregate itself speaks of its row, and of its key as a column', () => {
    expect(conditionsOf(sqliteDialect, [], "works?$filter=loans gt 5 and code eq 'a'")).toEqual({
      conditions: [`((r."on/loans" > :p1) AND (r.id = :p2))`],
      values: { p1: 5n, p2: 'a' },
    });
  });

  it('of an entity inside speaks of what is at its path, which is a parameter', () => {
    const url = "works('a')/chapters?$filter=pages gt 5";
    expect(conditionsOf(sqliteDialect, ['chapters', '[2]'], url)).toEqual({
      conditions: [`(json_extract((r.document -> :p1), '$."pages"') > :p2)`],
      values: { p1: '$."chapters"."[2]"', p2: 5n },
    });
    expect(conditionsOf(postgres, ['chapters', '[2]'], url)).toEqual({
      conditions: [`(((r.document #> $1::text[]) #>> '{pages}')::numeric > $2::numeric)`],
      values: { p1: '{chapters,"[2]"}', p2: '5' },
    });
  });

  it('of an entity inside does not take the key of the aggregate for its own', () => {
    expect(conditionsOf(sqliteDialect, ['x'], "works?$filter=code eq 'a'").conditions).toEqual([
      `(json_extract((r.document -> :p1), '$."code"') = :p2)`,
    ]);
  });

  it('of several entities is what holds of each', () => {
    const parameters = new Parameters(postgres);
    const all = [
      { path: [], ...filtersOf('works?$filter=lent') },
      { path: ['chapters', '[1]'], ...filtersOf("works('a')/chapters?$filter=pages gt 5") },
    ];
    expect(entityConditions(postgres, { set: works, scope: { tenant: 't' } }, all, { parameters, row: 'r' })).toEqual([
      `(r.document #>> '{lent}')::boolean`,
      `(((r.document #> $1::text[]) #>> '{pages}')::numeric > $2::numeric)`,
    ]);
  });
});
