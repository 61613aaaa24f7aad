import { describe, expect, it } from '@jest/globals';
import { Follower } from './follower.js';

describe('who follows changes', () => {
  /** Follows through these answers, by what is asked; gives what was seen, until it ended. */
  const follow = (answers: Record<string, [status: number, json: unknown]>): Promise<unknown[]> =>
    new Promise((resolve) => {
      const seen: unknown[] = [];
      const read = (query: string): Promise<any> => {
        const [status, json] = answers[query] ?? [410, {}];
        return Promise.resolve({ status, json });
      };
      const follower = new Follower(
        {
          read,
          queryOf: (url: string) => url,
          changed: (items: unknown[], first: boolean) => seen.push([first, items]),
          ended: (reason: string) => resolve([...seen, reason]),
        },
        0,
      );
      follower.start('a');
    });

  it('reads every page, then what changed since, until it is too old', async () => {
    const seen = await follow({
      a: [200, { value: [{ id: 1 }], '@odata.nextLink': 'b' }],
      b: [200, { value: [{ id: 2 }], '@deltaLink': 'c' }],
      c: [200, { value: [], '@odata.deltaLink': 'd' }],
      d: [200, { value: [{ id: 3 }], '@odata.deltaLink': 'e' }],
    });
    expect(seen).toEqual([
      [true, [{ id: 1 }, { id: 2 }]],
      [false, [{ id: 3 }]],
      'The changes are too old to be followed; ask again.',
    ]);
  });

  it('says where nothing can be followed', async () => {
    expect(await follow({ a: [200, { value: [] }] })).toEqual(['The service gives no delta link for this query.']);
    expect(await follow({ a: [500, undefined] })).toEqual(['The service answered with 500.']);
  });
});
