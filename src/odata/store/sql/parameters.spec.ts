import { describe, expect, it } from '@jest/globals';
import { postgresDialect } from '../postgres/postgres-dialect.js';
import { sqliteDialect } from '../sqlite/sqlite-dialect.js';
import { inScope, wholeRow } from './fragments.js';
import { Parameters } from './parameters.js';

const postgres = postgresDialect({ caseCollation: undefined, normalizes: false });

describe('the parameters of a statement', () => {
  it.each([
    ['SQLite', sqliteDialect, [':p1', ':p2', ':p3']],
    ['PostgreSQL', postgres, ['$1', '$2', '$3']],
  ])('are numbered as they are added: %s', (_, dialect, expected) => {
    const parameters = new Parameters(dialect);
    expect([parameters.add('a'), parameters.add('a'), parameters.add(null)]).toEqual(expected);
    expect(Object.entries(parameters.values)).toEqual([
      ['p1', 'a'],
      ['p2', 'a'],
      ['p3', null],
    ]);
  });

  it('of LIMIT are text where the database plans anew for each, and numbers of rows', () => {
    const [text, parameter] = [new Parameters(sqliteDialect), new Parameters(postgres)];
    expect([text.limit(20), text.values]).toEqual(['20', {}]);
    expect([parameter.limit(20), parameter.values]).toEqual(['$1', { p1: 20 }]);
    for (const rows of [-1, 1.5, NaN, Infinity, '1; DROP TABLE notes' as unknown as number]) {
      expect(() => text.limit(rows)).toThrow(RangeError);
    }
  });

  it.each([
    ['SQLite', sqliteDialect, [':tenant', ':p2', ':tenant', ':owner', ':p4']],
    ['PostgreSQL', postgres, ['$1', '$2', '$1', '$3', '$4']],
  ])('that have a name stand once, whatever stands between: %s', (_, dialect, expected) => {
    const parameters = new Parameters(dialect);
    const placeholders = [
      parameters.named('tenant', 't'),
      parameters.add(1),
      parameters.named('tenant', 'other'),
      parameters.named('owner', 'o'),
      parameters.add(2n),
    ];
    expect(placeholders).toEqual(expected);
    expect(Object.entries(parameters.values)).toEqual([
      ['tenant', 't'],
      ['p2', 1],
      ['owner', 'o'],
      ['p4', 2n],
    ]);
  });
});

describe('the conditions of a scope', () => {
  it.each([
    [{ tenant: 't' }, '', ['tenant = $1'], { tenant: 't' }],
    [{ tenant: 't' }, 'e.', ['e.tenant = $1'], { tenant: 't' }],
    [{ tenant: 't', owner: 'o' }, 'e.', ['e.tenant = $1', 'e.owner = $2'], { tenant: 't', owner: 'o' }],
    [{ tenant: 't', owner: '' }, '', ['tenant = $1', 'owner = $2'], { tenant: 't', owner: '' }],
  ])('of %j before %j are %j', (scope, row, conditions, values) => {
    const parameters = new Parameters(postgres);
    expect(inScope(scope, parameters, row)).toEqual(conditions);
    expect(inScope(scope, parameters, row)).toEqual(conditions);
    expect(parameters.values).toEqual(values);
  });
});

describe('the columns of a whole row', () => {
  const set = { name: 's', key: 'id', contained: ['a', 'b'], indexes: [] };

  it.each([
    [[], `id, version, json(jsonb_remove(document, '$."a"', '$."b"')) AS document`],
    [['b'], `id, version, json(jsonb_remove(document, '$."a"')) AS document`],
    [['a', 'b'], 'id, version, json(document) AS document'],
  ])('leave out what is contained, but for %j', (contained, expected) => {
    expect(wholeRow(sqliteDialect, set, contained)).toBe(expected);
  });
});
