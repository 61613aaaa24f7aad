import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { operated } from './models/operated.js';
import { type Answer, type RequestOptions, TestApp } from './support/test-app.js';
import { ann, bob } from './support/tokens.js';

const ns = 'test.lending';
const v401 = { 'odata-version': '4.01', 'odata-maxversion': '4.01' };

describe('operations of a model', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, operated);
  });
  afterAll(() => app.stop());

  beforeEach(async () => {
    for (const set of ['items', 'readers']) await app.delete(`/${set}/$each`);
    const items = [
      { code: 'a', title: 'Alpha', pages: 10, tags: ['x', 'y'], place: { city: 'Leeds', floor: 1 } },
      { code: 'b', title: 'Beta', pages: 30, parts: [{ number: 1, title: 'One' }] },
      { '@odata.type': `#${ns}.Film`, code: 'c', title: 'Gamma', pages: 20, minutes: 90 },
    ];
    for (const item of items) expect((await app.post('/items', item)).status).toBe(201);
    await app.post('/readers', { id: 'r', name: 'Ann' });
    for (const name of ['desk', 'other']) await app.request('PUT', `/${name}`, { body: { name, count: 0 } });
  });

  const url = (path: string): string => `/${encodeURI(path).replaceAll('+', '%2B')}`;
  const get = (path: string, options?: RequestOptions): Promise<Answer> => app.get(url(path), options);
  const post = (path: string, body?: unknown, options?: RequestOptions): Promise<Answer> =>
    app.request('POST', url(path), { ...options, ...(body === undefined ? {} : { body }) });
  const codes = ({ body, text }: Answer): string =>
    (body?.value as { code: string }[] | undefined)?.map(({ code }) => code).join('') ?? text;
  const fault = ({ status, body }: Answer): unknown[] => {
    const { innerError, details = [], target } = body?.error ?? {};
    return [status, innerError?.code ?? body?.error?.code, ...details.map((one: any) => `${one.code} ${one.target}`)]
      .concat(details.length === 0 && target !== undefined ? [target] : [])
      .filter((one) => one !== undefined);
  };

  describe('an action', () => {
    const due = '2030-01-01';

    it.each([
      ['by its qualified name', `items('a')/${ns}.lend`],
      ['by its name, because its namespace is a default one', "items('a')/lend"],
      ['in the style of key segments', `items/a/${ns}.lend`],
      ['through a reference', `readers('r')/has('a')/lend`],
      ['behind a type cast of the set', `items/${ns}.Item('a')/lend`],
    ])('[A41M-9e] is called %s', async (_, path) => {
      await app.patch("/readers('r')", { 'has@odata.bind': ["items('a')"] });
      const answer = await post(path, { due, reader: { '@odata.id': "readers('r')" } });
      expect([answer.status, answer.body]).toMatchObject([200, { code: 'a', lent: true, due, tags: ['renewals 2'] }]);
      expect(answer.body['@odata.context']).toBe(`${app.root}/$metadata#items/$entity`);
      expect((await get("items('a')?$expand=reader($select=name)")).body).toMatchObject({
        lent: true,
        reader: { name: 'Ann' },
      });
    });

    it('holds its parameters to their types and rules, as a body, and does nothing where one is wrong', async () => {
      const faulty = { due: 'soon', note: '12345678901', renewals: -1, nope: 1 };
      expect(fault(await post("items('a')/lend", faulty))).toEqual([
        400,
        'invalidBody',
        'typeMismatch due',
        'valueTooLong note',
        'valueOutOfRange renewals',
        'propertyNotFound nope',
      ]);
      expect(fault(await post("items('a')/lend", {}))).toEqual([400, 'nullNotAllowed', 'nullNotAllowed due']);
      expect(fault(await post("items('a')/lend", { due: null }))).toEqual([
        400,
        'nullNotAllowed',
        'nullNotAllowed due',
      ]);
      const nobody = await post("items('a')/lend", { due, reader: { '@odata.id': "readers('nobody')" } });
      expect(fault(nobody)).toEqual([400, 'referenceNotFound', 'reader']);
      const other = await post("items('a')/lend", { due, reader: { '@odata.id': "items('a')" } });
      expect(other.status).toBe(400);
      expect((await get("items('a')")).body.lent).toBeNull();
    });

    it.each([
      ['with nothing', undefined, {}],
      ['with an empty object', {}, {}],
      ['with an empty object of 4.01', {}, v401],
    ])('[A41M-9d] without parameters is called %s', async (_, body, headers) => {
      const options = {
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      };
      const { status, text } = await post("items('a')/giveBack", body, options);
      expect([status, text]).toEqual([204, '']);
    });

    it('has the overload of what it is bound to: a set, what a filter leaves of it, one', async () => {
      for (const code of ['a', 'b']) await post(`items('${code}')/lend`, { due });
      expect((await post("items/$filter(code eq 'a')/giveBack")).body.value).toBe(1);
      expect((await get("items('b')/lent")).body.value).toBe(true);
      expect((await post('items/giveBack')).body.value).toBe(1);
      expect((await get("items('b')/lent")).body.value).toBe(false);
    });

    it('is done to each member, all or nothing', async () => {
      for (const code of ['a', 'b', 'c']) await post(`items('${code}')/lend`, { due });
      const { status } = await post('items/$filter(pages gt 15)/$each/giveBack');
      expect([status, codes(await get('items?$filter=lent eq true'))]).toEqual([204, 'a']);
      // The first of them is lent, the second is not.
      const failed = await post("items/$filter(code ne 'c')/$each/lend", { due });
      expect([fault(failed), codes(await get('items?$filter=lent eq true'))]).toEqual([[409, 'tooLate'], 'a']);
      const each = await post("items/$filter(code ne 'a')/$each/lend?$select=code", { due });
      expect([each.status, codes(each)]).toEqual([200, 'bc']);
    });

    it('that makes an entity and gives it says where it is', async () => {
      const { status, headers, body } = await post("items('a')/copy?$select=title", { code: 'z' });
      expect([status, headers.get('location'), body.title]).toEqual([201, `${app.root}/items('z')`, 'Alpha']);
      expect(fault(await post("items('a')/copy", { code: 'z' }))).toEqual([409, 'keyAlreadyExists', 'code']);
      const minimal = await post("items('a')/copy", { code: 'y' }, { headers: { prefer: 'return=minimal' } });
      expect([minimal.status, minimal.headers.get('odata-entityid'), minimal.text]).toEqual([
        204,
        `${app.root}/items('y')`,
        '',
      ]);
    });

    it('is undone as a whole where it fails, and says nothing of what has failed inside', async () => {
      expect(fault(await post("items('a')/fail", { late: true }))).toEqual([409, 'tooLate']);
      const broken = await post("items('a')/fail");
      expect([broken.status, broken.text.includes('secret')]).toEqual([500, false]);
      expect((await get("items('a')/title")).body.value).toBe('Alpha');
    });

    it('is bound to contained entities, to values and to complex values', async () => {
      const part = await post("items('b')/parts/addPart", { part: { number: 5, title: 'Five' } });
      expect([part.status, part.body]).toMatchObject([201, { number: 5, title: 'Five' }]);
      expect(part.headers.get('location')).toBe(`${app.root}/items('b')/parts(5)`);
      expect(fault(await post("items('b')/parts/addPart", { part: { title: 'x' } }))[0]).toBe(400);
      expect((await post("items('nobody')/parts/addPart")).status).toBe(404);
      expect((await post("items('a')/title/shout")).body).toEqual({
        '@odata.context': `${app.root}/$metadata#Edm.String`,
        value: 'ALPHA',
      });
      expect((await post("items('a')/place/climb", { floors: 3 })).status).toBe(204);
      expect((await get("items('a')")).body).toMatchObject({ title: 'ALPHA', place: { city: 'Leeds', floor: 4 } });
      expect((await post("items('nobody')/title/shout")).status).toBe(404);
    });

    it('is called by its import, with collections, complex values and members of an enumeration', async () => {
      const body = { tags: ['x'], place: { city: 'Bonn' }, condition: 'Worn' };
      const { body: answer } = await post('tidyUp', body);
      expect(answer).toEqual({
        '@odata.context': `${app.root}/$metadata#Collection(Edm.String)`,
        value: ['x', 'Bonn', 'Worn'],
      });
      expect((await get("items('a')/tags")).body.value).toEqual(['y']);
      expect(fault(await post('tidyUp', { tags: [1, '2', '3', '4'], place: { nope: 1 }, condition: 'x' }))).toEqual([
        400,
        'invalidBody',
        'typeMismatch tags/0',
        'propertyNotFound place/nope',
        'unknownEnumMember condition',
        'valueNotAllowed tags',
      ]);
      expect((await post(`${ns}.tidy`, body)).status).toBe(404);
    });

    it('heeds the ETag of what it is bound to', async () => {
      const etag = (await get("items('a')")).headers.get('etag')!;
      const headers = { 'if-match': etag, 'content-type': 'application/json' };
      expect((await post("items('a')/lend", { due }, { headers })).status).toBe(200);
      expect(fault(await post("items('a')/giveBack", {}, { headers }))).toEqual([
        412,
        'entityTagDoesNotMatch',
        'If-Match',
      ]);
      expect((await post('items/giveBack', {}, { headers })).status).toBe(412);
    });

    it.each([
      ['GET', "items('a')/lend", 405, 'POST'],
      ['PATCH', "items('a')/lend", 405, 'POST'],
      ['DELETE', 'tidyUp', 405, 'POST'],
      ['POST', "items('a')/worth(rate=1)", 405, 'GET, HEAD'],
      ['POST', "search(text='x')", 405, 'GET, HEAD'],
      ['POST', "items('a')/lend/title", 404, null],
      ['POST', "items('a')/lend(due=2030-01-01)", 404, null],
      ['POST', "items('nobody')/lend", 404, null],
      ['POST', `items/${ns}.Film('a')/lend`, 404, null],
    ])('%s of %s is refused with %i', async (method, path, status, allow) => {
      const body = method === 'GET' ? {} : { body: { due } };
      const answer = await app.request(method, url(path), body);
      expect([answer.status, answer.headers.get('allow')]).toEqual([status, allow]);
    });

    it('needs the permission to write, or what its handler says', async () => {
      const reads = { as: { ...ann, scp: 'DecoratedProfile.Read' } };
      expect(fault(await post("items('a')/giveBack", {}, reads))).toEqual([403, 'accessDenied']);
      expect(fault(await post('tidyUp', { tags: [] }, reads))).toEqual([403, 'accessDenied']);
      expect(fault(await post("items('a')/giveBack", {}, { as: null }))).toEqual([401, 'missingAuthenticationToken']);
      expect((await post('desk/ring', {}, reads)).body.value).toBe(1);
      expect((await get('desk/count')).body.value).toBe(1);
      expect((await post('items', { code: 'q' }, reads)).status).toBe(403);
    });

    it('that is bound explicitly is only there where it is said to be', async () => {
      expect((await post('desk/ring')).status).toBe(200);
      expect((await post('other/ring')).status).toBe(404);
    });
  });

  describe('a function', () => {
    it.each([
      ["items('a')/worth(rate=2)", 21],
      ["items('a')/worth(rate=2,extra=5)", 25],
      [`items('a')/${ns}.worth(extra=5,rate=@r)?@r=3`, 35],
      ["items('a')/worth?rate=4", 41],
      ["items('a')/worth?@rate=4&extra=0", 40],
      ["items('c')/worth(rate=1)", 21],
    ])('[A41M-9f] [A41M-9g] %s is computed by the store', async (path, value) => {
      const { body } = await get(path);
      expect(body).toEqual({ '@odata.context': `${app.root}/$metadata#Edm.Int32`, value });
    });

    it.each([
      ['items?$filter=worth(rate=2) gt 30', 'bc'],
      [`items?$filter=${ns}.worth(rate=2,extra=pages) gt 60`, 'b'],
      ['items?$filter=worth(rate=@r) gt 30&@r=2', 'bc'],
      [`items?$orderby=worth(rate=1) desc`, 'bca'],
      ['readers?$filter=has/any(i:i/worth(rate=1) gt 25)', ''],
      ['items?$filter=not (worth(rate=2) gt 30)', 'a'],
    ])('is part of expressions: %s', async (path, found) => {
      expect(codes(await get(path))).toBe(found);
    });

    it('is part of $compute, and of what is grouped', async () => {
      const computed = await get('items?$compute=worth(rate=1) as w&$select=code,w&$orderby=w');
      expect(computed.body.value.map(({ code, w }: any) => [code, w])).toEqual([
        ['a', 11],
        ['c', 21],
        ['b', 31],
      ]);
      const sum = await get('items?$apply=aggregate(worth(rate=1) with sum as total)');
      expect(sum.body.value[0].total).toBe(63);
    });

    it.each([
      ['items?$filter=worth() gt 1', 400],
      ['items?$filter=worth(rate=title) gt 1', 400],
      ['items?$filter=worth(rate=1,nope=2) gt 1', 400],
      ['items?$filter=lend() eq null', 400],
      ['items?$filter=next()/pages gt 1', 501],
      ['items?$filter=whereabouts() eq null', 501],
      ["items('a')/worth(rate=1)/x", 404],
      ["items('a')/worth(rate=1,rate=2)", 404],
      ["items('a')/worth()", 404],
      ["items('a')/worth(rate='x')", 400],
      ["items('a')/worth(rate=pages)", 501],
      ["items('a')/worth(rate=1)?nope=1", 400],
      ["items('a')/worth(rate=1)?$filter=true", 400],
      ["items('nobody')/worth(rate=1)", 404],
      ["items('nobody')/next()", 404],
      ['items/longest(count=0)', 400],
      ['items/longest(count=@c)', 400],
      [`numbers(these=@t)?@t=@u&@u=@t`, 404],
      ["items('a')/nope()", 404],
    ])('%s is refused with %i', async (path, status) => {
      const answer = await get(path);
      expect([answer.status, answer.text]).toEqual([status, answer.text]);
    });

    it('that is composable is followed by paths, keys and query options', async () => {
      expect(codes(await get('items/longest(count=2)'))).toBe('bc');
      expect(codes(await get('items/longest(count=2)?$orderby=code desc&$filter=pages gt 20'))).toBe('b');
      expect((await get('items/longest(count=2)/$count')).text).toBe('2');
      expect((await get("items/longest(count=2)('b')/parts(1)/title")).body.value).toBe('One');
      expect((await get("items/longest(count=2)('a')")).status).toBe(404);
      expect(codes(await get(`items/longest(count=2)/${ns}.Film`))).toBe('c');
      expect(codes(await get('items/$filter(pages lt 25)/longest(count=1)'))).toBe('c');
      expect((await get("items('a')/next()/title/$value")).text).toBe('Beta');
      expect((await get("items('a')/next()?$expand=parts")).body.parts).toHaveLength(1);
      expect((await get("items('c')/next()")).status).toBe(204);
      expect((await get("items('c')/next()/title")).status).toBe(404);
      expect((await get("items('a')/whereabouts()/city")).body.value).toBe('Leeds');
      expect((await get("items('a')/whereabouts()?$select=floor")).body).toMatchObject({ floor: 1 });
      expect((await get("items('b')/whereabouts()")).status).toBe(204);
      expect((await get('numbers(these=[3,1,2])/$count')).text).toBe('3');
      expect((await get('numbers(these=[3,1,2])?$skip=1&$top=1&$count=true')).body).toMatchObject({
        '@odata.count': 3,
        value: [1],
      });
      expect((await get('numbers(these=[3,1,2])?$filter=$it gt 1')).status).toBe(501);
    });

    it('gives entities in its order, page by page', async () => {
      const headers = { prefer: 'maxpagesize=2' };
      const first = await get('items/longest(count=3)', { headers });
      const second = await app.get(first.body['@odata.nextLink'] as string, { headers });
      expect([codes(first), codes(second), second.body['@odata.nextLink']]).toEqual(['bc', 'a', undefined]);
      expect(codes(await get('items/longest(count=3)?$orderby=code'))).toBe('abc');
    });

    it('[A41M-9c] is called by its import, with and without parentheses', async () => {
      expect((await get('nothing')).status).toBe(204);
      expect((await get('nothing()')).status).toBe(204);
      const { body } = await app.get('/', { as: null });
      expect(body.value).toContainEqual({ name: 'nothing', kind: 'FunctionImport', url: 'nothing' });
    });

    it.each([
      ["search(text='a')", 'abc'],
      ["search(text=@t)?@t='Be'", 'b'],
      ["search?text='Be'&$select=code", 'b'],
      ['search(from=15)', 'bc'],
      ['search(from=15,to=25)', 'c'],
      ['search(to=25,from=15)?$filter=pages gt 100', ''],
    ])('has the overload of its parameters: %s', async (path, found) => {
      expect(codes(await get(path))).toBe(found);
    });

    it.each([
      ['numbers(these=[1,2],place={"floor":7})', [1, 2, 7]],
      ['numbers(these=@t,place=@p,item=@i)?@t=[1]&@p={"floor":7}&@i={"@odata.id":"items(\'b\')"}', [1, 7, 30]],
      ['numbers?these=[]&place=null', []],
    ])('takes collections, complex values and references: %s', async (path, value) => {
      expect((await get(path)).body?.value).toEqual(value);
    });

    it.each([
      ['numbers(these=[1,"x"],place={"floor":"7"},item={"@odata.id":"items(\'zz\')"})', ['these/1', 'place/floor']],
      ["search(text='123456789012345678901')", ['text']],
    ])('holds its parameters to their rules: %s', async (path, targets) => {
      const { status, body } = await get(path);
      expect([status, body.error.details.map(({ target }: any) => target)]).toEqual([400, targets]);
    });

    it('needs the permission to read', async () => {
      expect((await get('search(from=1)', { as: { ...ann, scp: 'None' } })).status).toBe(403);
      expect((await get("items('a')/worth(rate=1)", { as: { ...ann, scp: 'DecoratedProfile.Read' } })).status).toBe(
        200,
      );
    });

    it('gives only what the caller may see', async () => {
      const other = { as: bob };
      expect([codes(await get('search(from=1)', other)), (await get("items('a')/next()", other)).status]).toEqual([
        '',
        404,
      ]);
    });

    it('heeds conditions on what it is bound to', async () => {
      const etag = (await get("items('a')")).headers.get('etag')!;
      expect((await get("items('a')/next()", { headers: { 'if-match': 'W/"1"' } })).status).toBe(412);
      expect((await get("items('a')/whereabouts()", { headers: { 'if-match': etag } })).status).toBe(200);
    });
  });

  describe('in the rest of the protocol', () => {
    it('are parts of batches, in change sets too', async () => {
      const requests = [
        { id: '1', method: 'post', url: "items('a')/lend", body: { due: '2030-01-01' } },
        { id: '2', method: 'get', url: "items('a')/worth(rate=2)", dependsOn: ['1'] },
        { id: '3', atomicityGroup: 'g', method: 'post', url: "items('b')/lend", body: { due: '2030-01-01' } },
        { id: '4', atomicityGroup: 'g', method: 'post', url: "items('b')/fail", body: { late: true } },
      ].map((one) => ({ ...one, headers: { 'content-type': 'application/json' } }));
      const { body } = await post('$batch', { requests });
      const statuses = Object.fromEntries(body.responses.map(({ id, status }: any) => [id, status]));
      expect(statuses).toEqual({ 1: 200, 2: 200, 3: 424, 4: 409 });
      expect(codes(await get('items?$filter=lent eq true'))).toBe('a');
    });

    it('are answered later where the client prefers that', async () => {
      const headers = { prefer: 'respond-async', 'content-type': 'application/json' };
      const { status, headers: got } = await post("items('a')/lend", { due: '2030-01-01' }, { headers });
      expect(status).toBe(202);
      let answer = await app.get(got.get('location')!);
      while (answer.status === 202) answer = await app.get(got.get('location')!);
      expect([answer.headers.get('asyncresult') ?? answer.text.includes('200'), answer.text]).toEqual([
        expect.anything(),
        expect.stringContaining('"lent":true'),
      ]);
    });

    it('[J-9.5] [J-9.6] are advertised where everything is said, or where they are selected', async () => {
      const full = { headers: { accept: 'application/json;odata.metadata=full' } };
      const { body } = await get("items('a')", full);
      expect(body[`#${ns}.lend`]).toEqual({
        title: 'Lends an item to a reader.',
        target: `${app.root}/items('a')/${ns}.lend`,
      });
      expect(Object.keys(body).filter((name) => name.includes('#'))).toEqual(
        ['lend', 'giveBack', 'copy', 'fail', 'worth', 'next', 'whereabouts'].map((name) => `#${ns}.${name}`),
      );
      const set = (await get('items', full)).body;
      expect(Object.keys(set).filter((name) => name.includes('#'))).toEqual([`#${ns}.giveBack`, `#${ns}.longest`]);
      expect(set[`#${ns}.giveBack`].target).toBe(`${app.root}/items/${ns}.giveBack`);
      expect((await app.request('POST', set[`#${ns}.giveBack`].target as string)).status).toBe(200);
      expect((await get('desk', full)).body).toHaveProperty([`#${ns}.ring`]);
      expect((await get('other', full)).body).not.toHaveProperty([`#${ns}.ring`]);
      const selected = (await get(`items('a')?$select=code,${ns}.lend`)).body;
      expect([selected.code, selected.title, selected[`#${ns}.lend`]]).toEqual(['a', undefined, {}]);
      const all = (await get(`items('a')?$select=code,${ns}.*`)).body;
      expect(Object.keys(all).filter((name) => name.includes('#'))).toHaveLength(7);
      expect((await get(`items('a')?$expand=parts`)).text).not.toContain('#test.lending.lend');
      expect((await get(`items('a')?$select=${ns}.nope`)).status).toBe(400);
    });
  });
});
