import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import { library, libraryModel } from './models/library.js';
import { type Answer, TestApp } from './support/test-app.js';
import { settled } from './support/settled.js';
import { bob, daemon } from './support/tokens.js';

const v401 = { headers: { 'odata-version': '4.01', 'odata-maxversion': '4.01' } };
const v40 = { headers: { 'odata-version': '4.0' } };

describe('relationships', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    const set = aggregateSet(libraryModel.singletons.get('settings')!);
    await app.store.insert({ set, tenant: 'contoso', owner: 'ann', id: '', document: { name: 'main' } });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    for (const name of ['works', 'authors', 'bookings']) await app.delete(`/${name}/$each`, { as: daemon });
    for (const id of ['ada', 'eve', "o'n"]) await app.post('/authors', { id, name: id.toUpperCase() });
    await app.post('/authors', { id: 'bobs' }, { as: bob });
    const chapters = [{ number: 1, 'editor@odata.bind': "authors('eve')" }, { number: 2 }];
    const made = await app.post('/works', {
      code: 'w',
      title: 'Work',
      'writer@odata.bind': "authors('ada')",
      'writers@odata.bind': ["authors('ada')", `${app.root}/authors('o''n')`],
      chapters,
    });
    expect(made.status).toBe(201);
  });
  const w = "/works('w')";
  const ids = (list: any[]): string[] => list.map(({ id }) => id as string);
  const writers = async (): Promise<string[]> => ids((await app.get(`${w}/writers`)).body.value);
  const writer = async (): Promise<string | undefined> => (await app.get(`${w}/writer`)).body?.id;
  const faults = ({ body }: Answer): string[] =>
    (body.error.details ?? [body.error]).map(({ target }: { target: string }) => target);
  const reference = (path: string) => ({ '@odata.id': `${app.root}/${path}` });

  // URL Conventions 5.1.3: "Options": the property followed by a type cast gives the related entities of that type only.
  describe('[A40A-9.3] expanded as one of its derived types', () => {
    beforeEach(async () => {
      const kinds = { b: 'Book', m: 'Map', t: 'Atlas' };
      for (const [code, kind] of Object.entries(kinds))
        await app.post('/works', { '@odata.type': `#test.library.${kind}`, code, title: code, loans: 1 });
      const works = ['w', ...Object.keys(kinds)].map((code) => `works('${code}')`);
      const bound = await app.patch("/authors('ada')", { 'works@odata.bind': works }, v40);
      expect(bound.status).toBe(200);
    });
    const expanded = async (option: string): Promise<any> =>
      (await app.get(`/authors?$select=id&$filter=id eq 'ada'&$expand=${option}`)).body.value[0];

    it.each([
      ['works', 'bmtw'],
      ['works/test.library.Work', 'bmtw'],
      ['works/test.library.Book', 'b'],
      ['works/test.library.Map', 'mt'],
      ['works/test.library.Atlas', 't'],
      ["works/test.library.Map($filter=code ne 'm')", 't'],
      ['works/test.library.Map($orderby=code desc)', 'tm'],
      ['works/test.library.Map($orderby=scale,code desc;$top=1)', 't'],
    ])('%s gives %s', async (option, expected) => {
      expect((await expanded(option)).works.map(({ code }: any) => code).join('')).toBe(expected);
    });

    it('with properties of that type, references and counts', async () => {
      const one = await expanded(
        'works/test.library.Atlas($select=sheets,scale;$compute=loans add 1 as more;$count=true)',
      );
      expect(one['works@odata.count']).toBe(1);
      expect(one.works).toEqual([
        expect.objectContaining({ '@odata.type': '#test.library.Atlas', sheets: null, scale: null }),
      ]);
      expect(Object.keys(one.works[0]).filter((name) => !name.includes('@'))).toEqual(['scale', 'sheets']);
      expect((await expanded('works/test.library.Map/$count'))['works@odata.count']).toBe(2);
      const references = await expanded('works/test.library.Map/$ref');
      expect(references.works.map((link: any) => link['@odata.id'])).toEqual([
        `${app.root}/works('m')`,
        `${app.root}/works('t')`,
      ]);
    });

    it('one that is of another type is not there', async () => {
      const put = async (code: string): Promise<void> => {
        const { status } = await app.patch('/settings', { 'featured@odata.bind': `works('${code}')` }, v40);
        expect(status).toBe(200);
      };
      await put('t');
      const read = async (type: string): Promise<any> =>
        (await app.get(`/settings?$expand=featured/test.library.${type}($select=code)`)).body.featured;
      expect([(await read('Map')).code, await read('Book'), (await read('Work')).code]).toEqual(['t', null, 't']);
      await put('w');
      expect([await read('Map'), await read('Atlas')]).toEqual([null, null]);
    });
  });

  describe('[J-7.3] [B3.18] binding', () => {
    it('[A40I-5] at creation, at any depth, and answers as expanded as it is asked', async () => {
      expect([await writer(), await writers()]).toEqual(['ada', ['ada', "o'n"]]);
      expect((await app.get(`${w}/chapters(1)/editor/name`)).body.value).toBe('EVE');
      const body = { code: 'x', 'writer@odata.bind': "authors('eve')" };
      const { body: made } = await app.post('/works?$expand=writer($select=name)', body, v40);
      expect(made.writer.name).toBe('EVE');
    });

    it('[B3.10] a binding of 4.0 replaces a single relation, and adds to a collection', async () => {
      const body = {
        'writer@odata.bind': "authors('eve')",
        'writers@odata.bind': ["authors('eve')", "authors('ada')"],
      };
      const answer = await app.patch(w, body, v40);
      expect([answer.status, await writer(), await writers()]).toEqual([200, 'eve', ['ada', 'eve', "o'n"]]);
    });

    it('[B3.17] null removes a single relation', async () => {
      expect((await app.patch(w, { 'writer@odata.bind': null }, v40)).status).toBe(200);
      expect(await writer()).toBeUndefined();
    });

    it('[B4.2] changes the ETag where it changes a link', async () => {
      const before = (await app.get(w)).headers.get('etag');
      const same = await app.patch(w, { 'writer@odata.bind': "authors('ada')", 'writers@odata.bind': [] }, v40);
      expect(same.headers.get('etag')).toBe(before);
      const other = await app.patch(w, { 'writers@odata.bind': ["authors('eve')"] }, v40);
      expect(other.headers.get('etag')).not.toBe(before);
    });

    it.each<[what: string, body: object, targets: string[]]>([
      ['nobody', { 'writer@odata.bind': "authors('nobody')" }, ['writer@odata.bind']],
      ['another user’s', { 'writers@odata.bind': ["authors('ada')", "authors('bobs')"] }, ['writers@odata.bind/1']],
      ['another set', { 'writer@odata.bind': "works('w')" }, ['writer@odata.bind']],
      ['a property', { 'writer@odata.bind': "authors('ada')/name" }, ['writer@odata.bind']],
      ['another service', { 'writer@odata.bind': "https://other.example/v1.0/authors('ada')" }, ['writer@odata.bind']],
      [
        'no URL',
        { 'writer@odata.bind': 5, 'writers@odata.bind': "authors('ada')" },
        ['writer@odata.bind', 'writers@odata.bind'],
      ],
      ['what is contained', { 'chapters@odata.bind': [] }, ['chapters@odata.bind']],
    ])('refuses %s, and nothing is changed', async (_, body, targets) => {
      const answer = await app.patch(w, { title: 'X', ...body }, v40);
      expect([answer.status, faults(answer)]).toEqual([400, targets]);
      expect([(await app.get(w)).body.title, await writer(), await writers()]).toEqual(['Work', 'ada', ['ada', "o'n"]]);
      expect((await app.post('/works', { code: 'y', ...body }, v40)).status).toBe(400);
      expect((await app.get("/works('y')")).status).toBe(404);
    });
  });

  describe('[J-8.3] [B3.18] entity references in bodies of 4.01', () => {
    it('[A41M-21] [B3.11] name the whole of a collection', async () => {
      const body = {
        writer: { '@id': "authors('eve')" },
        writers: [{ '@id': "authors('eve')" }, { '@id': "authors('ada')" }],
      };
      const answer = await app.patch(w, body, v401);
      expect([answer.status, await writer(), await writers()]).toEqual([200, 'eve', ['ada', 'eve']]);
      expect([answer.body.writer.name, ids(answer.body.writers)]).toEqual(['EVE', ['ada', 'eve']]);
      expect((await app.patch(w, { writer: null, writers: [] }, v401)).status).toBe(200);
      expect([await writer(), await writers()]).toEqual([undefined, []]);
    });

    it('[B3.12] [J-8.4] add and remove in a nested delta; what is deleted there is gone', async () => {
      const body = {
        'writers@delta': [
          { '@id': "authors('eve')" },
          { '@removed': { reason: 'changed' }, '@id': "authors('ada')" },
          { '@removed': { reason: 'deleted' }, id: "o'n" },
        ],
      };
      const answer = await app.patch(w, body, v401);
      expect([answer.status, await writers()]).toEqual([200, ['eve']]);
      const left = await Promise.all(["/authors('ada')", "/authors('o''n')"].map((path) => app.get(path)));
      expect(left.map(({ status }) => status)).toEqual([200, 404]);
    });

    it('[B3.13] carry entities that are changed, or made and linked', async () => {
      const body = {
        writers: [
          { id: 'ada', name: 'Lady' },
          { id: 'new', name: 'New', works: [{ '@id': "works('w')" }] },
          { name: 'Keyless' },
        ],
      };
      const answer = await app.patch(w, body, v401);
      expect(answer.status).toBe(200);
      expect(answer.body.writers.map(({ name }: any) => name).sort()).toEqual(['Keyless', 'Lady', 'New']);
      expect((await app.get("/authors('ada')/name")).body.value).toBe('Lady');
      expect((await app.get("/authors('new')/works/$count")).text).toBe('1');
      const made = await app.post('/works', { code: 'deep', writer: { id: 'made', name: 'Made' } }, v401);
      expect([made.status, made.body.writer.name]).toEqual([201, 'Made']);
      const taken = await app.post('/works', { code: 'no', writer: { id: 'made' }, writers: [{ id: 'not' }] }, v401);
      expect([taken.status, faults(taken)]).toEqual([409, ['writer']]);
      expect([(await app.get("/works('no')")).status, (await app.get("/authors('not')")).status]).toEqual([404, 404]);
    });

    it('[B3.15] is all or nothing, whatever fails', async () => {
      const before = (await app.get(w)).headers.get('etag');
      const body = { title: 'X', writers: [{ id: 'ada', name: 'Changed' }, { '@id': "authors('nobody')" }] };
      const answer = await app.patch(w, body, v401);
      expect([answer.status, faults(answer)]).toEqual([400, ['writers/1']]);
      expect((await app.get(w)).headers.get('etag')).toBe(before);
      expect((await app.get("/authors('ada')/name")).body.value).toBe('ADA');
      const faulty = await app.patch(w, { writers: [{ id: 'ada', born: 'x' }, { '@id': 'nowhere' }, 5] }, v401);
      expect([faulty.status, faults(faulty)]).toEqual([400, ['writers/0/born', 'writers/1/@id', 'writers/2']]);
    });

    it('[B3.20] what a body does not name stays, by PUT too', async () => {
      await app.request('PUT', w, { ...v401, body: { title: 'X' } });
      expect([await writer(), await writers()]).toEqual(['ada', ['ada', "o'n"]]);
    });

    it('refuses them in updates of 4.0', async () => {
      const answer = await app.patch(w, { writer: { '@odata.id': "authors('eve')" } }, v40);
      expect([answer.status, faults(answer)]).toEqual([400, ['writer']]);
    });
  });

  describe('[B3.21] $ref', () => {
    it('[A40M-21] POST adds, once', async () => {
      for (let time = 0; time < 2; time++) {
        const answer = await app.post(`${w}/writers/$ref`, reference("authors('eve')"));
        expect([answer.status, answer.text, await writers()]).toEqual([204, '', ['ada', 'eve', "o'n"]]);
      }
      const nested = await app.request('PUT', `${w}/chapters(2)/editor/$ref`, { body: reference("authors('ada')") });
      expect([nested.status, (await app.get(`${w}/chapters(2)/editor/id`)).body.value]).toEqual([204, 'ada']);
    });

    it('[A40M-22] PUT sets', async () => {
      const answer = await app.request('PUT', `${w}/writer/$ref`, { body: reference("authors('eve')") });
      expect([answer.status, await writer()]).toEqual([204, 'eve']);
      const single = await app.request('PUT', '/settings/featured/$ref', { body: { '@odata.id': "works('w')" } });
      expect([single.status, (await app.get('/settings/featured/code')).body.value]).toEqual([204, 'w']);
    });

    it('[A41M-22] PUT and DELETE of a collection set and empty it', async () => {
      const value = [reference("authors('eve')"), reference("authors('ada')")];
      const put = await app.request('PUT', `${w}/writers/$ref`, { body: { value } });
      expect([put.status, await writers()]).toEqual([204, ['ada', 'eve']]);
      expect([(await app.delete(`${w}/writers/$ref`)).status, await writers()]).toEqual([204, []]);
      await app.request('PUT', `${w}/writers/$ref`, { body: { value: [] } });
      expect(await writers()).toEqual([]);
    });

    it('[A40M-25] [A41M-19] DELETE removes: the one, by its id, by its key', async () => {
      expect((await app.delete(`${w}/writer/$ref`)).status).toBe(204);
      expect((await app.get(`${w}/writer`)).status).toBe(204);
      const id = encodeURIComponent(`${app.root}/authors('ada')`);
      expect([(await app.delete(`${w}/writers/$ref?$id=${id}`)).status, await writers()]).toEqual([204, ["o'n"]]);
      expect([(await app.delete(`${w}/writers('o''n')/$ref`)).status, await writers()]).toEqual([204, []]);
      expect((await app.delete(`${w}/writers('o''n')/$ref`)).status).toBe(404);
      expect((await app.get("/authors('ada')")).status).toBe(200);
    });

    it('heeds conditions on the entity that refers', async () => {
      const stale = { headers: { 'if-match': 'W/"1"' } };
      expect((await app.post(`${w}/writers/$ref`, reference("authors('eve')"), stale)).status).toBe(412);
      expect((await app.delete(`${w}/writer/$ref`, stale)).status).toBe(412);
      expect([await writer(), await writers()]).toEqual(['ada', ['ada', "o'n"]]);
    });

    it.each<[method: string, path: string, body: unknown, status: number]>([
      ['POST', 'writers/$ref', { '@odata.id': "authors('nobody')" }, 400],
      ['POST', 'writers/$ref', { '@odata.id': "authors('bobs')" }, 400],
      ['POST', 'writers/$ref', { '@odata.id': "works('w')" }, 400],
      ['POST', 'writers/$ref', {}, 400],
      ['POST', 'writers/$ref', [], 400],
      ['PUT', 'writer/$ref', { '@odata.id': 'http://[' }, 400],
      ['PUT', 'writers/$ref', { value: 5 }, 400],
      ['POST', 'writer/$ref', { '@odata.id': "authors('eve')" }, 405],
      ['PATCH', 'writers/$ref', { '@odata.id': "authors('eve')" }, 405],
      ['PUT', "writers('ada')/$ref", { '@odata.id': "authors('eve')" }, 405],
      ['DELETE', 'writers/$ref?$id=nowhere', undefined, 400],
      ['DELETE', 'chapters(1)/$ref', undefined, 501],
      ['POST', 'chapters/$ref', { '@odata.id': "works('w')/chapters(2)" }, 501],
    ])('[B7.405] %s %s with %j answers %i, and changes nothing', async (method, path, body, status) => {
      const answer = await app.request(method, `${w}/${path}`, body === undefined ? {} : { body });
      expect([answer.status, answer.status === status ? '' : answer.text]).toEqual([status, '']);
      expect([await writer(), await writers()]).toEqual(['ada', ['ada', "o'n"]]);
      expect((await app.post("/works('none')/writers/$ref", reference("authors('ada')"))).status).toBe(404);
    });
  });

  describe('entities that are reached by references', () => {
    it('[A40M-20] are made in a collection, and linked', async () => {
      const answer = await app.post(`${w}/writers`, { id: 'zoe', name: 'Zoe' });
      expect([answer.status, answer.headers.get('location')]).toEqual([201, `${app.root}/authors('zoe')`]);
      expect(answer.body['@odata.context']).toBe(`${app.root}/$metadata#authors/$entity`);
      expect(await writers()).toContain('zoe');
      expect((await app.post("/works('none')/writers", { id: 'yan' })).status).toBe(404);
      expect((await app.get("/authors('yan')")).status).toBe(404);
    });

    it('[A40M-23] are changed and deleted through the path, as by their own URL', async () => {
      const answer = await app.patch(`${w}/writer`, { name: 'Lady' });
      expect([answer.status, answer.body['@odata.context']]).toEqual([200, `${app.root}/$metadata#authors/$entity`]);
      expect((await app.request('PUT', `${w}/writers('o''n')/name`, { body: { value: 'N' } })).status).toBe(200);
      expect((await app.get("/authors('o''n')/name")).body.value).toBe('N');
      expect((await app.patch(`${w}/writers('eve')`, { name: 'x' })).status).toBe(404);
      expect((await app.delete(`${w}/writer`)).status).toBe(204);
      expect((await app.get("/authors('ada')")).status).toBe(404);
    });

    it('[B3.2] are not made by an update where there is none', async () => {
      await app.delete(`${w}/writer/$ref`);
      for (const headers of [{}, { prefer: 'create-if-missing' }])
        expect((await app.patch(`${w}/writer`, { name: 'x' }, { headers })).status).toBe(404);
    });
  });

  it('[A40M-24] what is deleted is no longer referred to, though it comes back', async () => {
    await app.post('/works', {
      code: 'v',
      'writer@odata.bind': "authors('ada')",
      chapters: [{ number: 1, 'editor@odata.bind': "authors('ada')" }],
    });
    const before = (await app.get(`${w}/chapters(1)`)).headers.get('etag');
    for (const id of ['ada', 'eve']) {
      expect((await app.delete(`/authors('${id}')`)).status).toBe(204);
      await app.post('/authors', { id });
    }
    expect([await writer(), await writers()]).toEqual([undefined, ["o'n"]]);
    for (const path of [`${w}/chapters(1)/editor`, "/works('v')/writer", "/works('v')/chapters(1)/editor"])
      expect((await app.get(path)).status).toBe(204);
    expect((await app.get(`${w}/chapters(1)`)).headers.get('etag')).not.toBe(before);
    await app.delete('/authors/$each');
    expect(await writers()).toEqual([]);
  });

  it('no link to what is deleted meanwhile is left', async () => {
    const round = async (n: number) => {
      const id = `r${n}`;
      await app.post('/authors', { id });
      const [linked, deleted] = await Promise.all([
        app.post(`${w}/writers/$ref`, { '@odata.id': `authors('${id}')` }),
        app.delete(`/authors('${id}')`),
      ]);
      expect([[204, 400].includes(linked.status), deleted.status]).toEqual([true, 204]);
      await app.post('/authors', { id });
      expect(await writers()).not.toContain(id);
    };
    for (let n = 0; n < 15; n++) await round(n);
  });

  it('a batch binds what it makes itself, in bodies and in $ref', async () => {
    const json = { 'content-type': 'application/json' };
    const request = (id: string, method: string, url: string, body?: object) => ({
      id,
      method,
      url,
      ...(body === undefined ? {} : { headers: json, body }),
    });
    const requests = [
      { ...request('1', 'POST', 'authors', { name: 'Made' }), atomicityGroup: 'g' },
      {
        ...request('2', 'PATCH', "works('w')", { 'writer@odata.bind': '$1' }),
        atomicityGroup: 'g',
        dependsOn: ['1'],
      },
      { ...request('3', 'POST', "works('w')/writers/$ref", { '@odata.id': '$1' }), dependsOn: ['1', 'g'] },
      { ...request('4', 'GET', "works('w')?$expand=writer,writers($filter=name eq 'Made')"), dependsOn: ['3'] },
    ];
    const { body } = await app.post('/$batch', { requests });
    expect(body.responses.map(({ status }: any) => status)).toEqual([201, 200, 204, 200]);
    const last = body.responses.at(-1).body;
    expect([last.writer.name, last.writers.map(({ name }: any) => name)]).toEqual(['Made', ['Made']]);
    const failing = [
      { ...request('1', 'POST', 'authors', { id: 'lost' }), atomicityGroup: 'g' },
      { ...request('2', 'PATCH', "works('w')", { 'writer@odata.bind': "authors('nobody')" }), atomicityGroup: 'g' },
    ];
    await app.post('/$batch', { requests: failing });
    expect((await app.get("/authors('lost')")).status).toBe(404);
  });

  it('entities of a set that allows only to read them are referred to, and neither made nor changed on the way', async () => {
    const guarded = await TestApp.start({}, { ...library, sets: { authors: { allows: ['read'] } } });
    const author = { set: aggregateSet(libraryModel.entitySets.get('authors')!), tenant: 'contoso', owner: 'ann' };
    await guarded.store.insert({ ...author, id: 'ada', document: { name: 'Ada' } });
    await guarded.post('/works', { code: 'w' });
    for (const [method, path, body] of [
      ['POST', '/works', { code: 'x', writer: { id: 'new' } }],
      ['PATCH', w, { writer: { id: 'ada', name: 'Changed' } }],
      ['PATCH', w, { 'writers@delta': [{ '@removed': { reason: 'deleted' }, id: 'ada' }] }],
      ['POST', `${w}/writers`, { id: 'new' }],
      ['POST', '/authors', { id: 'new' }],
      ['PATCH', `${w}/writer`, { name: 'Changed' }],
      ['DELETE', `${w}/writer`, undefined],
    ] as const) {
      await guarded.request('PUT', `${w}/writer/$ref`, { body: { '@odata.id': "authors('ada')" } });
      const answer = await guarded.request(method, path, {
        ...v401,
        ...(body === undefined ? {} : { body, headers: { ...v401.headers, 'content-type': 'application/json' } }),
      });
      expect([method, path, [403, 405].includes(answer.status), answer.text]).toEqual([
        method,
        path,
        true,
        answer.text,
      ]);
    }
    expect((await guarded.get(`${w}/writer/name`)).body.value).toBe('Ada');
    expect((await guarded.get('/authors/$count')).text).toBe('1');
    await guarded.stop();
  });

  it('changes of links are followed, those that a deletion makes too', async () => {
    await settled(app.store, 'works');
    const { body: first } = await app.get('/works', { headers: { ...v401.headers, prefer: 'track-changes' } });
    await app.delete("/authors('ada')");
    await app.post(`${w}/writers/$ref`, reference("authors('eve')"));
    await settled(app.store, 'works');
    const { body: changes } = await app.get(first['@deltaLink'] as string, v401);
    expect(changes.value.map(({ code }: any) => code)).toEqual(['w']);
  });

  it('each member is bound at once, to what is there', async () => {
    for (const [body, status] of [
      [{ 'writer@odata.bind': "authors('eve')", 'writers@odata.bind': ["authors('eve')"] }, 200],
      [{ 'writer@odata.bind': "authors('nobody')" }, 400],
      [{ 'writer@odata.bind': "authors('bobs')" }, 400],
    ] as const)
      expect((await app.patch("/works/$filter(code eq 'w')/$each", body, v40)).status).toBe(status);
    expect([await writer(), await writers()]).toEqual(['eve', ['ada', 'eve', "o'n"]]);
    // One that is inline is made for each.
    const { status, body } = await app.patch('/works/$each', { writer: { name: 'New' } }, v401);
    const made = (await app.get("/authors?$filter=name eq 'New'")).body.value.map(({ id }: any) => id);
    const ids = body.value.map((one: any) => one.writer.id);
    expect([status, [...ids].sort()]).toEqual([200, made]);
    expect(new Set(made).size).toBe(body.value.length);
  });

  it('[B6.12] [J-7.4] [J-8.4] a delta payload adds and removes links', async () => {
    const link = (kind: string, relationship: string, target?: string, source = "works('w')") => ({
      '@context': `${app.root}/$metadata#works/$${kind}`,
      source,
      relationship,
      ...(target === undefined ? {} : { target }),
    });
    const value = [
      link('link', 'writers', "authors('eve')"),
      link('deletedLink', 'writers', `${app.root}/authors('ada')`),
      link('deletedLink', 'writer'),
    ];
    const answer = await app.patch('/works', { '@context': '#$delta', value }, v401);
    expect([answer.status, await writers(), await writer()]).toEqual([200, ['eve', "o'n"], undefined]);
    expect(answer.body.value).toEqual([
      { ...value[0], source: `${app.root}/works('w')`, target: `${app.root}/authors('eve')` },
      { ...value[1], source: `${app.root}/works('w')` },
      { ...value[2], source: `${app.root}/works('w')` },
    ]);
    const bad = [
      link('link', 'writers', "authors('no')"),
      link('link', 'writer', "authors('eve')"),
      link('link', 'title', 'x', 'y'),
    ];
    const refused = await app.patch('/works', { '@context': '#$delta', value: bad }, v401);
    expect([refused.status, faults(refused)]).toEqual([400, ['value/2/relationship', 'value/2/source']]);
    const headers = { ...v401.headers, prefer: 'continue-on-error' };
    const partly = await app.patch('/works', { '@context': '#$delta', value: bad.slice(0, 2) }, { headers });
    expect([partly.status, await writer()]).toEqual([200, 'eve']);
    expect(partly.body.value[0]).toMatchObject({
      '@context': `${app.root}/$metadata#works/$deletedLink`,
      '@Core.DataModificationException': { failedOperation: 'link', responseCode: 400 },
    });
  });

  it('[B6.12] a delta payload binds and refers, too', async () => {
    const value = [
      { code: 'd1', writer: { '@id': "authors('eve')" } },
      { code: 'w', 'writers@delta': [{ '@removed': {}, '@id': "authors('ada')" }] },
    ];
    const answer = await app.patch('/works', { '@context': '#$delta', value }, v401);
    expect([answer.status, await writers()]).toEqual([200, ["o'n"]]);
    expect((await app.get("/works('d1')/writer/id")).body.value).toBe('eve');
    const bad = [{ code: 'd2' }, { code: 'd3', writer: { '@id': "authors('no')" } }];
    const refused = await app.patch('/works', { '@context': '#$delta', value: bad }, v401);
    expect([refused.status, refused.body.error.target]).toEqual([400, 'value/1/writer']);
    expect((await app.get("/works('d2')")).status).toBe(404);
  });
});
