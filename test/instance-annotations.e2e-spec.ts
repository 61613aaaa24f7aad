import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readArchiveLine, writeArchiveLine } from '../src/odata/transfer/archive-line.js';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import { catalogue, catalogueModel } from './models/catalogue.js';
import { type Answer, TestApp } from './support/test-app.js';

const v401 = { 'odata-version': '4.01', 'odata-maxversion': '4.01' };
const all = { prefer: 'include-annotations="*"' };
const ns = '@test.catalogue.';
const carried = {
  [`${ns}Stars`]: 4,
  [`${ns}Words`]: ['good', 'cheap'],
  [`${ns}Since`]: '2001-02-03',
  [`${ns}Worth`]: 12.5,
  [`${ns}Extent`]: { width: 3, height: 4 },
};

describe('annotations that entities carry', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, catalogue);
  });
  afterAll(() => app.stop());
  const at = "/suppliers('s')";
  const put = (body: object) => app.request('PUT', at, { body });
  beforeEach(async () => {
    await app.delete(at);
    await app.post('/suppliers', { id: 's', name: 'S', ...carried, '@other.Term': 1 });
  });
  /** Without the name of their namespace. */
  const annotations = (entity: object) =>
    Object.fromEntries(
      Object.entries(entity)
        .filter(([name]) => name.startsWith(ns))
        .map(([name, value]) => [name.slice(ns.length), value]),
    );
  const read = async (path = at, headers: Record<string, string> = all) =>
    annotations((await app.get(path, { headers })).body);
  const whole = {
    Stars: 4,
    Words: ['good', 'cheap'],
    Since: '2001-02-03',
    Worth: 12.5,
    Extent: { '@odata.type': '#test.catalogue.Size', width: 3, height: 4 },
  };

  it.each<[prefer: string | undefined, names: string]>([
    [undefined, ''],
    ['include-annotations="*"', 'Extent Since Stars Words Worth'],
    ['odata.include-annotations="test.catalogue.*"', 'Extent Since Stars Words Worth'],
    ['include-annotations=test.catalogue.Stars', 'Stars'],
    ['include-annotations="*,-test.catalogue.Stars"', 'Extent Since Words Worth'],
    ['include-annotations="-test.catalogue.*,test.catalogue.Since"', 'Since'],
    ['include-annotations="other.*"', ''],
  ])('are written as they are asked for: %s', async (prefer, names) => {
    const headers = prefer === undefined ? {} : { prefer };
    const { body, headers: got } = await app.get(at, { headers });
    expect(Object.keys(annotations(body)).sort().join(' ')).toBe(names);
    expect(body).not.toHaveProperty('@other.Term');
    if (prefer !== undefined) expect(got.get('preference-applied')).toContain('include-annotations');
  });

  it('are there by every way that reads the entity', async () => {
    expect(await read()).toEqual(whole);
    expect(await read(`${at}?$select=name`)).toEqual(whole);
    const { body } = await app.get("/suppliers?$filter=id eq 's'&$select=id&$top=1", { headers: all });
    expect(annotations(body.value[0])).toEqual(whole);
    await app.post('/accounts', { number: 5, holderId: 's' });
    const expanded = await app.get('/accounts(5)?$expand=holder($select=id)', { headers: all });
    expect(annotations(expanded.body.holder)).toEqual(whole);
    await app.delete('/accounts(5)');
    const strict = { headers: { ...all, accept: 'application/json;IEEE754Compatible=true' } };
    expect((await app.get(at, strict)).body[`${ns}Worth`]).toBe('12.5');
    const full = { headers: { ...all, ...v401, accept: 'application/json;metadata=none' } };
    expect((await app.get(at, full)).body[`${ns}Extent`]).toEqual({ width: 3, height: 4 });
  });

  it.each<[what: string, method: string, body: object, expected: object]>([
    ['what a merge does not name stays', 'PATCH', { name: 'T' }, whole],
    ['a merge sets', 'PATCH', { [`${ns}Stars`]: 1 }, { ...whole, Stars: 1 }],
    [
      'null removes',
      'PATCH',
      { [`${ns}Stars`]: null, [`${ns}Words`]: [] },
      { Since: whole.Since, Worth: 12.5, Extent: whole.Extent },
    ],
    [
      'a value is whole',
      'PATCH',
      { [`${ns}Extent`]: { height: 9 } },
      { ...whole, Extent: { ...whole.Extent, width: null, height: 9 } },
    ],
    ['a replacement has what it names', 'PUT', { name: 'T', [`${ns}Since`]: '2020-01-01' }, { Since: '2020-01-01' }],
  ])('%s', async (_, method, body, expected) => {
    const answer = await app.request(method, at, { body, headers: { ...v401 } });
    expect([answer.status, answer.text]).toEqual([200, answer.text]);
    expect(await read()).toEqual(expected);
  });

  it.each<[body: object, fault: string]>([
    [{ [`${ns}Stars`]: 256 }, `typeMismatch ${ns}Stars`],
    [{ [`${ns}Words`]: 'good' }, `typeMismatch ${ns}Words`],
    [{ [`${ns}Words`]: ['good', 1] }, `typeMismatch ${ns}Words/1`],
    [{ [`${ns}Worth`]: 1.234 }, `valueOutOfRange ${ns}Worth`],
    [{ [`${ns}Extent`]: { depth: 1 } }, `propertyNotFound ${ns}Extent/depth`],
    [{ [`${ns}Extent`]: null }, `nullNotAllowed ${ns}Extent`],
  ])('are held to the types of their terms: %j', async (body, fault) => {
    const faults = ({ status, body: { error } }: Answer) => [
      status,
      ...error.details.map(({ code, target }: any) => `${code} ${target}`),
    ];
    expect(faults(await app.patch(at, body))).toEqual([400, fault]);
    expect(faults(await app.post('/suppliers', { id: 'x', ...body }))).toEqual([400, fault]);
    expect(await read()).toEqual(whole);
  });

  it('are carried by what is contained, and by nothing that the model does not let', async () => {
    const parts = [{ number: 1, [`${ns}Stars`]: 2, [`${ns}Since`]: '2020-01-01' }];
    const product = { id: 'p', supplierId: 's', label: { text: 'x', [`${ns}Stars`]: 1 }, parts, [`${ns}Stars`]: 5 };
    expect((await app.post('/products', product)).status).toBe(201);
    const { body } = await app.get("/products('p')?$expand=parts,label", { headers: all });
    expect([annotations(body), annotations(body.label), annotations(body.parts[0])]).toEqual([{}, {}, { Stars: 2 }]);
    await app.patch("/products('p')", { 'parts@delta': [{ number: 1, [`${ns}Stars`]: 3 }] }, { headers: v401 });
    expect(await read("/products('p')/parts(1)")).toEqual({ Stars: 3 });
    await app.delete("/products('p')");
  });

  it('go into archives, and come out of them', async () => {
    const set = catalogueModel.entitySets.get('suppliers')!;
    const [aggregate] = await app.store.scan(aggregateSet(set), undefined, 1);
    const line = writeArchiveLine(set, aggregate!);
    expect(readArchiveLine(line, catalogueModel).aggregate.document).toEqual(aggregate!.document);
    expect(aggregate!.document[`${ns}Stars`]).toBe(4);
  });

  describe('of single properties', () => {
    const of = 'name@test.catalogue.';
    /** Those of the name, without property and namespace. */
    const ofName = async (path = at, headers: Record<string, string> = all) => {
      const { body } = await app.get(path, { headers });
      const own = Object.entries(body).filter(([name]) => name.startsWith(of));
      return Object.fromEntries(own.map(([name, value]) => [name.slice(of.length), value]));
    };
    const kept = {
      Stars: 2,
      Words: ['short'],
      Extent: { '@odata.type': '#test.catalogue.Size', width: 1, height: null },
    };
    beforeEach(async () => {
      const body = { [`${of}Stars`]: 2, [`${of}Words`]: ['short'], [`${of}Extent`]: { width: 1 }, [`${of}Other`]: 1 };
      expect((await app.patch(at, body)).status).toBe(200);
    });

    it('are kept beside those of the entity, and written as they are asked for', async () => {
      expect([await ofName(), await read()]).toEqual([kept, whole]);
      expect(await ofName(at, {})).toEqual({});
      expect(await ofName(at, { prefer: 'include-annotations="test.catalogue.Stars"' })).toEqual({ Stars: 2 });
      expect(await ofName(`${at}?$select=name`)).toEqual(kept);
      expect(await ofName(`${at}?$select=id`)).toEqual({});
      expect((await app.get(at, { headers: { ...all, ...v401 } })).body).toMatchObject({ [`${of}Stars`]: 2 });
      const listed = await app.get("/suppliers?$filter=id eq 's'", { headers: all });
      expect(listed.body.value[0]).toMatchObject({ [`${of}Stars`]: 2, [`${of}Words`]: ['short'] });
    });

    it.each<[what: string, method: string, body: object, expected: object]>([
      ['what a merge does not name stays', 'PATCH', { name: 'T' }, kept],
      ['a merge sets', 'PATCH', { [`${of}Stars`]: 1, name: 'T' }, { ...kept, Stars: 1 }],
      ['null removes', 'PATCH', { [`${of}Stars`]: null, [`${of}Words`]: [] }, { Extent: kept.Extent }],
      [
        'a value is whole',
        'PATCH',
        { [`${of}Extent`]: { height: 3 } },
        { ...kept, Extent: { ...kept.Extent, width: null, height: 3 } },
      ],
      ['a replacement has what it names', 'PUT', { name: 'T', [`${of}Stars`]: 3 }, { Stars: 3 }],
    ])('%s', async (_, method, body, expected) => {
      const answer = await app.request(method, at, { body, headers: { ...v401 } });
      expect([answer.status, answer.text]).toEqual([200, answer.text]);
      expect(await ofName()).toEqual(expected);
    });

    it('are held to the types of their terms, and made with the entity', async () => {
      const { status, body } = await app.patch(at, { [`${of}Stars`]: 'many', [`${of}Extent`]: null });
      expect([status, ...body.error.details.map(({ target }: any) => target)]).toEqual([
        400,
        `${of}Stars`,
        `${of}Extent`,
      ]);
      await app.post('/suppliers', { id: 't', name: 'T', [`${of}Stars`]: 5 });
      expect(await ofName("/suppliers('t')")).toEqual({ Stars: 5 });
      await app.delete("/suppliers('t')");
    });

    describe('at the URL of the property', () => {
      const value = 'value@test.catalogue.';
      const codes = "/samples('u')/codes";
      const asked = { value: 'S', [`${value}Stars`]: 2, [`${value}Words`]: ['short'], [`${value}Extent`]: kept.Extent };
      const get = async (path = `${at}/name`, headers: Record<string, string> = all) => {
        const { '@odata.context': context, ...body } = (await app.get(path, { headers })).body;
        expect(context).toMatch(/\$metadata#/);
        return body;
      };
      beforeEach(async () => {
        await app.delete("/samples('u')");
        await app.post('/samples', { id: 'u', codes: ['a', 'b', 'c'], [`codes${ns}Stars`]: 3 });
      });

      it('are written beside the value, as they are asked for', async () => {
        expect(await get()).toEqual(asked);
        expect(await get(`${at}/name`, {})).toEqual({ value: 'S' });
        expect(await get(`${at}/name`, { prefer: 'include-annotations=test.catalogue.Stars' })).toEqual({
          value: 'S',
          [`${value}Stars`]: 2,
        });
        const { headers } = await app.get(`${at}/name`, { headers: all });
        expect(headers.get('preference-applied')).toBe('include-annotations="*"');
        expect((await app.get(`${at}/name/$value`, { headers: all })).text).toBe('S');
        expect(await get(`${codes}?$filter=$it ne 'b'&$top=1&$count=true`)).toEqual({
          '@odata.count': 2,
          [`${value}Stars`]: 3,
          value: ['a'],
        });
        expect(await get(`${codes}/$filter($it ne 'a')`)).toEqual({ [`${value}Stars`]: 3, value: ['b', 'c'] });
        expect(await get("/suppliers('s')/id")).toEqual({ value: 's' });
        expect((await app.get(`${codes}/$count`, { headers: all })).text).toBe('3');
        expect((await app.get("/suppliers('nobody')/name", { headers: all })).status).toBe(404);
        await app.patch(at, { name: null });
        expect((await app.get(`${at}/name`, { headers: all })).status).toBe(204);
      });

      it('of a property inside of a complex value too', async () => {
        const window = { width: 3, [`width${ns}Words`]: ['w'] };
        await app.patch('/shop', { window });
        expect(await get('/shop/window/width')).toEqual({ value: 3, [`${value}Words`]: ['w'] });
        await app.patch('/shop/window/width', { value: 4, [`${value}Words`]: ['v'] });
        expect(await get('/shop/window/width')).toEqual({ value: 4, [`${value}Words`]: ['v'] });
        await app.patch('/shop', { window: null });
        expect((await app.get('/shop/window/width', { headers: all })).status).toBe(204);
      });

      it.each<[what: string, method: string, body: object, expected: object]>([
        ['what a merge does not name stays', 'PATCH', { value: 'T' }, { ...asked, value: 'T' }],
        ['a merge sets', 'PATCH', { value: 'S', [`${value}Stars`]: 1 }, { ...asked, [`${value}Stars`]: 1 }],
        [
          'null removes',
          'PATCH',
          { value: 'S', [`${value}Stars`]: null, [`${value}Words`]: [] },
          { value: 'S', [`${value}Extent`]: kept.Extent },
        ],
        [
          'a value is whole',
          'PATCH',
          { value: 'S', [`${value}Extent`]: { height: 3 } },
          { ...asked, [`${value}Extent`]: { ...kept.Extent, width: null, height: 3 } },
        ],
        [
          'a replacement has what it names',
          'PUT',
          { value: 'U', [`${value}Stars`]: 7 },
          { value: 'U', [`${value}Stars`]: 7 },
        ],
      ])('%s', async (_, method, body, expected) => {
        const answer = await app.request(method, `${at}/name`, { body, headers: all });
        expect([answer.status, answer.body]).toMatchObject([200, expected]);
        expect(await get()).toEqual(expected);
        expect(await read()).toEqual(whole);
      });

      it('of a collection, which is replaced and put into', async () => {
        await app.post(codes, { value: 'd' });
        expect(await get(codes)).toEqual({ value: ['a', 'b', 'c', 'd'], [`${value}Stars`]: 3 });
        await app.request('PUT', codes, { body: { value: ['e'], [`${value}Stars`]: 1 } });
        expect(await get(codes)).toEqual({ value: ['e'], [`${value}Stars`]: 1 });
      });

      it('stay where the value is written as text, or removed', async () => {
        await app.request('PUT', `${at}/name/$value`, { body: 'R', headers: { 'content-type': 'text/plain' } });
        expect(await get()).toEqual({ ...asked, value: 'R' });
        await app.delete(`${at}/name`);
        expect(await ofName()).toEqual(kept);
      });

      it('are held to the types of their terms', async () => {
        const { status, body } = await app.patch(`${at}/name`, { value: 'S', [`${value}Stars`]: 'many' });
        expect([status, ...body.error.details.map(({ target }: any) => target)]).toEqual([400, `${value}Stars`]);
      });
    });

    it('go into archives, and come out of them', async () => {
      const set = catalogueModel.entitySets.get('suppliers')!;
      const [aggregate] = await app.store.scan(aggregateSet(set), undefined, 1);
      const read = readArchiveLine(writeArchiveLine(set, aggregate!), catalogueModel);
      expect(read.aggregate.document).toEqual(aggregate!.document);
      expect(aggregate!.document[`${of}Stars`]).toBe(2);
    });
  });

  describe('inside of complex values', () => {
    const since = `${ns}Since`;
    const words = `width${ns}Words`;
    const size = { '@odata.type': '#test.catalogue.Size', width: 1, height: null };
    const kept = { ...size, [since]: '2001-02-03', [words]: ['wide'] };
    const sent = { width: 1, [since]: '2001-02-03', [words]: ['wide'], [`height${ns}Words`]: ['lost'] };
    const sample = "/samples('c')";
    const shop = '/branch';
    const get = async (path: string, headers: Record<string, string> = all) => (await app.get(path, { headers })).body;
    beforeEach(async () => {
      for (const path of [sample, shop, "/products('c')"]) await app.delete(path);
      await app.request('PUT', shop, {
        body: { name: 'b', window: sent, most: 1 },
        headers: { prefer: 'create-if-missing' },
      });
      await app.post('/samples', { id: 'c', sizes: [sent, { height: 2 }], someSizes: [null, sent] });
      const panel = { '@odata.type': '#test.catalogue.Panel', number: 1, size: sent };
      await app.post('/products', { id: 'c', supplierId: 's', label: { text: 'x' }, parts: [panel] });
    });

    it('are kept wherever the value is, and written as they are asked for', async () => {
      expect((await get(shop)).window).toEqual(kept);
      expect((await get(shop, {})).window).toEqual(size);
      expect((await get(shop, { prefer: 'include-annotations="*,-test.catalogue.Since"' })).window).toEqual({
        ...size,
        [words]: ['wide'],
      });
      expect((await get(`${shop}?$select=window/height`)).window).toEqual({
        '@odata.type': size['@odata.type'],
        height: null,
        [since]: '2001-02-03',
      });
      expect((await get(`${shop}?$select=window/width`)).window).toMatchObject({ [words]: ['wide'] });
      expect(await get(`${shop}/window`)).toMatchObject(kept);
      expect((await get(sample)).sizes).toEqual([kept, { ...size, width: null, height: 2 }]);
      expect((await get(`${sample}/sizes/0`))[since]).toBe('2001-02-03');
      expect((await get(`${sample}/sizes`)).value[0]).toEqual(kept);
      expect((await get("/samples?$filter=id eq 'c'&$select=someSizes")).value[0].someSizes).toEqual([null, kept]);
      expect((await get("/products('c')?$expand=parts")).parts[0].size).toEqual(kept);
      expect((await get("/products('c')/parts(1)/test.catalogue.Panel/size")).width).toBe(1);
    });

    it.each<[what: string, method: string, path: string, body: object, expected: object]>([
      ['what a merge does not name stays', 'PATCH', shop, { window: { height: 3 } }, { ...kept, height: 3 }],
      ['a merge sets', 'PATCH', shop, { window: { [since]: '2020-01-01' } }, { ...kept, [since]: '2020-01-01' }],
      ['null removes', 'PATCH', shop, { window: { [since]: null, [words]: [] } }, size],
      ['a merge at its own URL', 'PATCH', `${shop}/window`, { [words]: ['x', 'y'] }, { ...kept, [words]: ['x', 'y'] }],
      [
        'a replacement has what it names',
        'PUT',
        `${shop}/window`,
        { width: 4, [words]: ['z'] },
        { ...size, width: 4, [words]: ['z'] },
      ],
      ['a replacement of the entity', 'PUT', shop, { name: 'b', most: 1, window: { width: 5 } }, { ...size, width: 5 }],
      ['without the value there are none', 'PATCH', shop, { window: null }, {}],
    ])('%s', async (_, method, path, body, expected) => {
      const answer = await app.request(method, path, { body, headers: v401 });
      expect([answer.status, answer.text]).toEqual([200, answer.text]);
      const { window } = await get(shop);
      expect(window ?? {}).toEqual(expected);
    });

    it('of an item are changed with it', async () => {
      await app.patch(`${sample}/sizes/0`, { [since]: null, height: 7 });
      const { sizes } = await get(sample);
      expect(sizes[0]).toEqual({ ...size, height: 7, [words]: ['wide'] });
    });

    it('are held to the types of their terms', async () => {
      const { status, body } = await app.patch(shop, { window: { [since]: 1, [words]: 'x' } });
      expect([status, ...body.error.details.map(({ target }: any) => target)]).toEqual([
        400,
        `window/${since}`,
        `window/${words}`,
      ]);
    });

    it('go into archives, and come out of them', async () => {
      const set = catalogueModel.entitySets.get('samples')!;
      const [aggregate] = await app.store.scan(aggregateSet(set), undefined, 1);
      const line = readArchiveLine(writeArchiveLine(set, aggregate!), catalogueModel);
      expect(line.aggregate.document).toEqual(aggregate!.document);
      expect(aggregate!.document.sizes).toMatchObject([{ [since]: '2001-02-03', [words]: ['wide'] }, {}]);
    });
  });

  it('are described', async () => {
    await put({ name: 'T' });
    const { body } = await app.get('/openapi.json');
    expect(body.components.schemas['test.catalogue.Supplier-create'].properties[`${ns}Stars`]).toMatchObject({
      description: 'How good it is.',
      maximum: 255,
    });
    expect(body.components.schemas['test.catalogue.Size'].properties).toHaveProperty([`width${ns}Words`]);
  });
});

