import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import { library, libraryModel } from './models/library.js';
import { TestApp } from './support/test-app.js';
import { ann } from './support/tokens.js';

/** OData 4.01 URL Conventions 5.1.1.14.5: resources of the service in expressions. */
describe('$root in expressions', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, { ...library, sets: { events: { permissions: { read: ['Nobody.Has.It'] } } } });
    const set = aggregateSet(libraryModel.singletons.get('settings')!);
    const document = { name: 'main', seat: { city: 'Rome', floor: 2 } };
    await app.store.insert({ set, tenant: 'contoso', owner: 'ann', id: '', document });
    await app.post('/authors', { id: 'x', name: 'Ada' });
    await app.post('/bookings', { room: 'r', day: '2024-05-01', seats: 7 });
    const works = [
      { code: 'a', title: 'one', loans: 7, place: { city: 'Rome' }, numbers: [1, 2], chapters: [{ number: 7 }] },
      { code: 'b', title: 'two', loans: 9, place: { city: 'Oslo' }, chapters: [{ number: 9 }] },
      { code: 'c', title: 'one', loans: 8 },
    ];
    for (const one of works) expect((await app.post('/works', one)).status).toBe(201);
    await app.request('PUT', "/works('a')/writer/$ref", { body: { '@odata.id': "authors('x')" } });
    await app.post('/works', { code: 'z', title: 'one' }, { as: { ...ann, tid: 'other' } });
  });
  afterAll(() => app.stop());
  const codes = async (query: string): Promise<unknown> => {
    const { status, body } = await app.get(`/works?${encodeURI(query)}&$select=code`);
    return status === 200 ? body.value.map(({ code }: { code: string }) => code) : [status, body.error.message];
  };

  it.each<[query: string, found: readonly string[]]>([
    ["$filter=title eq $root/works('c')/title", ['a', 'c']],
    ["$filter=title eq $root/works(code='c')/title", ['a', 'c']],
    ['$filter=title eq $root/works/c/title', ['a', 'c']],
    ["$filter=title eq $root/works(@k)/title&@k='b'", ['b']],
    ["$filter=loans eq $root/bookings(room='r',day=2024-05-01)/seats", ['a']],
    ['$filter=place/city eq $root/settings/seat/city', ['a']],
    ["$filter=code eq $root/works('a')/code", ['a']],
    ["$filter='Ada' eq $root/works('a')/writer/name", ['a', 'b', 'c']],
    ["$filter=writer/name eq $root/authors('x')/name", ['a']],
    ["$filter=title eq $root/works('nobody')/title", []],
    ["$filter=null eq $root/works('nobody')/title", ['a', 'b', 'c']],
    // Of another tenant.
    ["$filter=title eq $root/works('z')/title", []],
    ["$filter=$root/works('a')/numbers/$count eq 2", ['a', 'b', 'c']],
    ["$filter=chapters/any(c:c/number eq $root/works('a')/loans)", ['a']],
    ["$filter=$root/works('a')/chapters/any(c:c/number eq loans)", ['a']],
    ["$orderby=loans sub $root/works('c')/loans desc", ['b', 'c', 'a']],
    ["$apply=filter(loans gt $root/works('a')/loans)", ['b', 'c']],
  ])('%s finds %j', async (query, found) => {
    expect(await codes(query)).toEqual(found);
  });

  it('in $compute, and inside $expand', async () => {
    const query = "$filter=code eq 'b'&$compute=loans sub $root/works('a')/loans as more&$select=more";
    expect((await app.get(`/works?${encodeURI(query)}`)).body.value[0].more).toBe(2);
    const expanded = "$select=code&$expand=chapters($filter=number lt $root/works('b')/loans)";
    const { body } = await app.get(`/works?${encodeURI(expanded)}`);
    expect(body.value.map(({ chapters }: any) => chapters.length)).toEqual([1, 0, 0]);
  });

  it('needs permission to read what it names', async () => {
    const token = '00000000-0000-0000-0000-000000000001';
    const { status } = await app.get(`/works?$filter=title eq $root/events(${token})/name`);
    expect(status).toBe(403);
  });

  it.each([
    ["$filter=$root/nothing('a')/title eq title", "there is no 'nothing'"],
    ["$filter=$root/works('a')/nothing eq title", "has no property 'nothing'"],
    ['$filter=$root/works(1)/title eq title', 'a string stands in single quotes'],
    ["$filter=$root/bookings('r')/seats eq 1", 'it has the parts'],
  ])('%s is a bad request', async (query, message) => {
    expect(await codes(query)).toEqual([400, expect.stringContaining(message)]);
  });

  it.each(['$filter=$root/events/$count gt 0', '$filter=$root/events/any(e:e/name eq title)'])(
    'a whole set is looked at by whom may read it: %s',
    async (query) => {
      expect(await codes(query)).toEqual([403, expect.any(String)]);
      const path = `/works/$filter(${query.slice('$filter='.length)})/$each`;
      const changed = await app.request('PATCH', encodeURI(path), { body: { loans: 1 } });
      expect(changed.status).toBe(403);
      expect((await app.request('DELETE', encodeURI(path), {})).status).toBe(403);
    },
  );

  it('a change reaches what is found by other sets', async () => {
    const path = encodeURI('/works/$filter($root/bookings/any(b:b/seats eq loans))/$each');
    const { status, body } = await app.request('PATCH', path, { body: { year: 1999 } });
    expect([status, body.value.map(({ code }: any) => code)]).toEqual([200, ['a']]);
    expect(await codes('$filter=year eq 1999')).toEqual(['a']);
  });

  it('is followed by no link to changes: what it names changes without the set', async () => {
    const { status } = await app.get(`/works/delta?$filter=title eq $root/works('c')/title`);
    expect(status).toBe(501);
  });
});
