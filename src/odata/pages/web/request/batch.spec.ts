import { describe, expect, it } from '@jest/globals';
import { batchOf, partsOfBatch } from './batch.js';

const read = {
  method: 'GET',
  query: "a?$filter=b eq 'x y'",
  headers: [['accept', 'application/json']] as [string, string][],
  body: '',
};
const change = { method: 'PATCH', query: 'a/1', headers: [], body: '{"c":9007199254740993}' };

describe('a batch', () => {
  it('has every request, changes together where they shall be', () => {
    const { method, query, body } = batchOf([read, change], true);
    expect([method, query]).toEqual(['POST', '$batch']);
    expect(body).toBe(
      '{"requests":[{"id":"1","method":"GET","url":"a?$filter=b%20eq%20\'x%20y\'","headers":{"accept":"application/json"}},' +
        '{"id":"2","atomicityGroup":"together","method":"PATCH","url":"a/1","headers":{},"body":{"c":9007199254740993}}]}',
    );
  });

  it('gives the answers there are', () => {
    const json = {
      responses: [{ id: '1', status: 200, headers: { etag: 'x' }, body: {} }, { id: 2, status: 204 }, 'nonsense'],
    };
    expect(partsOfBatch(json)).toEqual([
      { id: '1', status: 200, headers: { etag: 'x' }, body: {} },
      { id: '2', status: 204, headers: {}, body: undefined },
    ]);
    expect(partsOfBatch('nonsense')).toEqual([]);
  });
});
