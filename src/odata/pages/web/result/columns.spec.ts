import { describe, expect, it } from '@jest/globals';
import { readModel } from '../model/model.js';
import { columnsOf, memberOf, rowsOf } from './columns.js';

const model = readModel({
  a: {
    T: { $Kind: 'EntityType', $Key: ['id'], id: {}, x: {}, y: {} },
    C: { $Kind: 'EntityContainer', ts: { $Type: 'a.T', $Collection: true } },
  },
});
const type = { type: 'a.T', collection: true };
const names = (query: string, rows: Record<string, unknown>[]) =>
  columnsOf(model, type, query, rows).map(({ name }) => name);

describe('a table', () => {
  it.each([
    ['ts', ['id', 'x', 'y', 'dynamic']],
    ['ts?$select=y,id', ['y', 'id', 'dynamic', 'x']],
    ['ts?$select=*', ['id', 'x', 'y', 'dynamic']],
  ])('of %s has the columns %j', (query, expected) => {
    expect(
      names(query, [
        { '@odata.etag': 'e', y: 1, dynamic: 2 },
        { id: 1, 'x@odata.type': 't', x: 2 },
      ]),
    ).toEqual(expected);
  });

  it('has a column of a stream of which something is said', () => {
    expect(names('ts?$select=id', [{ id: 1, 'x@odata.mediaContentType': 'image/png' }, { id: 2 }])).toEqual([
      'id',
      'x',
    ]);
    expect(names('ts', [{ id: 1, 'y@mediaReadLink': 'u', '@mediaEtag': '"1"' }])).toEqual(['id', 'y']);
  });

  it('has columns of control information where that is all there is, and of what was removed', () => {
    const links = [{ 'a@odata.navigationLink': 'u', '@odata.type': 't' }];
    expect(columnsOf(model, undefined, '$crossjoin(a,b)', links).map(({ name }) => name)).toEqual([
      'a@odata.navigationLink',
    ]);
    expect(names('ts/$ref', [{ '@odata.id': 'u' }])).toEqual(['@odata.id']);
    expect(names('ts', [{ id: 1, '@odata.id': 'u', 'x@odata.navigationLink': 'v' }])).toEqual(['id']);
    expect(names('ts', [{ id: 1 }, { '@removed': { reason: 'deleted' }, '@id': 'u' }])).toEqual(['id', '@removed']);
  });

  it('has nothing in a row that objects have by themselves', () => {
    expect(['constructor', 'toString', '__proto__', 'x'].map((name) => memberOf({ x: 1 }, name))).toEqual([
      undefined,
      undefined,
      undefined,
      1,
    ]);
  });

  it('has rows where there are some', () => {
    expect(rowsOf({ value: [{ a: 1 }] })).toEqual({ rows: [{ a: 1 }], items: false, single: false });
    expect(rowsOf({ value: [1, null] })).toEqual({ rows: [{ value: 1 }, { value: null }], items: true, single: false });
    expect(rowsOf({ a: 1 })).toEqual({ rows: [{ a: 1 }], items: false, single: true });
    expect([rowsOf({ value: 1 }), rowsOf(1), rowsOf(null), rowsOf([1])]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
