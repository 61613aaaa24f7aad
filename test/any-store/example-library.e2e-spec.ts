import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase } from '../support/databases.js';
import { ExampleLibrary, type LibraryRequest } from '../support/example-library.js';

const v401 = { 'odata-version': '4.01', 'odata-maxversion': '4.01' };
const delta = (...value: unknown[]): unknown => ({ '@context': '#$delta', value });
const today = /^\d{4}-\d{2}-\d{2}$/;

describe('the example', () => {
  let database: TestDatabase;
  let library: ExampleLibrary;
  beforeAll(async () => {
    database = await testDatabase();
    library = await ExampleLibrary.start(database.url);
  });
  afterAll(async () => {
    await library.stop();
    await database.discard();
  });

  const send = (method: string, path: string, body?: unknown, options: LibraryRequest = {}) =>
    library.request(method, path, { ...options, ...(body === undefined ? {} : { body }) });
  const read = async (path: string) => (await send('GET', path)).body;
  const valueOf = async (path: string) => (await read(path)).value;
  let next = 0;
  /** Makes a work; gives its path. */
  const work = async (more: object = {}): Promise<string> => {
    const code = `TT${String(++next)}`;
    const { status, text } = await send('POST', '/works', { code, title: 'A Title', ...more });
    expect([status, text]).toEqual([201, text]);
    return `/works('${code}')`;
  };

  describe('computes the slug of a work', () => {
    const title = "L'isola del giorno prima";
    it.each([
      ['POST', { code: 'SL1', title, slug: 'sent' }, '/works', {}],
      ['PUT', { title }, '/works/SL2', { 'if-none-match': '*' }],
      ['PATCH', { title }, "/works('SL3')", { prefer: 'create-if-missing' }],
      ['PATCH', delta({ code: 'SL4', title }), '/works', v401],
      ['PATCH', { 'works@delta': [{ code: 'SL5', title }] }, '/authors/eco', v401],
    ])('when %s makes it of %j', async (method, body, path, headers) => {
      const { status, text } = await send(method, path, body, { headers });
      expect([status < 300, text]).toEqual([true, text]);
      const code = /SL\d/.exec(JSON.stringify([body, path]))![0];
      expect(await valueOf(`/works/${code}/slug`)).toBe('l-isola-del-giorno-prima');
      expect(await valueOf(`/works/${code}/acquired`)).toMatch(today);
    });

    it.each([
      ['PATCH', '', { title: 'New One' }],
      ['PUT', '', { title: 'New One' }],
      ['PUT', '/title', { value: 'New One' }],
      ['PATCH', '/title', { value: 'New One' }],
      ['PUT', '/title/$value', 'New One'],
    ])('when %s of the work%s changes the title by %j', async (method, at, body) => {
      const one = await work();
      const headers = typeof body === 'string' ? { 'content-type': 'text/plain' } : {};
      expect((await send(method, `${one}${at}`, body, { headers })).status).toBeLessThan(300);
      expect(await valueOf(`${one}/slug`)).toBe('new-one');
    });

    it('when a delta payload, or a change of each, changes the title', async () => {
      const one = await work();
      const code = /'(.*)'/.exec(one)![1]!;
      await send('PATCH', '/works', delta({ code, title: 'By Delta' }), { headers: v401 });
      expect(await valueOf(`${one}/slug`)).toBe('by-delta');
      await send('PATCH', `/works/$filter(code eq '${code}')/$each`, { title: 'By Each' });
      expect(await valueOf(`${one}/slug`)).toBe('by-each');
    });

    it('and keeps it whatever a client sends, and where the title stays', async () => {
      const one = await work();
      expect((await send('PATCH', one, { slug: 'sent', lent: false })).body).toMatchObject({ slug: 'a-title' });
    });
  });

  it('sets the day where none is given, and keeps the one that is', async () => {
    expect(await valueOf(`${await work()}/acquired`)).toMatch(today);
    expect(await valueOf(`${await work({ acquired: '1980-01-02' })}/acquired`)).toBe('1980-01-02');
  });

  describe('does not delete a work that is lent', () => {
    const removed = delta({ code: 'CODE', '@removed': { reason: 'deleted' } });
    it.each([
      ['DELETE', "/works('CODE')", undefined],
      ['DELETE', '/works/CODE', undefined],
      ['DELETE', "/works/$filter(startswith(code,'CODE'))/$each", undefined],
      ['PATCH', '/works', removed],
    ])('by %s %s', async (method, path, body) => {
      const one = await work({ lent: true });
      const code = /'(.*)'/.exec(one)![1]!;
      const named = (text: string): string => text.replace('CODE', code);
      // Another one that the same request would delete stays too.
      const beside = `/works('${code}0')`;
      await send('POST', '/works', { code: `${code}0`, title: 'Beside' });
      const sent = body === undefined ? body : named(JSON.stringify(body));
      const { status, body: refusal } = await send(method, named(path), sent, { headers: v401 });
      expect([status, refusal.error.innerError.code]).toEqual([409, 'workIsLent']);
      expect([(await send('GET', one)).status, (await send('GET', beside)).status]).toEqual([200, 200]);
      await send('PATCH', one, { lent: false });
      expect((await send('DELETE', one)).status).toBe(204);
    });
  });

  describe('holds the pages of a chapter to each other', () => {
    const pages = { number: 1, firstPage: 10, lastPage: 20 };
    const faultOf = (answer: { status: number; body: any }) => [
      answer.status,
      answer.body.error.details.map(({ code, target }: any) => `${code as string} ${target as string}`),
    ];

    it.each([
      ['POST', '/works', { code: 'PG1', title: 'T', chapters: [{ ...pages, lastPage: 9 }] }, 'chapters/0/lastPage'],
      ['POST', '/chapters', { number: 2, firstPage: 10, lastPage: 9 }, 'lastPage'],
      ['PATCH', '/chapters(1)', { lastPage: 9 }, 'lastPage'],
      ['PATCH', '/chapters(1)', { firstPage: 21 }, 'lastPage'],
      ['PUT', '/chapters(1)', { firstPage: 21, lastPage: 20 }, 'lastPage'],
      ['PUT', '/chapters(1)/firstPage', { value: 21 }, 'lastPage'],
      ['PATCH', '', { 'chapters@delta': [{ number: 1, firstPage: 21 }] }, 'chapters(1)/lastPage'],
    ])('%s %s of %j', async (method, at, body, target) => {
      const one = await work({ chapters: [pages] });
      const before = await read(`${one}?$expand=chapters`);
      const path = at === '/works' ? at : `${one}${at}`;
      expect(faultOf(await send(method, path, body, { headers: v401 }))).toEqual([400, [`valueNotAllowed ${target}`]]);
      expect(await read(`${one}?$expand=chapters`)).toEqual(before);
    });

    it('and takes those that are in order, or not known', async () => {
      const one = await work({ chapters: [pages, { number: 2, lastPage: 3 }, { number: 3, firstPage: 3 }] });
      expect((await send('PATCH', `${one}/chapters(1)`, { firstPage: 20 })).status).toBe(200);
      expect((await send('PATCH', `${one}/chapters(1)`, { firstPage: 31, lastPage: 31 })).status).toBe(200);
    });
  });

  describe('trims and lower-cases an e-mail address', () => {
    const email = '  Eco@Example.ORG ';
    it.each([
      ['POST', '/authors', { id: 'em1', email }, {}],
      ['PATCH', '/authors/em1', { email }, {}],
      ['PUT', "/authors('em1')", { email }, {}],
      ['PUT', '/authors/em1/email', { value: email }, {}],
      ['PATCH', '/authors/em1/email', { value: email }, {}],
      ['PUT', '/authors/em1/email/$value', email, { 'content-type': 'text/plain' }],
      ['PATCH', '/authors', delta({ id: 'em1', email }), v401],
      ['PATCH', "/authors/$filter(id eq 'em1')/$each", { email }, {}],
    ])('of %s %s', async (method, path, body, headers) => {
      await send('PUT', '/authors/em1', {}, { headers: method === 'POST' ? { 'if-match': '*' } : {} });
      const { status, text } = await send(method, path, body, { headers });
      expect([status < 300, text]).toEqual([true, text]);
      expect(await valueOf('/authors/em1/email')).toBe('eco@example.org');
    });

    it('and holds it to be one after that', async () => {
      const { status, body } = await send('POST', '/authors', { id: 'em2', email: ' no address ' });
      expect([status, body.error.details[0].target]).toEqual([400, 'email']);
    });
  });

  describe('says who may do what', () => {
    const none: LibraryRequest = { scope: null };

    it('authors are read without a token, nothing else, and nothing through them', async () => {
      const { status, body } = await send('GET', '/authors?$filter=id eq %27eco%27&$select=name', undefined, none);
      expect([status, body.value[0].name]).toEqual([200, 'Umberto Eco']);
      expect((await send('GET', '/authors/eco', undefined, none)).status).toBe(200);
      for (const path of ['/works', "/works('EC1')", '/works/EC1/title', '/works/$count', '/settings']) {
        const answer = await send('GET', path, undefined, none);
        expect([path, answer.status, answer.headers.get('www-authenticate')]).toEqual([
          path,
          401,
          'Bearer realm="example.library"',
        ]);
      }
      for (const path of ['/authors?$expand=works', '/authors/eco?$expand=works', '/authors/eco/works'])
        expect([path, (await send('GET', path, undefined, none)).status]).toEqual([path, 401]);
      expect((await send('POST', '/authors', { id: 'no' }, none)).status).toBe(401);
      expect((await send('GET', '/authors/no')).status).toBe(404);
    });

    it('a token that is not valid is a 401 with a challenge, everywhere', async () => {
      for (const authorization of ['Bearer x', 'Basic x', '']) {
        const answer = await send('GET', '/authors', undefined, { authorization });
        expect([answer.status, answer.body.error.innerError?.code]).toEqual([401, 'invalidAuthenticationToken']);
        const challenge = 'Bearer realm="example.library", error="invalid_token"';
        expect(answer.headers.get('www-authenticate')).toBe(challenge);
      }
    });

    it('permissions of its own', async () => {
      const reader: LibraryRequest = { scope: 'Library.Read' };
      expect((await send('GET', '/works/EC1', undefined, reader)).status).toBe(200);
      for (const [method, path, body] of [
        ['POST', '/works', { code: 'NO1', title: 'No' }],
        ['PATCH', '/works/EC1', { title: 'No' }],
        ['DELETE', "/works('EC1')", undefined],
        ['PATCH', '/settings', { lendingDays: 1 }],
      ] as const) {
        const answer = await send(method, path, body, reader);
        expect([method, path, answer.status]).toEqual([method, path, 403]);
      }
      expect((await send('GET', '/works', undefined, { scope: 'DecoratedProfile.ReadWrite' })).status).toBe(403);
      expect(await valueOf('/works/EC1/title')).toBe('The Name of the Rose');
    });

    it.each(["/authors('eco')", '/authors/eco', "/authors(id='eco')"])('nobody deletes %s', async (path) => {
      const { status, headers } = await send('DELETE', path);
      expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, PATCH, PUT']);
      const each = await send('DELETE', "/authors/$filter(id eq 'eco')/$each");
      expect([each.status, each.headers.get('allow')]).toEqual([405, 'PATCH']);
      const removed = delta({ id: 'eco', '@removed': { reason: 'deleted' } });
      expect((await send('PATCH', '/authors', removed, { headers: v401 })).status).toBe(403);
      expect((await send('GET', path)).status).toBe(200);
    });
  });

  it('has settings, which are changed, and neither made nor deleted', async () => {
    expect(await read('/settings')).toMatchObject({ name: 'main', lendingDays: 28 });
    expect((await send('PATCH', '/settings', { lendingDays: 14 })).body).toMatchObject({ lendingDays: 14 });
    expect((await send('PATCH', '/settings', { lendingDays: 0 })).status).toBe(400);
    for (const method of ['POST', 'DELETE']) expect((await send(method, '/settings', {})).status).toBe(405);
  });

  it('has its seed once, and as it was changed, after another start', async () => {
    await send('PATCH', '/settings', { lendingDays: 21 });
    const before = await Promise.all(['/works', '/authors', '/settings'].map(read));
    await library.stop();
    library = await ExampleLibrary.start(database.url);
    const after = await Promise.all(['/works', '/authors', '/settings'].map(read));
    const plain = (all: unknown) => JSON.stringify(all).replaceAll(/http:\/\/127.0.0.1:\d+/g, '');
    expect(plain(after)).toBe(plain(before));
    expect(await read('/works/EC1')).toMatchObject({ slug: 'the-name-of-the-rose' });
    expect(await valueOf("/authors/eco/works?$filter=code eq 'EC1'&$select=code")).toMatchObject([{ code: 'EC1' }]);
  });

  it('describes itself, and nothing of profiles', async () => {
    const documents = await Promise.all(
      ['/$metadata', '/openapi.json', '/'].map((path) => send('GET', path, undefined, { scope: null })),
    );
    for (const { status, text } of documents) {
      expect(status).toBe(200);
      expect(text).not.toMatch(/profile|graph/i);
    }
    for (const { text } of documents.slice(0, 2)) {
      expect(text).toContain('Library.Read');
      expect(text).toContain('Library.Write');
    }
    expect(documents[1]!.text).toContain('workIsLent');
    expect(documents[2]!.body.value.map(({ name }: any) => name as string)).toEqual(['works', 'authors', 'settings']);
  });
});