/** OData 4.01 URL Conventions 5.1.1.16. */
describe('annotations in expressions', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, catalogue);
    const named = { [`name${ns}Stars`]: 2, [`name${ns}Words`]: ['short'] };
    expect((await app.post('/suppliers', { id: 's', name: 'S', ...carried, ...named })).status).toBe(201);
    expect((await app.post('/suppliers', { id: 't', name: 'T', [`${ns}Worth`]: 3 })).status).toBe(201);
    for (const [number, holderId] of [
      [1, 's'],
      [2, 't'],
    ])
      expect((await app.post('/accounts', { number, holderId })).status).toBe(201);
  });
  afterAll(() => app.stop());
  const found = async (query: string, set = '/suppliers'): Promise<unknown> => {
    const { status, body } = await app.get(encodeURI(`${set}?${query}`).replaceAll('#', '%23'));
    return status === 200 ? body.value.map((one: any) => one.id ?? one.number) : [status, body.error.message];
  };

  it.each<[query: string, ids: readonly (string | number)[], set?: string]>([
    [`$filter=${ns}Stars eq 4`, ['s']],
    // The metadata says of all suppliers that do not say it themselves that they have five.
    [`$filter=${ns}Stars eq 5`, ['t']],
    [`$orderby=${ns}Stars desc`, ['t', 's']],
    [`$filter=${ns}Worth gt 2&$orderby=${ns}Worth desc`, ['s', 't']],
    [`$filter=${ns}Worth mul 2 eq 25`, ['s']],
    [`$filter=${ns}Extent/height eq 4`, ['s']],
    [`$filter=${ns}Extent/width eq 3`, ['s', 't']],
    [`$filter=${ns}Since eq 2001-02-03`, ['s', 't']],
    [`$filter=${ns}Words/any(w:w eq 'cheap')`, ['s']],
    [`$filter=${ns}Words/$count eq 2`, ['s']],
    [`$filter=name/${ns}Stars eq 2`, ['s']],
    [`$filter=name/${ns}Stars eq null`, ['t']],
    [`$filter=name/${ns}Words/any()`, ['s']],
    [`$filter=$it/${ns}Stars lt 5`, ['s']],
    [`$filter=${ns}Worth eq $these/aggregate(${ns}Worth with max)`, ['s']],
    ["$filter=name/@Core.Description eq 'What it is called.'", ['s', 't']],
    ["$filter=name/@Org.OData.Core.V1.Description eq 'What it is called.'", ['s', 't']],
    ["$filter=@UI.HeaderInfo/TypeName eq 'Supplier'", ['s', 't']],
    ["$filter=@com.sap.vocabularies.UI.v1.HeaderInfo/TypeNamePlural eq 'Suppliers'", ['s', 't']],
    ['$filter=@Display.Colour eq 01234567-89ab-cdef-0123-456789abcdef', ['s', 't']],
    ['$filter=@Nobody.SaysThat eq null', ['s', 't']],
    ['$filter=@Nobody.SaysThat/At/All eq 1', []],
    [`$filter=${ns}Stars#other eq null`, ['s', 't']],
    [`$filter=holder/${ns}Worth eq 3`, [2], '/accounts'],
    [`$filter=holder/name/${ns}Stars eq 2`, [1], '/accounts'],
  ])('[A41M-14] %s finds %j', async (query, ids, ...[set]) => {
    expect(await found(query, set)).toEqual(ids);
  });

  it('are computed with, aggregated, and selected', async () => {
    const computed = await app.get(encodeURI(`/suppliers?$compute=${ns}Stars mul 2 as twice&$select=twice`));
    expect(computed.body.value.map(({ twice }: any) => twice)).toEqual([8, 10]);
    const summed = await app.get(encodeURI(`/suppliers?$apply=aggregate(${ns}Worth with sum as s)`));
    expect(summed.body.value).toMatchObject([{ s: 15.5 }]);
    const selected = await app.get(encodeURI(`/suppliers('s')?$select=name,${ns}Stars`));
    expect(Object.keys(selected.body).filter((name) => !name.includes('@odata'))).toEqual([`${ns}Stars`, 'name']);
    expect(selected.body['@odata.context']).toBe(`${app.root}/$metadata#suppliers(name,${ns}Stars)/$entity`);
    const only = await app.get(encodeURI(`/suppliers?$select=${ns}Extent`));
    expect(only.body.value.map((one: any) => [one[`${ns}Extent`]?.height, one.name])).toEqual([
      [4, undefined],
      [undefined, undefined],
    ]);
  });

  it.each<[query: string, status: number, message: string]>([
    [`$select=${ns}Star`, 400, "carry no annotation '@test.catalogue.Star'; did you mean '@test.catalogue.Stars'"],
    [`$expand=${ns}Stars`, 400, 'has no entities to expand'],
    [`$filter=${ns}Extent/depth eq 1`, 400, "has no property 'depth'"],
    [`$filter=${ns}Words eq 'x'`, 400, 'eq cannot compare'],
    ['$filter=@UI.HeaderInfo/Title/Value eq 1', 501, 'is no constant'],
    [`$apply=join(${ns}Words as word)`, 400, 'is no collection of structured values'],
  ])('%s is %d: %s', async (query, status, message) => {
    expect(await found(query)).toEqual([status, expect.stringContaining(message)]);
  });
});
