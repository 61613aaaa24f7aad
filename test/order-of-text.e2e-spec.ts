import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { library } from './models/library.js';
import { type TestDatabase, testDatabase } from './support/databases.js';
import { TestApp } from './support/test-app.js';

/** Texts that dictionaries and code points order differently, in the order of the latter. */
const texts = ['-1', '-b', '1', 'B', 'Z a', 'Za', '_', 'a', 'aB', 'aa', 'b', 'z', 'Ä', 'ä', 'ﬀ', '𝄞'];

describe('the order of text is that of its code points', () => {
  let app: TestApp;
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
    await speakDictionary(new URL(database.url, 'file:'));
    app = await TestApp.start({ DATABASE_URL: database.url }, library);
    // Not in that order.
    for (const text of texts.toReversed())
      expect((await app.post('/works', { code: text, title: text, price: -1 })).status).toBe(201);
  });
  afterAll(async () => {
    await app.stop();
    await database.discard();
  });

  /** Makes the database of PostgreSQL again as one whose own order is that of a dictionary. */
  async function speakDictionary({ protocol, pathname }: URL): Promise<void> {
    if (protocol !== 'postgres:') return;
    const name = pathname.slice(1);
    const client = new Client({ connectionString: process.env.TEST_POSTGRES });
    await client.connect();
    await client.query(`DROP DATABASE ${name}`);
    await client.query(
      `CREATE DATABASE ${name} TEMPLATE template0 ENCODING UTF8 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'`,
    );
    await client.end();
  }

  it.each([
    [''],
    ['$orderby=title'],
    ["$orderby=concat(title,'')"],
    ["$orderby=concat('',title)"],
    ['$orderby=substring(title,0)'],
    ['$orderby=trim(title)'],
    ['$orderby=cast(title,Edm.String)'],
    ["$orderby=case(price lt 0:title,true:'z')"],
    ['$apply=identity'],
    ['$apply=filter(price lt 0)'],
    ['$apply=orderby(title)'],
    ['$apply=groupby((title))'],
    ['$apply=groupby((title))/orderby(price)'],
    ['$apply=groupby((title,code),aggregate($count as n))'],
    ["$apply=compute(concat(title,'') as t)/groupby((t,title))"],
    ["$apply=compute(case(price lt 0:title,true:'z') as t)/orderby(t)"],
    ['$apply=concat(identity,identity)/top(16)'],
  ])('in %s', async (query) => {
    const asked = query.replace('/orderby(price)', '');
    for (const size of [4, 100]) {
      const found: string[] = [];
      for (let url: string | undefined = `/works?${encodeURI(asked)}`; url !== undefined;) {
        const { body } = await app.get(url, { headers: { prefer: `maxpagesize=${size}` } });
        found.push(...body.value.map(({ title }: any) => title));
        url = body['@odata.nextLink'];
      }
      expect(found).toEqual(texts);
    }
  });

  it.each<[filter: string, expected: readonly string[]]>([
    ["title lt 'a'", texts.slice(0, 7)],
    ["concat(title,'') lt 'a'", texts.slice(0, 7)],
    ["'a' gt concat('',title)", texts.slice(0, 7)],
    ["'a' gt 'B' and title eq 'a'", ['a']],
    ["concat('a','') gt concat('B','') and title eq 'a'", ['a']],
    ["cast(price,Edm.String) lt 'A' and title eq 'a'", ['a']],
  ])('in %s', async (filter, expected) => {
    const { body } = await app.get(`/works?$filter=${encodeURIComponent(filter)}`);
    expect(body.value.map(({ title }: any) => title)).toEqual(expected);
  });

  it('for the least and the greatest', async () => {
    const apply = "compute(case(price lt 0:title,true:'z') as t)/aggregate(t with min as least,t with max as most)";
    const { body } = await app.get(`/works?$apply=${encodeURIComponent(apply)}`);
    expect(body.value).toEqual([{ least: '-1', most: '𝄞' }]);
    const top = await app.get(`/works?$apply=topcount(1,title)`);
    expect(top.body.value).toMatchObject([{ title: '𝄞' }]);
  });
});
