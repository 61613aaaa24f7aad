import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { library } from '../models/library.js';
import { TestApp } from '../support/test-app.js';

const set = '/decoratedProfileConnections';

/** Without what every answer says beside its values. */
function bare(value: any): any {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name]) => !/@odata\.(?:context|etag|type|id|count)/.test(name));
  return Object.fromEntries(members.map(([name, inner]) => [name, bare(inner)]));
}

/** OData 4.01 Protocol 11.4.1.5: what a modification answers with is asked by the options of a read. */
describe('the answer to a modification', () => {
  describe('of this service', () => {
    let app: TestApp;
    let path: string;
    beforeAll(async () => {
      app = await TestApp.start();
    });
    beforeEach(async () => {
      path = await app.profile({ headline: 'old', skills: ['boats'] });
    });
    afterAll(() => app.stop());
    const change = { headline: 'hello', skills: ['bridges', 'ships', 'barges'] };

    it.each<[query: string, expected: object]>([
      [
        "$select=headline,skills($filter=startswith($this,'b');$orderby=$this)",
        { headline: 'hello', skills: ['barges', 'bridges'] },
      ],
      ['$select=skills($top=1)', { skills: ['bridges'] }],
      ['$compute=length(headline) as n&$select=n', { n: 5 }],
      ['$compute=skills/$count as n&$select=headline,n', { headline: 'hello', n: 3 }],
    ])('[A41M-27] [A41A-5] PATCH of a profile with %s shows it after the change', async (query, expected) => {
      const { status, body } = await app.patch(`${path}?${encodeURI(query)}`, change);
      expect([status, bare(body)]).toEqual([200, expected]);
      expect(bare((await app.get(`${path}?${encodeURI(query)}`)).body)).toEqual(expected);
    });

    it('of a connection is expanded, filtered and computed', async () => {
      const connection = path.replace('/profile', '');
      const query =
        "$select=relevanceScore,twice&$compute=relevanceScore mul 2 as twice&$expand=profile($select=skills($filter=$this eq 'boats'))";
      const expected = { relevanceScore: 3, twice: 6, profile: { skills: ['boats'] } };
      const patched = await app.patch(`${connection}?${encodeURI(query)}`, { relevanceScore: 3 });
      expect(bare(patched.body)).toEqual(expected);
      const put = await app.request('PUT', `${connection}?${encodeURI(query)}`, { body: { relevanceScore: 3 } });
      expect(bare(put.body)).toEqual(expected);
      const made = await app.post(`${set}?${encodeURI(query)}`, {
        relevanceScore: 3,
        profile: { skills: ['boats', 'x'] },
      });
      expect([made.status, bare(made.body)]).toEqual([201, expected]);
      expect(made.headers.get('etag')).toBe(made.body['@odata.etag']);
    });

    it('of a complex property, and of a collection of them, too', async () => {
      const locale = await app.patch(`${path}/locale?$select=language`, { language: 'en', country: 'GB' });
      expect([locale.status, bare(locale.body)]).toEqual([200, { language: 'en' }]);
      const numbers = {
        value: [
          { number: '2', type: 'HOME' },
          { number: '1', type: 'WORK' },
        ],
      };
      const computed = encodeURI("$compute=concat(number,'!') as loud&$select=loud");
      const phones = await app.request('PUT', `${path}/phoneNumbers?${computed}`, { body: numbers });
      expect(bare(phones.body)).toEqual({ value: [{ loud: '2!' }, { loud: '1!' }] });
      const more = await app.post(`${path}/phoneNumbers?$select=number&$index=0`, { number: '3' });
      expect(bare(more.body)).toEqual({ value: [{ number: '3' }, { number: '2' }, { number: '1' }] });
    });

    it.each([
      '$compute=nothing as n',
      '$select=skills($filter=nothing eq 1)',
      '$filter=true',
      '$compute=1 as n&$expand=nothing',
    ])('is refused before anything is changed: %s', async (query) => {
      const { status } = await app.patch(`${path}?${encodeURI(query)}`, change);
      expect(status).toBe(400);
      expect((await app.get(`${path}/headline/$value`)).text).toBe('old');
    });

    it('of each member', async () => {
      const id = path.split('/')[2]!;
      const query = encodeURI(
        '$compute=relevanceScore add 1 as more&$select=id,more&$expand=profile($select=skills($top=1))',
      );
      const { body } = await app.patch(`${set}/$filter(id eq '${id}')/$each?${query}`, { relevanceScore: 7 });
      expect(bare(body)).toEqual({ value: [{ id, more: 8, profile: { skills: ['boats'] } }] });
    });
  });

  it('shows what others refer to, and counts, where it is made with them', async () => {
    const app = await TestApp.start({}, library);
    const query = encodeURI(
      "$select=code&$expand=chapters/$count($filter=pages gt 1),writers($select=name;$filter=startswith(name,'A'))",
    );
    const body = {
      code: 'w',
      chapters: [
        { number: 1, pages: 1 },
        { number: 2, pages: 9 },
      ],
      writers: [
        { id: 'a', name: 'Ada' },
        { id: 'b', name: 'Bob' },
      ],
    };
    const made = await app.post(`/works?${query}`, body);
    expect([made.status, made.body['chapters@odata.count']]).toEqual([201, 1]);
    expect(bare(made.body.writers)).toEqual([{ name: 'Ada' }]);
    await app.stop();
  });
});
