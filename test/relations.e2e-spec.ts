import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { catalogue } from './models/catalogue.js';
import { type Answer, TestApp } from './support/test-app.js';

const v401 = { 'odata-version': '4.01', 'odata-maxversion': '4.01', 'content-type': 'application/json' };
const label = { text: 'Take care' };

describe('relations of a model', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, catalogue);
  });
  afterAll(() => app.stop());
  const empty = async (set: string): Promise<void> => {
    expect((await app.delete(`/${set}/$each`)).status).toBe(204);
  };
  beforeEach(async () => {
    for (const set of ['products', 'offers', 'suppliers', 'accounts', 'cities', 'news', 'oldNews']) await empty(set);
    for (const id of ['a', 'b']) await app.post('/suppliers', { id, name: id.toUpperCase() });
    await app.post('/cities', { country: 'nl', number: 1, names: ['Delft'] });
  });
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = v401) => {
    const answer = await app.request(method, path, { ...(body === undefined ? {} : { body }), headers });
    if (answer.status >= 500) throw new Error(answer.text);
    return answer;
  };
  /** Status, and each fault with its place. */
  const faults = ({ status, body }: Answer) => [
    status,
    ...(body.error.details ?? [{ code: body.error.innerError.code, target: body.error.target }]).map(
      ({ code, target }: any) => `${code} ${target}`,
    ),
  ];
  const product = (id: string, more: object = {}) => ({ id, supplierId: 'a', label, ...more });
  const linked = async (path: string): Promise<string[]> => {
    const { status, body } = await app.get(path);
    if (status === 204) return [];
    const all = Array.isArray(body.value) ? body.value : [body];
    return all.map((one: any) => one.id ?? one.number).sort();
  };

  describe('constraints: properties that have the key of what is referred to', () => {
    const at = "/products('p')";
    const state = async () => {
      const { body } = await app.get(`${at}?$expand=supplier($select=id),origin`);
      const { supplierId, supplier, country, city, origin } = body;
      return [supplierId, supplier.id, country, city, origin === null ? null : `${origin.country}${origin.number}`];
    };

    it.each<[what: string, body: object, expected: unknown[]]>([
      ['the property', { supplierId: 'a' }, ['a', 'a', null, null, null]],
      ['a binding', { 'supplier@bind': 'suppliers/b' }, ['b', 'b', null, null, null]],
      ['a reference', { supplier: { '@id': 'suppliers/b' } }, ['b', 'b', null, null, null]],
      ['both, and they agree', { supplierId: 'b', 'supplier@bind': 'suppliers/b' }, ['b', 'b', null, null, null]],
      ['an entity that is made with it', { supplier: { id: 'c' } }, ['c', 'c', null, null, null]],
      ['both parts of a key', { supplierId: 'a', country: 'nl', city: 1 }, ['a', 'a', 'nl', 1, 'nl1']],
      [
        'a binding to a key of two parts',
        { supplierId: 'a', 'origin@bind': "cities(country='nl',number=1)" },
        ['a', 'a', 'nl', 1, 'nl1'],
      ],
    ])('a new entity says it by %s', async (_, body, expected) => {
      const made = await ask('POST', '/products', { id: 'p', label, ...body });
      expect([made.status, made.text]).toEqual([201, made.text]);
      expect(await state()).toEqual(expected);
    });

    it.each<[what: string, method: string, path: string, body: object | undefined, expected: unknown[]]>([
      ['the property', 'PATCH', at, { supplierId: 'b' }, ['b', 'b', 'nl', 1, 'nl1']],
      ['a binding', 'PATCH', at, { 'supplier@bind': 'suppliers/b' }, ['b', 'b', 'nl', 1, 'nl1']],
      ['null', 'PATCH', at, { origin: null }, ['a', 'a', null, null, null]],
      ['properties that are null', 'PATCH', at, { country: null, city: null }, ['a', 'a', null, null, null]],
      ['PUT of the property', 'PUT', `${at}/supplierId`, { value: 'b' }, ['b', 'b', 'nl', 1, 'nl1']],
      ['PUT of the reference', 'PUT', `${at}/supplier/$ref`, { '@id': 'suppliers/b' }, ['b', 'b', 'nl', 1, 'nl1']],
      ['DELETE of the reference', 'DELETE', `${at}/origin/$ref`, undefined, ['a', 'a', null, null, null]],
      ['PUT that names the property', 'PUT', at, { supplierId: 'b', label }, ['b', 'b', null, null, null]],
      ['PUT with a binding', 'PUT', at, { 'supplier@bind': 'suppliers/b' }, ['b', 'b', null, null, null]],
      ['$each', 'PATCH', '/products/$each', { supplierId: 'b' }, ['b', 'b', 'nl', 1, 'nl1']],
      [
        'a link of a delta payload',
        'PATCH',
        '/products',
        {
          '@context': '#$delta',
          value: [
            { '@context': '#products/$link', source: "products('p')", relationship: 'supplier', target: 'suppliers/b' },
          ],
        },
        ['b', 'b', 'nl', 1, 'nl1'],
      ],
    ])('a change says it by %s', async (_, method, path, body, expected) => {
      await app.post('/products', product('p', { country: 'nl', city: 1 }));
      const answer = await ask(method, path, body);
      expect([answer.status < 300, answer.text]).toEqual([true, answer.text]);
      expect(await state()).toEqual(expected);
    });

    it('holds inside what is contained too', async () => {
      await app.post('/products', product('p', { parts: [{ number: 1, makerId: 'b' }] }));
      expect(await linked(`${at}/parts(1)/maker`)).toEqual(['b']);
      await ask('PATCH', `${at}/parts(1)`, { 'maker@bind': 'suppliers/a' });
      expect((await app.get(`${at}/parts(1)/makerId`)).body.value).toBe('a');
      await ask('PATCH', at, { 'parts@delta': [{ number: 1, makerId: 'b' }] });
      expect(await linked(`${at}/parts(1)/maker`)).toEqual(['b']);
    });

    it.each<[what: string, method: string, path: string, body: object, expected: unknown[]]>([
      [
        'two answers',
        'PATCH',
        at,
        { supplierId: 'a', 'supplier@bind': 'suppliers/b' },
        [400, 'valueNotAllowed supplierId'],
      ],
      [
        'two answers inside',
        'PATCH',
        at,
        { 'parts@delta': [{ number: 1, makerId: 'a', maker: { '@id': 'suppliers/b' } }] },
        [400, 'valueNotAllowed parts@delta/0/makerId'],
      ],
      ['no such entity', 'PATCH', at, { supplierId: 'x' }, [400, 'referenceNotFound supplierId']],
      ['no such entity', 'PUT', `${at}/supplierId`, { value: 'x' }, [400, 'referenceNotFound value']],
      ['no such entity', 'POST', '/products', product('q', { supplierId: 'x' }), [400, 'referenceNotFound supplierId']],
      ['a part of a key', 'PATCH', at, { city: 2 }, [400, 'nullNotAllowed country']],
      ['a part of a key', 'PUT', `${at}/city`, { value: 2 }, [400, 'nullNotAllowed country']],
      ['a part of a key', 'POST', '/products', product('q', { city: 2 }), [400, 'nullNotAllowed country']],
      [
        'each with its place',
        'POST',
        '/products',
        { id: 'q', label, supplierId: 'a', 'supplier@bind': 'suppliers/b', city: 2, title: 1 },
        [400, 'typeMismatch title', 'valueNotAllowed supplierId', 'nullNotAllowed country'],
      ],
    ])('refuses %s: %s %s', async (_, method, path, body, expected) => {
      await app.post('/products', product('p'));
      expect(faults(await ask(method, path, body))).toEqual(expected);
    });
  });

  describe('navigation that is never null', () => {
    beforeEach(() => app.post('/products', product('p')));

    it.each<[method: string, path: string, body: object | undefined, expected: unknown[]]>([
      [
        'POST',
        '/products',
        { id: 'q' },
        [400, 'nullNotAllowed supplierId', 'nullNotAllowed supplier', 'nullNotAllowed label'],
      ],
      ['POST', '/products', product('q', { label: null }), [400, 'nullNotAllowed label']],
      ['POST', '/offers', { id: 'o' }, [400, 'nullNotAllowed by']],
      ['POST', '/offers', { id: 'o', by: null }, [400, 'nullNotAllowed by']],
      ['PATCH', "/products('p')", { supplier: null }, [400, 'nullNotAllowed supplier']],
      ['PATCH', "/products('p')", { label: null }, [400, 'nullNotAllowed label']],
      ['DELETE', "/products('p')/label", undefined, [400, 'nullNotAllowed label']],
      ['DELETE', "/products('p')/supplier/$ref", undefined, [400, 'nullNotAllowed supplier']],
      ['PATCH', "/offers('o')", { price: 1 }, [400, 'nullNotAllowed by']],
    ])('%s %s with %j', async (method, path, body, expected) => {
      expect(faults(await ask(method, path, body, { ...v401, prefer: 'create-if-missing' }))).toEqual(expected);
      expect((await app.get("/products('p')?$expand=label")).body.label).toMatchObject(label);
    });

    it('a deletion that would leave an entity without is refused', async () => {
      await app.post('/offers', { id: 'o', 'by@odata.bind': 'suppliers/b' });
      const stolen = await ask('PATCH', "/suppliers('b')", { offers: [] });
      expect(faults(stolen)).toEqual([409, 'relationRequired by']);
      expect(await linked("/suppliers('b')/offers")).toEqual(['o']);
    });
  });

  describe('a change of each member', () => {
    const v = '#test.catalogue.Screw';
    it('carries entities of derived types inside, and of other sets', async () => {
      for (const id of ['p', 'q']) await app.post('/products', product(id, { parts: [{ number: 1 }] }));
      const change = { 'parts@delta': [{ '@type': v, number: 2, length: 5 }], supplier: { id: 'n', name: 'New' } };
      const { status, body } = await ask('PATCH', '/products/$each', change);
      expect([status, body.value.map((one: any) => [one.id, one.supplierId, one.supplier.name])]).toEqual([
        200,
        [
          ['p', 'n', 'New'],
          ['q', 'n', 'New'],
        ],
      ]);
      for (const id of ['p', 'q'])
        expect((await app.get(`/products('${id}')/parts(2)`)).body).toMatchObject({ length: 5, count: 1 });
      // One that is there keeps its type, in each.
      await ask('DELETE', "/products('q')/parts(2)");
      const other = { '@type': '#test.catalogue.Panel', number: 2, title: 'x' };
      expect((await ask('PATCH', '/products/$each', { 'parts@delta': [other] })).status).toBe(400);
      expect((await app.get("/products('q')/parts(2)")).status).toBe(404);
    });
  });

  describe('what becomes of others when an entity is deleted', () => {
    it('restrict: nothing is deleted as long as there are others', async () => {
      await app.post('/products', product('p'));
      expect(faults(await ask('DELETE', "/suppliers('a')"))).toEqual([409, 'relatedEntitiesExist products']);
      expect(faults(await ask('DELETE', '/suppliers/$each'))).toEqual([409, 'relatedEntitiesExist products']);
      expect(await linked('/suppliers')).toEqual(['a', 'b']);
      // 11.4.14: what can be deleted is, and what is left is told, where the client asks for that.
      const { status, body } = await ask('DELETE', '/suppliers/$each', undefined, {
        ...v401,
        prefer: 'continue-on-error',
      });
      const [failed, gone] = body.value;
      expect([status, failed['@id'], failed['@Core.DataModificationException'], gone]).toEqual([
        200,
        `${app.root}/suppliers('a')`,
        expect.objectContaining({ failedOperation: 'delete', responseCode: 409 }),
        { '@removed': { reason: 'deleted' }, id: 'b' },
      ]);
      expect(await linked('/suppliers')).toEqual(['a']);
      await ask('DELETE', "/products('p')");
      expect((await ask('DELETE', "/suppliers('a')")).status).toBe(204);
    });

    it('cascade: they are deleted, and what they take with them, in rings too', async () => {
      await app.post('/offers', { id: 'o1', 'by@odata.bind': 'suppliers/a' });
      await app.post('/offers', { id: 'o2', 'by@odata.bind': 'suppliers/b', 'instead@odata.bind': 'offers/o1' });
      await app.post('/offers', { id: 'o3', 'by@odata.bind': 'suppliers/a', 'instead@odata.bind': 'offers/o2' });
      await app.post('/offers', { id: 'o4', 'by@odata.bind': 'suppliers/b' });
      await ask('PATCH', "/offers('o1')", { 'instead@bind': 'offers/o3' });
      expect((await ask('DELETE', "/suppliers('a')")).status).toBe(204);
      expect([await linked('/offers'), await linked("/suppliers('b')/offers")]).toEqual([['o4'], ['o4']]);
    });

    it('set null: the properties with the key are cleared with the reference', async () => {
      await app.post('/accounts', { number: 1, holderId: 'a' });
      expect((await app.get("/suppliers('a')/account")).body.number).toBe(1);
      expect((await ask('DELETE', "/suppliers('a')")).status).toBe(204);
      expect((await app.get('/accounts(1)?$expand=holder')).body).toMatchObject({ holderId: null, holder: null });
    });

    it('nothing said: references to it are cleared, with the properties that have its key', async () => {
      await app.post('/products', product('p', { country: 'nl', city: 1 }));
      expect((await ask('DELETE', "/cities(country='nl',number=1)")).status).toBe(204);
      expect((await app.get("/products('p')?$expand=origin")).body).toMatchObject({
        country: null,
        city: null,
        origin: null,
      });
    });
  });

  describe('partners: the two ways of a relation', () => {
    it.each<[what: string, work: () => Promise<unknown>]>([
      ['POST with a key', () => ask('POST', '/products', product('p'))],
      ['POST with a binding', () => ask('POST', '/products', { id: 'p', label, 'supplier@bind': 'suppliers/a' })],
      ['POST into the collection', () => ask('POST', "/suppliers('a')/products", { id: 'p', label })],
      [
        'POST of the other way',
        () => ask('POST', '/suppliers', { id: 'c', products: [{ id: 'p', label, supplierId: 'a' }] }),
      ],
      ['POST of what it needs with it', () => ask('POST', '/suppliers', { id: 'c', products: [{ id: 'p', label }] })],
    ])('%s', async (_, work) => {
      await work();
      const { body } = await app.get("/products('p')");
      expect(await linked(`/suppliers('${body.supplierId as string}')/products`)).toEqual(['p']);
      expect(await linked("/products('p')/supplier")).toEqual([body.supplierId]);
    });

    it('what gets another partner leaves the one that it had', async () => {
      for (const id of ['p', 'q']) await app.post('/products', product(id));
      await ask('PATCH', "/products('p')", { supplierId: 'b' });
      expect([await linked("/suppliers('a')/products"), await linked("/suppliers('b')/products")]).toEqual([
        ['q'],
        ['p'],
      ]);
      await ask('POST', "/suppliers('b')/products/$ref", { '@id': 'products/q' });
      expect((await app.get("/products('q')")).body.supplierId).toBe('b');
      expect(await linked("/suppliers('a')/products")).toEqual([]);
      expect((await app.get("/suppliers('b')?$expand=products($orderby=id)")).body.products).toMatchObject([
        { id: 'p' },
        { id: 'q' },
      ]);
    });

    it('is in step whatever is done, between one and one, one and many, many and many', async () => {
      const ids = ['p', 'q', 'r'];
      const one = fc.constantFrom(...ids);
      const relation = fc.constantFrom('next', 'former');
      const step = fc.oneof(
        fc.record({ kind: fc.constant('set'), id: one, name: relation, to: fc.option(one, { nil: null }) }),
        fc.record({ kind: fc.constant('with'), id: one, to: fc.subarray(ids) }),
        fc.record({ kind: fc.constant('drop'), id: one, to: one }),
        fc.record({ kind: fc.constant('gone'), id: one }),
      );
      const run = async (steps: readonly any[]): Promise<void> => {
        await empty('products');
        for (const id of ids) await app.post('/products', product(id));
        for (const { kind, id, name, to } of steps) {
          const at = `/products('${id as string}')`;
          const ref = (target: string) => ({ '@id': `products/${target}` });
          if (kind === 'gone') await ask('DELETE', at);
          else if (kind === 'drop') await ask('DELETE', `${at}/with('${to as string}')/$ref`);
          else await ask('PATCH', at, kind === 'set' ? { [name]: to && ref(to) } : { with: to.map(ref) });
        }
        const { body } = await app.get('/products?$expand=next,former,with');
        const all: any[] = body.value;
        const [ways, back] = [
          all.flatMap(({ id, next }) => (next ? [`${id as string}>${next.id as string}`] : [])),
          all.flatMap(({ id, former }) => (former ? [`${former.id as string}>${id as string}`] : [])),
        ];
        expect(ways.sort()).toEqual(back.sort());
        const pairs = all.flatMap(({ id, with: others }) => others.map((other: any) => [id, other.id].join('-')));
        expect(pairs.sort()).toEqual(pairs.map((pair) => pair.split('-').reverse().join('-')).sort());
        expect(await linked("/suppliers('a')/products")).toEqual(all.map(({ id }) => id).sort());
      };
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), run), { numRuns: 12 });
    });
  });

  describe('derived types in what is contained', () => {
    const at = "/products('p')";
    const screw = { '@type': '#test.catalogue.Screw' };
    const panel = { '@type': '#test.catalogue.Panel' };
    const parts = [
      { number: 1 },
      { ...panel, number: 2, size: { width: 1, height: 2 } },
      { ...screw, number: 3, length: 4 },
    ];
    const all = async () => {
      const { body } = await app.get(`${at}/parts`);
      return body.value.map((one: any) => {
        const { number, title, '@odata.type': type } = one;
        const others = Object.entries(one).filter(([name]) => !/^(?:number|title|makerId|@.*)$/.test(name));
        return [number, type.split('.').at(-1), title, Object.fromEntries(others)];
      });
    };
    const before = [
      [1, 'Part', null, {}],
      [2, 'Panel', null, { size: { '@odata.type': '#test.catalogue.Size', width: 1, height: 2 } }],
      [3, 'Screw', null, { length: 4, count: 1, metal: 'steel' }],
    ];
    beforeEach(() => ask('POST', '/products', product('p', { parts })));

    it.each<[what: string, method: string, body: object, expected: unknown]>([
      [
        'a delta changes each as what it is, and makes others',
        'PATCH',
        {
          'parts@delta': [
            { ...screw, number: 3, length: 5 },
            { ...panel, number: 2, size: { width: 9 } },
            { ...screw, number: 4, length: 7, count: 2 },
            { number: 1, title: 'one' },
          ],
        },
        [
          [1, 'Part', 'one', {}],
          [2, 'Panel', null, { size: { '@odata.type': '#test.catalogue.Size', width: 9, height: 2 } }],
          [3, 'Screw', null, { length: 5, count: 1, metal: 'steel' }],
          [4, 'Screw', null, { length: 7, count: 2, metal: 'steel' }],
        ],
      ],
      [
        'what a merge says no type of keeps its own',
        'PATCH',
        { 'parts@delta': [{ number: 3, title: 'three' }] },
        [before[0], before[1], [3, 'Screw', 'three', { length: 4, count: 1, metal: 'steel' }]],
      ],
      [
        'a whole collection is what it names',
        'PATCH',
        {
          parts: [
            { ...screw, number: 3, title: 'three' },
            { ...panel, number: 5 },
          ],
        },
        [
          [3, 'Screw', 'three', { length: 4, count: 1, metal: 'steel' }],
          [5, 'Panel', null, { size: null }],
        ],
      ],
      [
        'PUT replaces each',
        'PUT',
        { supplierId: 'a', label, parts: [{ ...screw, number: 3, count: 3 }, { number: 1 }] },
        [
          [1, 'Part', null, {}],
          [3, 'Screw', null, { length: null, count: 3, metal: 'steel' }],
        ],
      ],
      [
        'those of the type itself',
        'PATCH',
        { 'parts@delta': [{ '@type': '#test.catalogue.Part', number: 1, title: 'x' }] },
        [[1, 'Part', 'x', {}], before[1], before[2]],
      ],
    ])('%s', async (_, method, body, expected) => {
      const { status, text } = await ask(method, at, body);
      expect([status, text]).toEqual([200, text]);
      expect(await all()).toEqual(expected);
    });

    it.each<[what: string, method: string, body: object, expected: unknown[]]>([
      [
        'another type than it has',
        'PATCH',
        {
          'parts@delta': [
            { ...panel, number: 3 },
            { ...screw, number: 1 },
          ],
        },
        [400, 'odataTypeMismatch parts@delta/0', 'odataTypeMismatch parts@delta/1'],
      ],
      [
        'a type that it does not say',
        'PUT',
        { supplierId: 'a', label, parts: [{ number: 3 }] },
        [400, 'odataTypeMismatch parts/0'],
      ],
      [
        'a type of elsewhere',
        'PATCH',
        { 'parts@delta': [{ '@type': '#test.catalogue.Note', number: 1 }] },
        [400, 'odataTypeMismatch parts@delta/0/@type'],
      ],
      [
        'what another type has',
        'PATCH',
        { 'parts@delta': [{ ...panel, number: 2, length: 1 }] },
        [400, 'propertyNotFound parts@delta/0/length'],
      ],
    ])('refuses %s, and changes nothing', async (_, method, body, expected) => {
      expect(faults(await ask(method, at, body))).toEqual(expected);
      expect(await all()).toEqual(before);
    });

    it('are made with what an upsert makes', async () => {
      const headers = { ...v401, prefer: 'create-if-missing' };
      await ask('DELETE', at);
      const made = await ask(
        'PATCH',
        at,
        { supplierId: 'a', label: { id: crypto.randomUUID(), ...label }, parts },
        headers,
      );
      expect([made.status, made.text]).toEqual([201, made.text]);
      expect((await all()).map(([number, type]: any) => `${number} ${type}`)).toEqual(['1 Part', '2 Panel', '3 Screw']);
    });
  });

  it('of two sets of one type, each relation leads to the one that it names', async () => {
    await app.post('/oldNews', { id: 'n' });
    await app.post('/news', { id: 'n', text: 'new' });
    await app.post('/products', product('p', { 'notes@odata.bind': ['news/n'] }));
    expect((await app.get("/products('p')/notes")).body.value).toMatchObject([{ text: 'new' }]);
    const old = await ask('POST', '/products', product('q', { 'notes@bind': ['oldNews/n'] }));
    expect(faults(old)).toEqual([400, 'referenceNotFound notes@bind/0']);
  });
});
