import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';

/** OData 4.01 URL Conventions 4.10 and Protocol 11.4.10: items of ordered collections of values. */
describe('an item of a collection of values', () => {
  let app: TestApp;
  const work = "/works('w')";
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    const chapters = [{ number: 1, words: ['so', 'it', 'goes'] }];
    const places = [
      { city: 'Rome', floor: 1 },
      { '@odata.type': '#test.library.Archive', city: 'Oslo', vault: 'v' },
    ];
    const made = await app.post('/works', { code: 'w', numbers: [7, 8, 9], places, chapters });
    expect(made.status).toBe(201);
  });
  afterAll(() => app.stop());

  it.each<[path: string, value: unknown]>([
    ['numbers/0', 7],
    ['numbers/2', 9],
    ['numbers/-1', 9],
    ['numbers/-3', 7],
    ['chapters(1)/words/1', 'it'],
    ['chapters/1/words/-1', 'goes'],
    ['places/0/city', 'Rome'],
    ['places/-1/city', 'Oslo'],
    ['places/1/test.library.Archive/vault', 'v'],
  ])('%s is %j', async (path, value) => {
    const { status, body, text } = await app.get(`${work}/${path}`);
    expect([status, body?.value ?? text]).toEqual([200, value]);
    expect((await app.get(`${work}/${path}/$value`)).text).toBe(String(value));
  });

  it('a complex one is given as it is, with its type, and can be selected from', async () => {
    const { body } = await app.get(`${work}/places/-1`);
    expect(body).toEqual({
      '@odata.context': `${app.root}/$metadata#test.library.Place`,
      '@odata.type': '#test.library.Archive',
      city: 'Oslo',
      floor: null,
      vault: 'v',
    });
    const selected = await app.get(`${work}/places/0?$select=city&$compute=floor add 1 as next`);
    expect([selected.status, selected.body.city, selected.body.next]).toEqual([200, 'Rome', undefined]);
    expect((await app.get(`${work}/numbers/0`)).body['@odata.context']).toBe(`${app.root}/$metadata#Edm.Int32`);
  });

  it.each([
    'numbers/3',
    'numbers/-4',
    'places/2',
    'places/2/city',
    'places/0/test.library.Archive',
    'numbers/999999999',
  ])('there is no %s', async (path) => {
    expect((await app.get(`${work}/${path}`)).status).toBe(404);
  });

  it.each([
    'numbers/x',
    'numbers/0/0',
    'numbers/1.5',
    'numbers/0x',
    'numbers/9999999999',
    'numbers/0/$count',
    'places/0/nothing',
  ])('%s is no resource, or none that there is', async (path) => {
    expect([404, 501]).toContain((await app.get(`${work}/${path}`)).status);
  });

  describe('that changes', () => {
    const state = async () => {
      const { body } = await app.get(`${work}?$select=numbers,places`);
      const places = body.places.map(({ '@odata.type': type, ...one }: any) => [type.replace(/.*\./, ''), one]);
      return { numbers: body.numbers, places };
    };
    const rome = ['Place', { city: 'Rome', floor: 1 }];
    const oslo = ['Archive', { city: 'Oslo', floor: null, vault: 'v' }];
    beforeEach(async () => {
      const places = [
        { city: 'Rome', floor: 1 },
        { '@odata.type': '#test.library.Archive', city: 'Oslo', vault: 'v' },
      ];
      const chapters = [{ number: 1, words: ['so', 'it', 'goes'] }];
      const headers = { 'odata-version': '4.01' };
      const changed = await app.patch(work, { numbers: [7, 8, 9], places, chapters }, { headers });
      expect(changed.status).toBe(200);
    });
    type Case = [method: string, path: string, body: unknown, numbers: number[], places: unknown[]];
    it.each<Case>([
      ['PUT', 'numbers/1', { value: 1 }, [7, 1, 9], [rome, oslo]],
      ['PATCH', 'numbers/-1', { value: 1 }, [7, 8, 1], [rome, oslo]],
      ['DELETE', 'numbers/0', undefined, [8, 9], [rome, oslo]],
      ['DELETE', 'numbers/-3/$value', undefined, [8, 9], [rome, oslo]],
      ['PUT', 'places/0', { city: 'Bonn' }, [7, 8, 9], [['Place', { city: 'Bonn', floor: null }], oslo]],
      ['PATCH', 'places/0', { city: 'Bonn' }, [7, 8, 9], [['Place', { city: 'Bonn', floor: 1 }], oslo]],
      ['PATCH', 'places/-1', { vault: 'w' }, [7, 8, 9], [rome, ['Archive', { ...(oslo[1] as object), vault: 'w' }]]],
      [
        'PATCH',
        'places/0',
        { '@odata.type': '#test.library.Archive', vault: 'w' },
        [7, 8, 9],
        [['Archive', { city: 'Rome', floor: 1, vault: 'w' }], oslo],
      ],
      ['PUT', 'places/1', { city: 'Bonn' }, [7, 8, 9], [rome, ['Place', { city: 'Bonn', floor: null }]]],
      ['DELETE', 'places/0', undefined, [7, 8, 9], [oslo]],
      ['PUT', 'places/0/city', { value: 'Bonn' }, [7, 8, 9], [['Place', { city: 'Bonn', floor: 1 }], oslo]],
      ['DELETE', 'places/0/floor', undefined, [7, 8, 9], [['Place', { city: 'Rome', floor: null }], oslo]],
      [
        'PUT',
        'places/1/test.library.Archive/vault',
        { value: 'w' },
        [7, 8, 9],
        [rome, ['Archive', { ...(oslo[1] as object), vault: 'w' }]],
      ],
      ['PATCH', 'numbers/$each', { value: 0 }, [0, 0, 0], [rome, oslo]],
      ['PATCH', 'numbers/$filter($it gt 7)/$each', { value: 0 }, [7, 0, 0], [rome, oslo]],
      ['DELETE', 'numbers/$filter($it ne 8)/$each', undefined, [8], [rome, oslo]],
      ['DELETE', 'numbers/$each', undefined, [], [rome, oslo]],
      [
        'PATCH',
        'places/$each',
        { floor: 5 },
        [7, 8, 9],
        [
          ['Place', { city: 'Rome', floor: 5 }],
          ['Archive', { city: 'Oslo', floor: 5, vault: 'v' }],
        ],
      ],
      [
        'PATCH',
        "places/$filter(city eq 'Oslo')/$each",
        { vault: 'w' },
        [7, 8, 9],
        [rome, ['Archive', { ...(oslo[1] as object), vault: 'w' }]],
      ],
      ['DELETE', 'places/test.library.Archive/$each', undefined, [7, 8, 9], [rome]],
      ['DELETE', 'places/$filter(floor eq null)/$each', undefined, [7, 8, 9], [rome]],
      ['PATCH', 'numbers/$filter(false)/$each', { value: 0 }, [7, 8, 9], [rome, oslo]],
    ])('%s %s %j', async (method, path, body, numbers, places) => {
      const options = { headers: { 'odata-version': '4.01' }, ...(body === undefined ? {} : { body }) };
      const before = (await app.get(work)).headers.get('etag');
      const answer = await app.request(method, `${work}/${path}`, options);
      expect([answer.status, answer.text]).toEqual([method === 'DELETE' ? 204 : 200, answer.text]);
      expect(await state()).toEqual({ numbers, places });
      const now = (await app.get(work)).headers.get('etag');
      // Without a body, only who knew the version learns the new one.
      expect(answer.headers.get('etag')).toBe(method === 'DELETE' ? null : now);
      expect(now === before).toBe(path.includes('false'));
    });

    it('answers with the item, or with those that changed', async () => {
      expect((await app.request('PUT', `${work}/numbers/0`, { body: { value: 3 } })).body).toEqual({
        '@odata.context': `${app.root}/$metadata#Edm.Int32`,
        value: 3,
      });
      const place = await app.patch(`${work}/places/0?$select=city`, { city: 'Bonn' });
      expect([place.status, place.body.city, place.body.floor]).toEqual([200, 'Bonn', undefined]);
      const each = await app.patch(`${work}/numbers/$filter($it gt 8)/$each`, { value: 1 });
      expect([each.status, each.body.value]).toEqual([200, [1]]);
      const minimal = await app.patch(`${work}/numbers/0`, { value: 1 }, { headers: { prefer: 'return=minimal' } });
      expect([minimal.status, minimal.text]).toEqual([204, '']);
      const raw = await app.request('PUT', `${work}/numbers/0/$value`, {
        body: '5',
        headers: { 'content-type': 'text/plain' },
      });
      expect([raw.status, (await state()).numbers[0]]).toEqual([204, 5]);
    });

    it('inside what is contained too, as a change of it', async () => {
      const words = `${work}/chapters(1)/words`;
      await app.request('PUT', `${words}/1`, { body: { value: 'that' } });
      await app.delete(`${words}/-1`);
      expect((await app.get(words)).body.value).toEqual(['so', 'that']);
      const etag = (await app.get(`${work}/chapters(1)`)).headers.get('etag')!;
      expect((await app.delete(`${words}/0`, { headers: { 'if-match': 'W/"1"' } })).status).toBe(412);
      expect((await app.delete(`${words}/0`, { headers: { 'if-match': etag } })).status).toBe(204);
      expect((await app.get(words)).body.value).toEqual(['that']);
    });

    it('two changes of different items at one time are both there', async () => {
      const put = (at: number) => app.request('PUT', `${work}/numbers/${String(at)}`, { body: { value: at } });
      const answers = await Promise.all([put(0), put(1), put(2)]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect((await state()).numbers).toEqual([0, 1, 2]);
    });

    it.each<[method: string, path: string, body: unknown, status: number]>([
      ['PUT', 'numbers/3', { value: 1 }, 404],
      ['DELETE', 'numbers/-4', undefined, 404],
      ['PUT', 'numbers/0', { value: 'x' }, 400],
      ['PUT', 'numbers/0', { value: null }, 400],
      ['PUT', 'numbers/0', {}, 400],
      ['PATCH', 'places/0', { nope: 1 }, 400],
      ['PATCH', 'places/0', { vault: 'only of an archive' }, 400],
      ['PUT', 'places/0/test.library.Archive/vault', { value: 'x' }, 404],
      ['PUT', 'places/9/city', { value: 'x' }, 404],
      ['POST', 'numbers/0', { value: 1 }, 405],
      ['POST', 'numbers/$each', { value: 1 }, 405],
      ['PUT', 'numbers/$each', { value: 1 }, 405],
      ['PUT', 'places/0/city/$each', { value: 1 }, 404],
      ['PATCH', 'numbers/$each', { value: 'x' }, 400],
      ['PATCH', 'numbers/0?$filter=true', { value: 1 }, 400],
      ['GET', 'numbers/$each', undefined, 405],
    ])('%s %s %j is refused, and nothing is changed', async (method, path, body, status) => {
      const answer = await app.request(method, `${work}/${path}`, body === undefined ? {} : { body });
      expect([answer.status, typeof answer.body.error.message]).toEqual([status, 'string']);
      expect(await state()).toEqual({ numbers: [7, 8, 9], places: [rome, oslo] });
    });
  });
});
