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
  it('has every request, changes together where they shall be', async () => {
    const { method, query, body } = await batchOf([read, change], true);
    expect([method, query]).toEqual(['POST', '$batch']);
    expect(body).toBe(
      '{"requests":[{"id":"1","method":"GET","url":"a?$filter=b%20eq%20\'x%20y\'","headers":{"accept":"application/json"}},' +
        '{"id":"2","atomicityGroup":"together","method":"PATCH","url":"a/1","headers":{},"body":{"c":9007199254740993}}]}',
    );
  });

  it('has files as their types are written', async () => {
    const put = (body: Blob) => ({ method: 'PUT', query: 'a/b', headers: [], body });
    const files = [
      new Blob([Uint8Array.of(251, 255, 0)], { type: 'image/png' }),
      new Blob(['{"a":1}'], { type: 'application/json' }),
      new Blob(['é'], { type: 'text/plain' }),
    ];
    const { body } = await batchOf(files.map(put), false);
    const parsed = JSON.parse(body as string) as { requests: { body: unknown }[] };
    expect(parsed.requests.map((one) => one.body)).toEqual(['-_8A', { a: 1 }, 'é']);
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
