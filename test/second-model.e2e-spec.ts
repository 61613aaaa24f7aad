import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { JsonNumber, type JsonObject } from '../src/odata/protocol/json/json-value.js';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import { libraryModel } from './models/library.js';
import { type Answer, TestApp } from './support/test-app.js';

const works: Readonly<Record<string, JsonObject>> = {
  a: {
    $type: 'test.library.Book',
    title: 'Alpha',
    author: 'Ada',
    cover: 'AAEC',
    lent: true,
    shelf: 200,
    temperature: -5,
    year: 1999,
    loans: 3,
    barcode: new JsonNumber('9007199254740993'),
    price: new JsonNumber('12.50'),
    weight: 0.5,
    rating: 4.5,
    published: '1999-03-31',
    acquired: '2020-02-29T23:30:00.5',
    opensAt: '08:30:00',
    lendingTime: 93_600,
    token: '01234567-89ab-cdef-0123-456789abcdef',
    position: { type: 'Point', coordinates: [-1.55, 53.8] },
    access: 'Read,Lend',
    size: 'Large',
    numbers: [1, 2, 3],
    place: { $type: 'test.library.Archive', city: 'Leeds', floor: 2, vault: 'V1' },
    places: [
      { city: 'Leeds', floor: 1 },
      { $type: 'test.library.Archive', city: 'Bonn', vault: 'V2' },
    ],
    facts: { source: 'x', weight: 5, nested: { a: [1] } },
    chapters: {
      '[1]': { number: 1, title: 'One', pages: 10, words: ['a', 'b'] },
      '[2]': { number: 2, title: 'Two', pages: 30 },
      '[3]': { number: 3, title: 'Three', pages: 20 },
    },
  },
  b: {
    $type: 'test.library.Atlas',
    title: 'Beta',
    scale: 1000,
    sheets: 3,
    access: 'Copy',
    size: 'Small',
    year: 5,
    chapters: {},
  },
  c: {
    $type: 'test.library.Map',
    title: 'Gamma',
    scale: 50,
    barcode: 9007199254740991,
    price: 3,
    published: '2000-01-01',
  },
  d: { lendingTime: -60, acquired: '2019-01-01T00:00:00', opensAt: '23:59:59', rating: 'NaN' },
};

