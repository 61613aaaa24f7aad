import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import { library, libraryModel } from './models/library.js';
import { bob } from './support/tokens.js';
import { type Answer, TestApp } from './support/test-app.js';

/** Requests of a client that speaks 4.01. */
const v401 = { headers: { 'odata-version': '4.01', 'odata-maxversion': '4.01' } };

describe('entities that no module has rules for', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ MAX_CHANGES: '1000' }, library);
    const settings = { name: 'main', lendingTime: 3600, seat: { city: 'Leeds' } };
    const set = aggregateSet(libraryModel.singletons.get('settings')!);
    await app.store.insert({ set, tenant: 'contoso', owner: 'ann', id: '', document: settings });
  });
  afterAll(() => app.stop());
  const works = "/works('w')";
  const chapters = [
    { number: 1, title: 'One', pages: 10, remarks: [{ id: 'r', text: 'Good' }] },
    { number: 2, title: 'Two', summary: { text: 'Short' } },
  ];
  beforeEach(async () => {
    await app.delete(works);
    const body = { '@type': '#test.library.Book', code: 'w', title: 'Work', author: 'Ada', loans: 3, chapters };
    expect((await app.post('/works', body, v401)).status).toBe(201);
  });
  const get = async (path: string): Promise<any> => (await app.get(path, v401)).body;
  const whole = (): Promise<any> => get(`${works}?$expand=chapters($expand=remarks,summary)`);
  const bare = (value: unknown): any =>
    value === undefined
      ? undefined
      : JSON.parse(
          JSON.stringify(value, (name, inner: unknown) => (name.startsWith('@') || inner === null ? undefined : inner)),
        );
  const faults = ({ body }: Answer): string[] =>
    (body.error.details ?? [body.error]).map(({ target }: { target: string }) => target);

  describe('creating', () => {
    it('[A41M-21] makes what is inside with it, at any depth, and answers as deep as the request', async () => {
      const body = { code: 'new', chapters: [{ number: 7, remarks: [{ text: 'Hm' }], summary: { text: 'S' } }] };
      const answer = await app.post('/works', body, v401);
      expect(answer.status).toBe(201);
      expect(answer.headers.get('location')).toBe(`${app.root}/works('new')`);
      const [chapter] = answer.body.chapters;
      expect(chapter).toMatchObject({ number: 7, remarks: [{ text: 'Hm' }], summary: { text: 'S' } });
      expect(chapter.remarks[0].id).toMatch(/^[0-9a-f-]{36}$/);
      expect(chapter['@etag']).toBe(answer.headers.get('etag'));
      expect(bare(await get("/works('new')?$expand=chapters($expand=remarks,summary)"))).toEqual(bare(answer.body));
      expect((await app.delete("/works('new')")).status).toBe(204);
    });

    it('[B2.7] makes entities of derived types, by body or URL, and refuses other types', async () => {
      const byUrl = await app.post('/works/test.library.Atlas', { code: 'at', scale: 5, sheets: 2 });
      expect([byUrl.status, byUrl.body['@odata.type']]).toEqual([201, '#test.library.Atlas']);
      expect((await get("/works('at')")).sheets).toBe(2);
      const refused = await app.post('/works', { '@odata.type': '#test.library.Chapter', code: 'x' });
      expect([refused.status, faults(refused)]).toEqual([400, ['@odata.type']]);
      const unknown = await app.post('/works', { code: 'x', sheets: 1 });
      expect([unknown.status, faults(unknown)]).toEqual([400, ['sheets']]);
      await app.delete("/works('at')");
    });

    it('takes every kind of key, and refuses those that exist', async () => {
      const booking = { room: 'red', day: '2024-05-01', seats: 4 };
      const made = await app.post('/bookings', booking);
      expect(made.headers.get('location')).toBe(`${app.root}/bookings(room='red',day=2024-05-01)`);
      expect((await app.post('/bookings', booking)).status).toBe(409);
      expect((await get("/bookings(room='red',day=2024-05-01)")).seats).toBe(4);
      const missing = await app.post('/bookings', { room: 'red', by: 'x' });
      expect([missing.status, faults(missing).sort()]).toEqual([400, ['day', 'seats']]);
      const event = await app.post('/events', { name: 'Reading' });
      expect(event.body.token).toMatch(/^[0-9a-f-]{36}$/);
      expect((await app.get(`/events(${event.body.token as string})`)).body.name).toBe('Reading');
      await app.delete("/bookings(room='red',day=2024-05-01)");
    });

    it('[A40M-20] makes members of contained collections', async () => {
      const answer = await app.post(`${works}/chapters`, { number: 3, title: 'Three' });
      expect(answer.status).toBe(201);
      expect(answer.headers.get('location')).toBe(`${app.root}/works('w')/chapters(3)`);
      expect(answer.body['@odata.context']).toBe(`${app.root}/$metadata#works('w')/chapters/$entity`);
      expect((await app.post(`${works}/chapters`, { number: 3 })).status).toBe(409);
      expect((await app.post("/works('none')/chapters", { number: 3 })).status).toBe(404);
      const remark = await app.post(`${works}/chapters(3)/remarks`, { text: 'New' });
      expect(remark.status).toBe(201);
      expect((await whole()).chapters[2].remarks).toMatchObject([{ text: 'New' }]);
      expect((await app.post(`${works}/chapters(9)/remarks`, { text: 'New' })).status).toBe(404);
    });

    it('is all or nothing, and names every fault', async () => {
      const body = { code: 'bad', loans: 'x', chapters: [{ number: 1 }, { number: 1 }, { title: 5 }, 7] };
      const first = await app.post('/works', body, v401);
      expect([first.status, faults(first)]).toEqual([400, ['loans', 'chapters']]);
      const second = await app.post('/works', { ...body, chapters: body.chapters.slice(0, 3) }, v401);
      expect([second.status, faults(second).sort()]).toEqual([
        400,
        ['chapters/1', 'chapters/2/number', 'chapters/2/title', 'loans'],
      ]);
      expect((await app.get("/works('bad')")).status).toBe(404);
    });
  });

  describe('updating', () => {
    it('[B1.1] [B2.1] merges into an entity of a derived type, and keeps its key', async () => {
      const answer = await app.patch(works, { author: 'Eve', code: 'other' });
      expect(answer.status).toBe(200);
      expect(bare(answer.body)).toMatchObject({ code: 'w', author: 'Eve', title: 'Work', loans: 3 });
      const same = await app.patch(works, { '@odata.type': '#test.library.Work', author: 'Kim' });
      expect(same.body.author).toBe('Kim');
    });

    it('[B2.7] [B2.6] cannot change its type', async () => {
      for (const type of ['Map', 'Atlas', 'Chapter']) {
        const answer = await app.patch(works, { '@odata.type': `#test.library.${type}`, title: 'x' });
        expect([answer.status, faults(answer)]).toEqual([400, ['@odata.type']]);
      }
      expect((await get(works)).title).toBe('Work');
    });

    it('[A41M-25] goes through type casts', async () => {
      expect((await app.patch(`${works}/test.library.Book`, { author: 'Cast' })).body.author).toBe('Cast');
      expect((await app.patch(`${works}/test.library.Map`, { scale: 1 })).status).toBe(404);
      expect((await app.request('PUT', `${works}/test.library.Book/author`, { body: { value: 'P' } })).body.value).toBe(
        'P',
      );
      expect((await app.request('PUT', `${works}/test.library.Map/scale`, { body: { value: 1 } })).status).toBe(404);
      expect((await app.delete(`${works}/test.library.Map`)).status).toBe(404);
      expect((await app.delete(`${works}/test.library.Book`)).status).toBe(204);
    });

    it('[A41M-20] [B1.10] [B1.12] PUT replaces, and keeps key, type and what is contained', async () => {
      const answer = await app.request('PUT', works, { body: { title: 'New' } });
      expect(bare(answer.body)).toEqual({ code: 'w', title: 'New', numbers: [], places: [] });
      expect(answer.body['@odata.type']).toBe('#test.library.Book');
      expect((await whole()).chapters).toHaveLength(2);
    });

    it('[B1.11] PUT must name what cannot be null', async () => {
      await app.post('/bookings', { room: 'blue', day: '2024-05-01', seats: 4, by: 'Ann' });
      const path = "/bookings(room='blue',day=2024-05-01)";
      const refused = await app.request('PUT', path, { body: { by: 'Bob' } });
      expect([refused.status, faults(refused)]).toEqual([400, ['seats']]);
      const done = await app.request('PUT', path, { body: { seats: 5 } });
      expect(bare(done.body)).toEqual({ room: 'blue', day: '2024-05-01', seats: 5 });
    });

    it('[B2.8] [B1.12] keeps dynamic properties of open types; PUT removes them', async () => {
      const token = '01234567-89ab-cdef-0123-456789abcdef';
      const path = `/events(${token})`;
      const body = { token, name: 'Talk', seats: 5, tags: ['a', 'b'], host: { name: 'Ada' } };
      expect((await app.post('/events', body)).status).toBe(201);
      expect(await get(path)).toMatchObject(body);
      await app.patch(path, { seats: null, more: true, host: { age: 5 } });
      const patched = await get(path);
      expect(patched).toMatchObject({ name: 'Talk', tags: ['a', 'b'], more: true, host: { name: 'Ada', age: 5 } });
      expect(patched).not.toHaveProperty('seats');
      const replaced = await app.request('PUT', path, { body: { name: 'End', last: 1 } });
      expect(bare(replaced.body)).toEqual({ token, name: 'End', last: 1 });
      expect(bare(await get(path))).toEqual({ token, name: 'End', last: 1 });
      const typed = await app.patch(path, { 'when@odata.type': '#Date', when: '2024-01-01' });
      expect(typed.status).toBe(501);
      expect((await app.patch(path, { 'n@odata.type': '#Int64', n: 5 })).status).toBe(200);
      expect((await app.patch(path, { 'a b': 1 })).status).toBe(400);
      expect((await app.patch(path, '{"__proto__":{"polluted":1}}')).status).toBe(400);
      expect((await app.patch(path, '{"constructor":"c","o":{"toString":1}}')).body).toMatchObject({
        constructor: 'c',
      });
      expect(({} as { polluted?: number }).polluted).toBeUndefined();
      await app.delete(path);
    });

    it('keeps and changes the types of complex values', async () => {
      const archive = { '@odata.type': '#test.library.Archive', city: 'Bonn', floor: 2, vault: 'V' };
      expect((await app.patch(works, { place: archive })).body.place).toMatchObject(archive);
      expect((await app.patch(works, { place: { floor: 3 } })).body.place).toMatchObject({ ...archive, floor: 3 });
      const plain = { '@odata.type': '#test.library.Place', city: 'Leeds' };
      expect((await app.patch(works, { place: plain })).body.place).toEqual({ ...plain, floor: 3 });
      const again = await app.patch(works, { place: { '@odata.type': '#test.library.Archive' } });
      expect(again.body.place).toMatchObject({ city: 'Leeds', vault: null });
      const several = [archive, { city: 'Rome' }];
      expect((await app.patch(works, { places: several })).body.places).toMatchObject(several);
      expect((await app.patch(works, { place: { vault: 'x' } })).status).toBe(400);
      expect((await app.patch(works, { access: 'Copy, Read', size: '20' })).body).toMatchObject({
        access: 'Read,Copy',
        size: 'Medium',
      });
    });

    it('[B4.2] [B4.4] [B4.13] a contained entity has an ETag of its own, its owners change with it', async () => {
      const path = `${works}/chapters(1)/remarks('r')`;
      const before = await whole();
      const tag = before.chapters[0].remarks[0]['@etag'];
      const changed = await app.patch(path, { text: 'Better' }, { headers: { 'if-match': tag } });
      expect(changed.status).toBe(200);
      const after = await whole();
      const next = changed.headers.get('etag');
      expect([after, after.chapters[0], after.chapters[0].remarks[0]].map((one) => one['@etag'])).toEqual([
        next,
        next,
        next,
      ]);
      expect(after.chapters[1]['@etag']).toBe(before.chapters[1]['@etag']);
      expect((await app.patch(path, { text: 'x' }, { headers: { 'if-match': tag } })).status).toBe(412);
      expect((await app.delete(path, { headers: { 'if-match': tag } })).status).toBe(412);
      const same = await app.patch(path, { text: 'Better' });
      expect(same.headers.get('etag')).toBe(next);
    });

    it('[B3.3] makes what is contained and single, members only where the client asks for it', async () => {
      const summary = await app.patch(`${works}/chapters(1)/summary`, { text: 'Made' });
      expect([summary.status, summary.body.text]).toEqual([201, 'Made']);
      expect((await app.patch(`${works}/chapters(9)/summary`, { text: 'x' })).status).toBe(404);
      expect((await app.patch(`${works}/chapters(9)`, { title: 'x' })).status).toBe(404);
      const asked = { headers: { prefer: 'create-if-missing' } };
      const made = await app.patch(`${works}/chapters(9)`, { title: 'x', number: 4 }, asked);
      expect([made.status, made.body.number]).toEqual([201, 9]);
      expect(made.headers.get('preference-applied')).toBe('create-if-missing');
      const absent = { headers: { 'if-none-match': '*' } };
      expect((await app.patch(`${works}/chapters(9)`, { title: 'y' }, absent)).status).toBe(412);
      expect((await app.patch(`${works}/chapters(10)`, { title: 'y' }, absent)).status).toBe(201);
      const needed = { headers: { 'if-match': '*', prefer: 'create-if-missing' } };
      expect((await app.patch(`${works}/chapters(11)`, { title: 'y' }, needed)).status).toBe(412);
    });

    it('[B3.6] makes none whose key the service makes', async () => {
      const note = await app.post('/notes', { id: '01234567-89ab-cdef-0123-456789abcdef', text: 'x', writer: 'Ann' });
      expect(note.body.id).not.toBe('01234567-89ab-cdef-0123-456789abcdef');
      const asked = { headers: { prefer: 'create-if-missing' } };
      expect((await app.patch('/notes(01234567-89ab-cdef-0123-456789abcdef)', { text: 'x' }, asked)).status).toBe(404);
      const path = `/notes(${note.body.id as string})`;
      expect((await app.patch(path, { text: 'y', writer: 'Bob' })).body).toMatchObject({ text: 'y', writer: 'Ann' });
    });

    it('[B3.7] an upsert takes its key from the URL, and needs what cannot be null', async () => {
      const asked = { headers: { prefer: 'create-if-missing' } };
      const path = "/bookings(room='gold',day=2024-05-02)";
      const refused = await app.patch(path, { by: 'Bob' }, asked);
      expect([refused.status, faults(refused)]).toEqual([400, ['seats']]);
      const made = await app.patch(path, { seats: 2, room: 'other' }, asked);
      expect([made.status, bare(made.body)]).toEqual([201, { room: 'gold', day: '2024-05-02', seats: 2 }]);
      const typed = { '@odata.type': '#test.library.Atlas', sheets: 4 };
      const atlas = await app.patch("/works('upsert')", typed, asked);
      expect([atlas.status, atlas.body['@odata.type'], atlas.body.sheets]).toEqual([201, '#test.library.Atlas', 4]);
      await app.delete("/works('upsert')");
    });

    it('changes the properties of every entity by their own URL', async () => {
      const put = (path: string, value: unknown) => app.request('PUT', path, { body: { value } });
      expect((await put(`${works}/chapters(1)/title`, 'T')).body.value).toBe('T');
      expect((await put(`${works}/chapters(1)/remarks('r')/text`, 'T')).body.value).toBe('T');
      expect((await app.post(`${works}/chapters(1)/words`, { value: 'w' })).body.value).toEqual(['w']);
      expect((await app.delete(`${works}/chapters(1)/title`)).status).toBe(204);
      expect((await put('/settings/seat/city', 'Bonn')).body.value).toBe('Bonn');
      expect((await put(`${works}/chapters(9)/title`, 'T')).status).toBe(404);
      expect((await put(`${works}/chapters(1)/number`, 5)).status).toBe(405);
      expect(bare(await whole()).chapters[0]).toMatchObject({ number: 1, words: ['w'] });
    });

    it('updates a singleton, which is neither made nor deleted', async () => {
      const answer = await app.patch('/settings', { lendingTime: 'PT2H', seat: { floor: 2 } });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ name: 'main', lendingTime: 'PT2H', seat: { city: 'Bonn', floor: 2 } });
      expect((await app.delete('/settings')).status).toBe(405);
      expect((await app.post('/settings', {})).headers.get('allow')).toBe('GET, HEAD, PATCH, PUT');
    });
  });

  describe('[A41M-21] deep update', () => {
    it('[B3.11] [B3.13] a nested collection is the whole of it: members are changed, made and deleted', async () => {
      const before = await whole();
      const body = {
        title: 'Deep',
        chapters: [
          { number: 2, title: 'Zwei' },
          { number: 5, title: 'Five' },
        ],
      };
      const answer = await app.patch(works, body, v401);
      expect(answer.status).toBe(200);
      expect(bare(answer.body.chapters)).toEqual([
        { number: 2, title: 'Zwei', words: [] },
        { number: 5, title: 'Five', words: [] },
      ]);
      const after = await whole();
      // What the nested entity does not name stays, as in any merge.
      expect(after.chapters[0].summary).toMatchObject({ text: 'Short' });
      expect(after.chapters[0].summary['@etag']).toBe(before.chapters[1].summary['@etag']);
      expect(after.chapters[0]['@etag']).toBe(after['@etag']);
    });

    it('leaves a version where it changes nothing, and empties a collection', async () => {
      const before = await whole();
      const same = {
        chapters: [
          { number: 2, title: 'Two' },
          { number: 1, remarks: [{ id: 'r' }] },
        ],
      };
      expect((await app.patch(works, same, v401)).headers.get('etag')).toBe(before['@etag']);
      expect(bare((await app.patch(works, { chapters: [] }, v401)).body.chapters)).toEqual([]);
      expect((await whole()).chapters).toEqual([]);
    });

    it('[B3.12] a nested delta adds, changes and removes', async () => {
      const body = {
        'chapters@delta': [
          { '@removed': { reason: 'deleted' }, number: 2 },
          {
            number: 1,
            pages: 11,
            'remarks@delta': [
              { id: 'q', text: 'New' },
              { '@removed': {}, id: 'r' },
            ],
          },
          { number: 8, title: 'Eight' },
        ],
      };
      const answer = await app.patch(works, body, v401);
      expect(answer.status).toBe(200);
      expect(bare((await whole()).chapters)).toEqual([
        { number: 1, title: 'One', pages: 11, words: [], remarks: [{ id: 'q', text: 'New' }] },
        { number: 8, title: 'Eight', words: [], remarks: [] },
      ]);
      const put = await app.request('PUT', works, { ...v401, body });
      expect([put.status, faults(put)]).toEqual([400, ['chapters@delta']]);
    });

    it('[B3.13] names members by id too, which must not contradict the key', async () => {
      const byId = { chapters: [{ '@id': "works('w')/chapters(2)" }, { '@id': 'chapters(1)', title: 'I' }] };
      expect(bare((await app.patch(works, byId, v401)).body.chapters)).toMatchObject([
        { number: 1, title: 'I' },
        { number: 2, title: 'Two' },
      ]);
      for (const id of ["works('w')/chapters(3)", "works('v')/chapters(2)", 'http://elsewhere/x']) {
        const answer = await app.patch(works, { chapters: [{ '@id': id, number: 2 }] }, v401);
        expect([answer.status, faults(answer)]).toEqual([400, ['chapters/0/@id']]);
      }
      const foreign = await app.patch(works, { chapters: [{ '@id': "works('v')/chapters(2)" }] }, v401);
      expect(foreign.status).toBe(400);
    });

    it('[B1.7] asks of nested entities what they cannot be without: they may have to be made', async () => {
      const path = "/bookings(room='deep',day=2024-05-01)";
      const guest = { id: 'g', name: 'G' };
      await app.post('/bookings', { room: 'deep', day: '2024-05-01', seats: 1, guests: [guest] }, v401);
      for (const guests of [[{ id: 'new' }], [{ id: 'g', vegetarian: true }]]) {
        for (const body of [{ guests }, { 'guests@delta': guests }]) {
          const refused = await app.patch(path, body, v401);
          expect([refused.status, faults(refused)]).toEqual([400, [`${Object.keys(body)[0]!}/0/name`]]);
        }
      }
      expect((await app.patch(`${path}/guests('g')`, { vegetarian: true })).status).toBe(200);
      expect(
        (
          await app.patch(
            path,
            {
              'guests@delta': [
                { ...guest, name: 'H' },
                { id: 'new', name: 'N' },
              ],
            },
            v401,
          )
        ).status,
      ).toBe(200);
      expect(bare((await get(`${path}/guests`)).value)).toEqual([
        { id: 'g', name: 'H', vegetarian: true },
        { id: 'new', name: 'N' },
      ]);
      expect((await app.post(`${path}/guests`, { id: 'x' })).status).toBe(400);
      await app.delete(path);
    });

    it('[B3.16] gives content ids back', async () => {
      const chapter = (number: number) => ({ '@Core.ContentID': `c${number}`, number });
      const answer = await app.patch(works, { chapters: [chapter(1), chapter(6)] }, v401);
      expect(answer.body.chapters.map((one: any) => one['@Core.ContentID'])).toEqual(['c1', 'c6']);
      const made = await app.post('/works', { code: 'cid', chapters: [chapter(1)] }, v401);
      expect(made.body.chapters[0]['@Core.ContentID']).toBe('c1');
      expect(JSON.stringify(await whole())).not.toContain('ContentID');
      await app.delete("/works('cid')");
    });

    it('keeps every digit of what it does not touch', async () => {
      const body = '{"price":12345678901234567890.123456789,"barcode":9007199254740993}';
      await app.patch(works, body, { headers: { ...v401.headers, 'content-type': 'application/json' } });
      await app.patch(works, { chapters: [{ number: 2, remarks: [] }] }, v401);
      const { text } = await app.get(works);
      expect(text).toContain('"barcode":9007199254740993,"price":12345678901234567890.123456789');
    });

    it('carries many, and no more than one request may change', async () => {
      const many = (count: number) =>
        Array.from({ length: count }, (_, n) => ({ number: n + 1, pages: n, remarks: [{ id: 'r', text: `${n}` }] }));
      expect((await app.patch(works, { chapters: many(150) }, v401)).status).toBe(200);
      const again = await app.patch(works, { chapters: many(150).map((one) => ({ ...one, title: 'T' })) }, v401);
      expect([again.status, again.body.chapters.length, again.body.chapters[149].title]).toEqual([200, 150, 'T']);
      const refused = await app.patch(works, { chapters: many(501) }, v401);
      expect([refused.status, refused.body.error.innerError.code]).toEqual([400, 'tooManyChanges']);
      expect((await whole()).chapters).toHaveLength(150);
    });

    it('[B3.15] is all or nothing', async () => {
      const before = await whole();
      const body = {
        chapters: [
          { number: 1, title: 'x' },
          { number: 2, pages: 'x' },
          { number: 3, remarks: [{ text: 1 }] },
        ],
      };
      const answer = await app.patch(works, body, v401);
      expect([answer.status, faults(answer)]).toEqual([400, ['chapters/1/pages', 'chapters/2/remarks/0/text']]);
      expect(await whole()).toEqual(before);
    });

    it('[B3.10] [B3.20] is of 4.01 only; what a body does not name stays', async () => {
      const answer = await app.patch(works, { chapters: [] }, { headers: { 'odata-version': '4.0' } });
      expect([answer.status, faults(answer)]).toEqual([400, ['chapters']]);
      await app.request('PUT', works, { ...v401, body: { title: 'x' } });
      expect((await whole()).chapters).toHaveLength(2);
    });

    it('removes a contained entity by null, replaces it by PUT', async () => {
      const set = await app.patch(`${works}/chapters(2)`, { summary: null }, v401);
      expect(set.status).toBe(200);
      expect((await whole()).chapters[1].summary).toBeNull();
      const body = { chapters: [{ number: 1, remarks: [{ id: 'r' }] }] };
      await app.request('PUT', works, { ...v401, body });
      expect(bare((await whole()).chapters)).toEqual([{ number: 1, words: [], remarks: [{ id: 'r' }] }]);
    });
  });

  describe('[B6.11] a delta payload', () => {
    const send = (path: string, value: readonly unknown[], headers: Record<string, string> = {}) =>
      app.patch(path, { '@context': '#$delta', value }, { headers: { ...v401.headers, ...headers } });

    it('[B6.12] makes, changes and deletes members of any set, of derived types too', async () => {
      const atlas = { '@type': '#test.library.Atlas', code: 'v', sheets: 3, chapters: [{ number: 1 }] };
      const book = {
        code: 'w',
        '@type': '#test.library.Book',
        author: 'Eve',
        'chapters@delta': [{ number: 2, pages: 5 }],
      };
      const answer = await send('/works', [atlas, book]);
      expect(answer.status).toBe(200);
      expect(bare(answer.body.value)).toMatchObject([
        { code: 'v', sheets: 3, chapters: [{ number: 1 }] },
        { code: 'w', author: 'Eve', title: 'Work', chapters: [{ number: 1 }, { number: 2, pages: 5 }] },
      ]);
      const again = await send('/works', [
        { code: 'w', title: 'X' },
        { '@removed': {}, '@id': `${app.root}/works('v')` },
      ]);
      expect([again.status, (await get(works)).title]).toEqual([200, 'X']);
      expect((await app.get("/works('v')")).status).toBe(404);
      const other = await send('/works', [{ code: 'w', '@type': '#test.library.Map', scale: 1 }]);
      expect([other.status, other.body.error.target]).toEqual([409, 'value/0/code']);
    });

    it('knows every kind of key', async () => {
      const [room, day] = ['red', '2024-06-01'];
      const token = '01234567-89ab-cdef-0123-456789abcdef';
      expect(
        (
          await send('/bookings', [
            { room, day, seats: 1 },
            { room: 'red', day: '2024-06-02', seats: 2 },
          ])
        ).status,
      ).toBe(200);
      expect((await send('/events', [{ token, name: 'x', open: 1 }, { name: 'made' }])).body.value[1].token).toMatch(
        /-/,
      );
      expect((await get(`/events(${token})`)).open).toBe(1);
      const gone = [
        { '@removed': { reason: 'deleted' }, room, day },
        { '@removed': { reason: 'deleted' }, '@id': "bookings(day=2024-06-02,room='red')" },
      ];
      expect((await send('/bookings', gone)).status).toBe(200);
      const faulty = await send('/bookings', [{ room: 'red' }, { room: 5, day: 'x' }, { room, day }]);
      expect([faulty.status, faults(faulty).sort()]).toEqual([400, ['value/0/day', 'value/1/day', 'value/1/room']]);
      const whole = await send('/bookings', [{ room, day: '2024-06-03' }]);
      expect([whole.status, faults(whole)]).toEqual([400, ['value/0/seats']]);
      await app.delete(`/events(${token})`);
    });

    it('goes on where one fails and the client prefers that', async () => {
      const answer = await send(
        '/works',
        [
          { code: 'w', loans: 'x' },
          { code: 'w2', '@Core.ContentID': 1 },
          { '@removed': {}, code: 'no' },
        ],
        { prefer: 'continue-on-error' },
      );
      const [first, second, third] = answer.body.value;
      expect(first['@Core.DataModificationException']).toMatchObject({ failedOperation: 'update', responseCode: 400 });
      expect([second.code, second['@Core.ContentID']]).toEqual(['w2', 1]);
      expect(third['@Core.DataModificationException']).toMatchObject({ failedOperation: 'unlink', responseCode: 404 });
      await app.delete("/works('w2')");
    });
  });

  describe('deleting', () => {
    it('[A40M-24] deletes every entity by its URL, with what is in it', async () => {
      for (const path of [
        `${works}/chapters(1)/remarks('r')`,
        `${works}/chapters(2)/summary`,
        `${works}/chapters(1)`,
        works,
      ]) {
        expect((await app.delete(path)).status).toBe(204);
        expect((await app.get(path)).status).toBe(path.endsWith('summary') ? 204 : 404);
        expect((await app.delete(path)).status).toBe(404);
      }
    });
  });

  it.each<[rows: string, body: string, type: string, expected: string | undefined]>([
    ['J-8.7', '{"price":1.5e2}', 'application/json', '150'],
    ['J-8.7', '{"price":12345678901234567890.5E+3}', 'application/json', '12345678901234567890500'],
    ['J-8.7', '{"price":5e-3}', 'application/json', '0.005'],
    ['J-8.7', '{"price":"-1.25E-30"}', 'application/json;IEEE754Compatible=true', `-0.${'0'.repeat(29)}125`],
    ['J-9.7', '{"price":"INF"}', 'application/json', undefined],
    ['J-9.7', '{"price":"NaN"}', 'application/json;IEEE754Compatible=true', undefined],
    ['J-9.7', '{"loans":"INF"}', 'application/json', undefined],
  ])('[%s] reads the decimal in %s', async (_, body, type, expected) => {
    const answer = await app.patch(works, body, { headers: { ...v401.headers, 'content-type': type } });
    expect(answer.status).toBe(expected === undefined ? 400 : 200);
    if (expected !== undefined) expect(answer.text).toContain(`"price":${expected},`);
  });

  it('[B1.16] moments are kept in UTC; their parts are not asked of literals with another offset', async () => {
    const { body } = await app.patch(works, { acquired: '2020-01-01T00:30:00+01:00' });
    expect(body.acquired).toBe('2019-12-31T23:30:00Z');
    const status = async (filter: string) => (await app.get(`/works?$filter=${encodeURIComponent(filter)}`)).status;
    for (const name of ['year', 'month', 'day', 'hour', 'minute'])
      expect([name, await status(`${name}(2020-01-01T00:30:00+01:00) eq 1`)]).toEqual([name, 400]);
    expect(await status('time(2020-01-01T00:30:00-05:30) eq 00:30')).toBe(400);
    expect(await status('year(2020-01-01T00:30:00Z) eq 2020 and year(acquired) eq 2019')).toBe(200);
    expect(await status('acquired eq 2020-01-01T00:30:00+01:00')).toBe(200);
  });

  it('[B5.16] is processed later where the client prefers that, all of it or nothing', async () => {
    const later = { headers: { ...v401.headers, prefer: 'respond-async' } };
    const body = { title: 'Later', chapters: [{ number: 1 }] };
    const accepted = await app.patch(works, body, later);
    expect(accepted.status).toBe(202);
    let monitor = await app.get(accepted.headers.get('location')!, v401);
    for (let attempt = 0; attempt < 100 && monitor.status === 202; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      monitor = await app.get(accepted.headers.get('location')!, v401);
    }
    expect(bare((await whole()).chapters)).toMatchObject([{ number: 1 }]);
  });

  it('changes inside one entity at one time never undo each other', async () => {
    const numbers = Array.from({ length: 15 }, (_, n) => n + 10);
    const delta = (number: number) => ({ 'chapters@delta': [{ number, 'remarks@delta': [{ id: `d${number}` }] }] });
    const answers = await Promise.all(
      numbers.flatMap((number) => [
        app.post(`${works}/chapters`, { number, title: `${number}` }),
        app.patch(works, delta(number + 100), v401),
        app.post(`${works}/chapters(1)/remarks`, { id: `r${number}` }),
        app.patch(`${works}/chapters(1)`, { [number % 2 === 0 ? 'title' : 'pages']: number % 2 === 0 ? 'T' : 7 }),
        app.patch(works, { chapters: undefined, [number % 2 === 0 ? 'loans' : 'lent']: number % 2 === 0 ? 9 : true }),
        app.post(`${works}/numbers`, { value: number }),
      ]),
    );
    expect(answers.map(({ status }) => status).filter((status) => status >= 300)).toEqual([]);
    const after = await whole();
    expect(after).toMatchObject({ loans: 9, lent: true });
    expect([...after.numbers].sort()).toEqual(numbers);
    const found = after.chapters.map(({ number }: any) => number as number);
    expect(found).toEqual([1, 2, ...numbers, ...numbers.map((number) => number + 100)]);
    const [first] = after.chapters;
    expect([first.title, first.pages]).toEqual(['T', 7]);
    expect(first.remarks.map(({ id }: any) => id as string).sort()).toEqual([
      'r',
      ...numbers.map((number) => `r${number}`),
    ]);
    for (const chapter of after.chapters.slice(-15)) expect(chapter.remarks).toHaveLength(1);
  });

  it('what is another user’s is not there', async () => {
    const others = { as: bob };
    for (const path of [works, `${works}/chapters(1)`, `${works}/chapters(1)/remarks('r')`]) {
      expect((await app.patch(path, {}, others)).status).toBe(404);
      expect((await app.delete(path, others)).status).toBe(404);
    }
    expect((await app.post(`${works}/chapters`, { number: 4 }, others)).status).toBe(404);
    expect((await app.post('/works', { code: 'w' }, others)).status).toBe(409);
    expect((await whole()).chapters).toHaveLength(2);
  });
});