describe('a second model, served by the same engine', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, { model: libraryModel, modules: [] });
    const insert = async (name: string, id: string, document: JsonObject): Promise<void> => {
      const set = aggregateSet((libraryModel.entitySets.get(name) ?? libraryModel.singletons.get(name))!);
      await app.store.insert({ set, tenant: 'contoso', owner: 'ann', id, document });
    };
    for (const [id, document] of Object.entries(works)) await insert('works', id, document);
    await insert('bookings', '["red","2024-05-01"]', { room: 'red', day: '2024-05-01', by: 'Ann' });
    await insert('bookings', '["red","2024-05-02"]', { room: 'red', day: '2024-05-02', by: 'Bob' });
    const token = '01234567-89ab-cdef-0123-456789abcdef';
    await insert('events', token, { token, name: 'Reading', seats: 5, host: 'Ada', $odd: 1 });
    await insert('settings', '', { name: 'main', lendingTime: 3600, seat: { city: 'Leeds' } });
  });
  afterAll(() => app.stop());

  const get = (path: string): Promise<Answer> => app.get(`/${encodeURI(path).replaceAll('+', '%2B')}`);
  const ids = async (filter: string): Promise<string> => {
    const { body, text } = await get(`works?$filter=${filter}`);
    return body?.value?.map(({ code }: any) => code).join('') ?? text;
  };

  it('[J-3.2] writes every primitive type', async () => {
    const { body } = await get("works('a')");
    expect(body).toMatchObject({
      '@odata.type': '#test.library.Book',
      code: 'a',
      author: 'Ada',
      cover: 'AAEC',
      lent: true,
      shelf: 200,
      temperature: -5,
      weight: 0.5,
      published: '1999-03-31',
      acquired: '2020-02-29T23:30:00.5Z',
      opensAt: '08:30:00',
      lendingTime: 'P1DT2H',
      token: '01234567-89ab-cdef-0123-456789abcdef',
      position: { type: 'Point', coordinates: [-1.55, 53.8] },
      outline: null,
      access: 'Read,Lend',
      place: { '@odata.type': '#test.library.Archive', city: 'Leeds', vault: 'V1' },
      facts: { '@odata.type': '#test.library.Facts', source: 'x', weight: 5, nested: { a: [1] } },
    });
    expect((await get("works('a')")).text).toContain('"barcode":9007199254740993,"price":12.5');
    const strict = { headers: { accept: 'application/json;IEEE754Compatible=true' } };
    expect((await app.get("/works('a')", strict)).body).toMatchObject({ barcode: '9007199254740993', price: '12.5' });
    expect((await get("works('d')")).body).toMatchObject({ lendingTime: '-PT1M', rating: 'NaN' });
  });

  it.each([
    ['A40I-7.1', 'barcode eq 9007199254740993', 'a'],
    ['A40I-7.1', 'barcode gt 9007199254740992', 'a'],
    ['A40I-7.1', 'price eq 12.5', 'a'],
    ['A40I-7.1', 'shelf eq 200 and temperature lt 0', 'a'],
    ['A40I-7.1', "cover eq binary'AAEC'", 'a'],
    ['A40I-7.1', 'token eq 01234567-89AB-CDEF-0123-456789abcdef', 'a'],
    ['A40I-7.1', 'published lt 2000-01-01', 'a'],
    ['A40I-7.1', "published eq '2000-01-01'", 'c'],
    ['A40I-7.1', 'acquired eq 2020-03-01T00:30:00.500+01:00', 'a'],
    ['A40I-7.1', 'acquired lt 2020-01-01T00:00:00Z', 'd'],
    ['A40I-7.1', 'opensAt gt 12:00', 'd'],
    ['A40I-7.1', 'rating gt 1', 'a'],
    ['A40I-7.1', 'rating lt 1', ''],
    ['A40M-15', "lendingTime eq duration'PT26H'", 'a'],
    ['A41M-9b', "lendingTime lt 'PT0S'", 'd'],
    ['A40I-7.3', "access has test.library.Access'Lend'", 'a'],
    ['A40I-7.3', "access has 'Read,Lend'", 'a'],
    ['A40I-7.3', "access has 'Copy,Lend'", ''],
    ['A40I-7.3', "access eq 'Lend,Read'", 'a'],
    ['A40I-7.3', "access eq '4'", 'b'],
    ['A40I-7.3', "access gt 'Lend'", 'ab'],
    ['A40I-7.3', "size gt 'Small'", 'a'],
    ['A40I-7.3', "size in ('Small','Medium')", 'b'],
    ['A40I-7.3', "published add duration'P1D' eq 1999-04-01", 'a'],
    ['A40I-7.3', "acquired sub duration'PT1H' lt 2019-01-01T00:00:00Z", 'd'],
    ['A40I-7.3', "2000-01-01 sub published eq duration'P276D'", 'a'],
    ['A40I-7.3', "lendingTime mul 2 eq 'P2DT4H'", 'a'],
    ['A40I-7.3', "lendingTime div 2 eq 'PT13H'", 'a'],
    ['A40I-7.3', "-lendingTime eq 'PT1M'", 'd'],
    ['A40I-7.4', 'year(published) eq 1999 and month(published) eq 3 and day(published) eq 31', 'a'],
    ['A40I-7.4', 'hour(acquired) eq 23 and minute(acquired) eq 30 and second(acquired) eq 0', 'a'],
    ['A40I-7.4', 'fractionalseconds(acquired) eq 0.5', 'a'],
    ['A40I-7.4', 'hour(opensAt) eq 8', 'a'],
    ['A40I-7.4', 'date(acquired) eq 2020-02-29 and time(acquired) gt 23:00', 'a'],
    ['A40I-7.4', 'totaloffsetminutes(acquired) eq 0', 'ad'],
    ['A40I-7.4', 'totalseconds(lendingTime) eq 93600', 'a'],
    ['A40I-7.4', 'cast(published,Edm.DateTimeOffset) eq 2000-01-01T00:00:00Z', 'c'],
    ['A40I-7.4', "cast(acquired,Edm.String) eq '2019-01-01T00:00:00Z'", 'd'],
    ['A40I-7.4', 'cast(cast(barcode,Edm.String),Edm.Int64) eq 9007199254740993', 'a'],
    ['A40I-7.4', 'cast(barcode,Edm.Int32) eq null and barcode ne null', 'ac'],
    ['A40I-4', 'isof(test.library.Map)', 'bc'],
    ['A40I-4', 'isof(test.library.Book)', 'a'],
    ['A40I-4', 'isof(test.library.Work)', 'abcd'],
    ['A40I-4', 'test.library.Map/scale gt 100', 'b'],
    ['A40I-4', "test.library.Book/author eq 'Ada'", 'a'],
    ['A40I-4', 'isof(place,test.library.Archive)', 'a'],
    ['A40I-4', "place/test.library.Archive/vault eq 'V1'", 'a'],
    ['A40I-4', "places/test.library.Archive/any(p:p/vault eq 'V2')", 'a'],
    ['A40I-4', 'places/test.library.Archive/$count eq 1', 'a'],
    ['A40A-5', 'chapters/any(c:c/pages gt 25)', 'a'],
    ['A40A-5', "chapters/any(c:c/words/any(w:w eq 'b' and c/number eq 1))", 'a'],
    ['A40A-5', 'numbers/all(n:n gt 1)', 'bcd'],
    ['A40A-4', 'chapters/$count eq 3', 'a'],
    ['A41A-3', 'chapters/$filter(pages gt 15)/$count eq 2', 'a'],
    ['A40I-7.1', 'position ne null', 'a'],
    ['A40I-7.1', 'facts/weight eq 5', 'a'],
    ['A40I-7.1', 'facts/unknown eq null', 'abcd'],
    ['A41M-9n', 'numbers eq [1,2,3]', 'a'],
    ['A40I-7.4', 'hassubset(numbers,[3,1])', 'a'],
    ['A40I-7.4', 'hassubsequence(numbers,[3,1])', ''],
    ['A40I-7.4', 'hassubsequence(numbers,[1,3])', 'a'],
  ])('[%s] $filter=%s', async (_, filter, expected) => {
    expect(await ids(filter)).toBe(expected);
  });

  it.each<[rows: string, path: string, status: number, expected: unknown]>([
    [
      'A40I-4',
      'works/test.library.Map',
      200,
      {
        value: [
          { code: 'b', sheets: 3 },
          { code: 'c', scale: 50 },
        ],
      },
    ],
    ['A40I-4', 'works/test.library.Map?$filter=scale gt 100&$select=scale', 200, { value: [{ scale: 1000 }] }],
    ['A40I-4', "works('b')/test.library.Map/scale", 200, { value: 1000 }],
    ['A40I-4', "works('a')/test.library.Map", 404, undefined],
    ['A40I-4', "works('a')/place/test.library.Archive/vault", 200, { value: 'V1' }],
    ['A40A-12', "bookings(room='red',day=2024-05-01)", 200, { by: 'Ann' }],
    ['A40A-12', "bookings(day=2024-05-02,room='red')/by", 200, { value: 'Bob' }],
    ['A40A-12', "bookings(room='red')", 400, undefined],
    ['A40A-12', "bookings('red')", 400, undefined],
    ['A40A-12', "bookings(room='red',day=x)", 400, undefined],
    ['A40A-12', "bookings(room='red',day=2024-05-03)", 404, undefined],
    ['A40A-12', 'events(01234567-89AB-cdef-0123-456789abcdef)', 200, { name: 'Reading', seats: 5, host: 'Ada' }],
    ['A40A-12', 'events/01234567-89ab-cdef-0123-456789abcdef/name', 200, { value: 'Reading' }],
    ['A40A-12', 'events/nonsense', 404, undefined],
    ['A40A-12', 'settings', 200, { name: 'main', lendingTime: 'PT1H' }],
    ['A40A-12', 'settings/seat/city', 200, { value: 'Leeds' }],
    ['A40A-12', "works('a')/chapters", 200, { value: [{ number: 1 }, { number: 2 }, { number: 3 }] }],
    ['A40A-12', "works('a')/chapters(2)", 200, { number: 2, title: 'Two' }],
    ['A40A-12', 'works/a/chapters/2/title', 200, { value: 'Two' }],
    ['A40A-12', "works('a')/chapters(number=1)/words", 200, { value: ['a', 'b'] }],
    ['A40A-12', "works('a')/chapters(9)", 404, undefined],
    ['A40A-12', "works('a')/chapters('x')", 400, undefined],
    [
      'A40A-12',
      "works('a')/chapters?$filter=pages gt 10&$orderby=pages&$select=title",
      200,
      { value: [{ title: 'Three' }, { title: 'Two' }] },
    ],
    ['A40A-12', "works('a')/chapters?$top=1&$count=true", 200, { '@odata.count': 3, value: [{ number: 1 }] }],
    ['A40A-12', "works('b')/chapters", 200, { value: [] }],
    ['A40A-12', "works('x')/chapters", 404, undefined],
    ['A40A-9', "works('a')?$expand=chapters", 200, { chapters: [{ pages: 10 }, { pages: 30 }, { pages: 20 }] }],
    [
      'A40A-9.2',
      "works('a')?$expand=chapters($filter=pages gt 15;$select=title)",
      200,
      { chapters: [{ title: 'Two' }, { title: 'Three' }] },
    ],
    [
      'A40A-9.4',
      "works('a')?$expand=chapters($orderby=pages desc)",
      200,
      { chapters: [{ number: 2 }, { number: 3 }, { number: 1 }] },
    ],
    [
      'A40A-9.5',
      "works('a')?$expand=chapters($count=true;$top=1)",
      200,
      { 'chapters@odata.count': 3, chapters: [{ number: 1 }] },
    ],
    ['A40A-9.6', "works('a')?$expand=chapters($skip=1;$top=1)", 200, { chapters: [{ number: 2 }] }],
    ['A40A-9.7', "works('a')?$expand=chapters($search=three)", 200, { chapters: [{ number: 3 }] }],
    ['A40A-9.8', "works('a')?$expand=chapters($levels=max)", 200, { chapters: [{}, {}, {}] }],
    [
      'A40A-9.9',
      "works('a')?$expand=chapters($compute=pages mul 2 as double;$select=double)",
      200,
      { chapters: [{ double: 20 }, { double: 60 }, { double: 40 }] },
    ],
    [
      'A40A-9.3',
      'works?$expand=test.library.Map/chapters&$filter=isof(test.library.Map)',
      200,
      { value: [{ chapters: [] }, { chapters: [] }] },
    ],
    ['A40A-9', "works('a')?$expand=chapters/$count", 200, { 'chapters@odata.count': 3 }],
    ['A40A-9', "works('a')?$expand=chapters/$count($filter=pages gt 15)", 200, { 'chapters@odata.count': 2 }],
    [
      'A41A-5.1',
      "works('a')?$select=places($filter=floor eq 1;$select=city),numbers($orderby=$this desc;$top=2)",
      200,
      { places: [{ city: 'Leeds' }], numbers: [3, 2] },
    ],
    ['A40I-11', 'works?$search=three', 200, { value: [{ code: 'a' }] }],
    ['A40I-3', "works('a')?$select=test.library.Book/author", 200, { author: 'Ada' }],
    ['A40I-3', 'events?$select=seats', 200, { value: [{ seats: 5 }] }],
    [
      'A40I-17',
      'works?$orderby=size desc&$select=code',
      200,
      { value: [{ code: 'a' }, { code: 'b' }, { code: 'c' }, { code: 'd' }] },
    ],
    ['A40I-13', 'bookings?$count=true&$top=1&$orderby=day desc', 200, { '@odata.count': 2, value: [{ by: 'Bob' }] }],
  ])('[%s] GET %s answers %i', async (_, path, status, expected) => {
    const answer = await get(path);
    expect([answer.status, answer.status >= 500 ? answer.text : '']).toEqual([status, '']);
    if (expected !== undefined) expect(answer.body).toMatchObject(expected as object);
  });

  it.each([
    ['$filter=geo.length(outline) gt 1', 400],
    ['$filter=geo.length(title) gt 1', 400],
    ['$filter=position eq position', 400],
    ["$filter=position eq geography'SRID=4326;Point(1 2)'", 501],
    ['$filter=position gt null', 400],
    ['$orderby=position', 400],
    ['$filter=places eq [{"city":"x"}]', 501],
  ])('%s answers %i', async (query, status) => {
    expect((await get(`works?${query}`)).status).toBe(status);
  });

  it('[A40A-9.1] references to contained entities', async () => {
    const { body } = await get("works('a')?$expand=chapters/$ref($top=1)");
    expect(body.chapters).toEqual([{ '@odata.id': `${app.root}/works('a')/chapters(1)` }]);
  });

  it('ids and context URLs are canonical', async () => {
    const full = { headers: { accept: 'application/json;odata.metadata=full' } };
    const { body } = await app.get("/bookings(room='red',day=2024-05-01)", full);
    expect(body).toMatchObject({
      '@odata.context': `${app.root}/$metadata#bookings/$entity`,
      '@odata.id': `${app.root}/bookings(room='red',day=2024-05-01)`,
    });
    expect((await app.get(body['@odata.id'])).status).toBe(200);
    const chapter = (await app.get('/works/a/chapters/2', full)).body;
    expect(chapter).toMatchObject({
      '@odata.context': `${app.root}/$metadata#works('a')/chapters/$entity`,
      '@odata.id': `${app.root}/works('a')/chapters(2)`,
    });
    expect((await get('works/test.library.Map')).body['@odata.context']).toBe(
      `${app.root}/$metadata#works/test.library.Map`,
    );
    expect((await get('settings')).body['@odata.context']).toBe(`${app.root}/$metadata#settings`);
  });

  it('pages of a set with a composite key', async () => {
    const { body } = await app.get('/bookings', { headers: { prefer: 'maxpagesize=1' } });
    const next = await app.get(body['@odata.nextLink']);
    expect([body.value[0].by, next.body.value[0].by]).toEqual(['Ann', 'Bob']);
  });
});
