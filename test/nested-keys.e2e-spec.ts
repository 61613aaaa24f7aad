import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { warehouse } from './models/warehouse.js';
import { settled } from './support/settled.js';
import { TestApp } from './support/test-app.js';
import { asking, v401 } from './support/asking.js';

const batch = (plant: string, run: number, more: object = {}) => ({ origin: { plant, run: { number: run } }, ...more });

/** A value without the types that it says it is of. */
const untyped = (value: unknown): any =>
  JSON.parse(JSON.stringify(value), (name, inner: unknown) => (/^@(?:odata\.)?type$/.test(name) ? undefined : inner));

describe('keys inside complex values', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, warehouse);
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    expect((await app.delete('/batches/$each')).status).toBe(204);
  });
  const { ask } = asking(() => app);
  const made = async (plant: string, run: number, more?: object) => {
    const answer = await ask('POST', '/batches', batch(plant, run, more));
    expect([answer.status, answer.text]).toEqual([201, answer.text]);
    return answer;
  };
  const at = (plant: string, run: number): string => `batches(plant='${plant}',run=${run})`;
  const keys = ({ body }: { readonly body: any }): string[] =>
    body.value.map(({ origin }: any) => `${origin.plant}${origin.run.number}`);

  it('are said by alias wherever a URL names the entity', async () => {
    const { headers, body } = await made('Delft', 1, { title: 'One' });
    expect(headers.get('location')).toBe(`${app.url}/v1.0/${at('Delft', 1)}`);
    expect(body.origin).toMatchObject({ plant: 'Delft', run: { number: 1 } });
    const full = await app.get(`/${at('Delft', 1)}?$format=application/json;odata.metadata=full`);
    expect(full.body).toMatchObject({
      '@odata.id': `${app.url}/v1.0/${at('Delft', 1)}`,
      '@odata.editLink': `${app.url}/v1.0/${at('Delft', 1)}`,
      '@odata.context': `${app.url}/v1.0/$metadata#batches/$entity`,
      'crates@odata.navigationLink': `${app.url}/v1.0/${at('Delft', 1)}/crates`,
    });
    for (const path of ["batches(run=1,plant='Delft')", "batches(plant=@p,run=1)?@p='Delft'", at('Delft', 1)])
      expect((await app.get(`/${path}`)).body.title).toBe('One');
    expect((await app.get(`/${at('Delft', 1)}/origin/run/number`)).body).toMatchObject({
      '@odata.context': `${app.url}/v1.0/$metadata#${at('Delft', 1)}/origin/run/number`,
      value: 1,
    });
    expect((await ask('GET', `/batches/$count`)).text).toBe('1');
  });

  it.each([
    ["batches('Delft')", 400],
    ["batches(plant='Delft')", 400],
    ["batches(plant='Delft',number=1)", 400],
    ["batches(origin/plant='Delft',run=1)", 400],
    ["batches(plant='Delft',run='1')", 400],
    ["batches(plant='Delft',run=2)", 404],
    ['batches/Delft', 404],
  ])('are nothing else: %s', async (path, status) => {
    await made('Delft', 1);
    expect((await ask('GET', `/${path}`)).status).toBe(status);
  });

  it('keep an entity once', async () => {
    await made('Delft', 1);
    expect((await ask('POST', '/batches', batch('Delft', 1))).status).toBe(409);
    await made('Delft', 2);
  });

  it.each<[body: object, targets: string[]]>([
    [{}, ['origin/plant', 'origin/run/number']],
    [{ origin: { run: { number: 1 } } }, ['origin/plant']],
    [{ origin: { plant: 'a' } }, ['origin/run']],
    [{ origin: { plant: 'a', run: {} } }, ['origin/run/number']],
    [{ origin: { plant: 'a', run: { number: 'x' } } }, ['origin/run/number']],
    [batch('much too long', 1), ['origin/plant']],
    [batch('a', 1, { crates: [{ weight: 1 }] }), ['crates/0/tag/code']],
    [batch('a', 1, { crates: [{ tag: { colour: 'x' } }] }), ['crates/0/tag/code']],
  ])('must be given whole: %j', async (body, targets) => {
    const answer = await ask('POST', '/batches', body);
    expect(answer.status).toBe(400);
    expect((answer.body.error.details ?? [answer.body.error]).map(({ target }: any) => target)).toEqual(targets);
  });

  it.each<[method: string, body: object, origin: object]>([
    ['PATCH', { origin: { plant: 'x', run: { number: 9, remark: 'r' }, foreman: 'f' } }, { foreman: 'f', remark: 'r' }],
    ['PATCH', { origin: { foreman: 'f' } }, { foreman: 'f', remark: 'old' }],
    ['PUT', { origin: { run: { remark: 'r' } } }, { foreman: null, remark: 'r' }],
    ['PUT', { origin: { plant: 'x', run: { number: 9 }, foreman: 'f' } }, { foreman: 'f', remark: null }],
  ])('stay what they are: %s %j', async (method, body, { foreman, remark }: any) => {
    await ask('POST', '/batches', { origin: { plant: 'a', run: { number: 1, remark: 'old' }, more: 1 } });
    const changed = await ask(method, `/${at('a', 1)}`, body);
    const expected = { plant: 'a', foreman, run: { number: 1, remark }, ...(method === 'PUT' ? {} : { more: 1 }) };
    expect([changed.status, untyped(changed.body.origin)]).toEqual([200, expected]);
    expect(untyped((await ask('GET', `/${at('a', 1)}`)).body.origin)).toEqual(expected);
  });

  it.each<[method: string, path: string, body: object | undefined, status: number]>([
    ['PUT', 'origin', { run: {}, foreman: 'f' }, 200],
    ['PATCH', 'origin', { plant: 'x', foreman: 'f' }, 200],
    ['DELETE', 'origin', undefined, 400],
    ['PUT', 'origin/plant', { value: 'x' }, 405],
    ['PUT', 'origin/run', { number: 7 }, 200],
    ['DELETE', 'origin/run', undefined, 400],
    ['DELETE', 'origin/run/number', undefined, 405],
  ])('stay what they are at the URL of a property: %s %s', async (method, path, body, status) => {
    await made('a', 1);
    expect((await ask(method, `/${at('a', 1)}/${path}`, body)).status).toBe(status);
    expect((await ask('GET', `/${at('a', 1)}`)).body.origin).toMatchObject({ plant: 'a', run: { number: 1 } });
  });

  it('come from the URL of an entity that an update makes', async () => {
    const create = { ...v401, prefer: 'create-if-missing' };
    const patched = await ask('PATCH', `/${at('a', 1)}`, { origin: { foreman: 'f' } }, create);
    expect([patched.status, untyped(patched.body.origin)]).toEqual([
      201,
      { plant: 'a', foreman: 'f', run: { number: 1, remark: null } },
    ]);
    const put = await ask('PUT', `/${at('b', 2)}`, { title: 't', origin: { run: {} } }, create);
    expect([put.status, put.body.origin.plant, put.body.origin.run.number]).toEqual([201, 'b', 2]);
    expect((await ask('PATCH', `/${at('much too long', 1)}`, {}, create)).status).toBe(400);
    expect(keys(await app.get('/batches?$orderby=origin/plant'))).toEqual(['a1', 'b2']);
  });

  it('are filtered, ordered, grouped and searched by their paths, and paged by', async () => {
    for (const [plant, run] of [
      ['b', 2],
      ['a', 10],
      ['a', 9],
      ['b', 1],
    ] as const)
      await made(plant, run);
    expect(keys(await app.get("/batches?$filter=origin/plant eq 'a' and origin/run/number gt 9"))).toEqual(['a10']);
    expect(keys(await app.get('/batches?$orderby=origin/run/number desc'))).toEqual(['a10', 'a9', 'b2', 'b1']);
    expect((await ask('GET', "/batches?$filter=plant eq 'a'")).status).toBe(400);
    const pages: string[] = [];
    let next: string | undefined = '/batches?$orderby=origin/plant desc';
    const one = { prefer: 'maxpagesize=1' };
    while (next !== undefined) {
      const page: any = await app.request('GET', next, { headers: one });
      pages.push(...keys(page));
      next = page.body['@odata.nextLink']?.slice(`${app.url}/v1.0`.length);
    }
    expect(pages).toHaveLength(4);
    expect(pages.slice(0, 2).sort()).toEqual(['b1', 'b2']);
    const grouped = await app.get(
      '/batches?$apply=groupby((origin/plant),aggregate($count as n))&$orderby=origin/plant',
    );
    expect(grouped.body.value.map(({ origin, n }: any) => [origin.plant, n])).toEqual([
      ['a', 2],
      ['b', 2],
    ]);
  });

  it('identify what is selected without them', async () => {
    await made('a', 1, { title: 't', crates: [{ tag: { code: 'c', colour: 'red' }, weight: 2 }] });
    const id = `${app.url}/v1.0/${at('a', 1)}`;
    for (const [select, origin] of [
      ['title', undefined],
      ['title,origin/foreman', { foreman: null }],
      ['origin/run/remark', { run: { remark: null } }],
      ['origin/plant', { plant: 'a' }],
    ] as const) {
      const { body } = await app.get(`/batches?$select=${select}`);
      expect(body.value[0]).toMatchObject({ '@odata.id': id });
      expect(origin && untyped(body.value[0].origin)).toEqual(origin);
    }
    const whole = await app.get('/batches?$select=origin/plant,origin/run/number');
    expect(whole.body.value[0]['@odata.id']).toBeUndefined();
    expect(untyped(whole.body.value[0].origin)).toEqual({ plant: 'a', run: { number: 1 } });
    const computed = await app.get('/batches?$select=origin($select=long;$compute=length(plant) as long)');
    expect(computed.body.value[0]).toMatchObject({ '@odata.id': id, origin: { long: 1 } });
    const inside = await app.get('/batches?$select=title&$expand=crates($select=weight)');
    expect(untyped(inside.body.value[0].crates)).toEqual([
      { '@odata.id': `${id}/crates('c')`, '@odata.etag': expect.any(String), weight: 2 },
    ]);
  });

  it('name what is contained, in bodies and URLs', async () => {
    await made('a', 1, { crates: [{ tag: { code: 'c' } }] });
    const crates = `/${at('a', 1)}/crates`;
    const posted = await ask('POST', crates, { tag: { code: "d'" }, weight: 1 });
    expect([posted.status, posted.headers.get('location')]).toEqual([201, `${app.url}/v1.0${crates}('d''')`]);
    expect((await ask('POST', crates, { tag: { code: 'c' } })).status).toBe(409);
    expect(untyped((await ask('GET', `${crates}/c`)).body.tag)).toEqual({ code: 'c', colour: null });
    const changed = await ask('PATCH', `/${at('a', 1)}`, {
      'crates@delta': [
        { tag: { code: 'c', colour: 'red' }, weight: 5 },
        { '@id': `${at('a', 1)}/crates('e')`, weight: 7 },
        { '@removed': {}, tag: { code: "d'" } },
      ],
    });
    expect([changed.status, changed.text]).toEqual([200, changed.text]);
    const state = async () =>
      (await app.get(crates)).body.value.map(({ tag, weight }: any) => [tag.code, tag.colour, weight]);
    expect(await state()).toEqual([
      ['c', 'red', 5],
      ['e', null, 7],
    ]);
    await ask('PATCH', `/${at('a', 1)}`, { crates: [{ tag: { code: 'e', colour: 'blue' } }, { tag: { code: 'f' } }] });
    expect(await state()).toEqual([
      ['e', 'blue', 7],
      ['f', null, null],
    ]);
    await ask('PUT', `${crates}('e')`, { tag: {} });
    expect(await state()).toEqual([
      ['e', null, null],
      ['f', null, null],
    ]);
    expect((await ask('DELETE', `${crates}('e')`)).status).toBe(204);
    const there = await ask('PATCH', `${crates}/g`, { weight: 1 }, { ...v401, prefer: 'create-if-missing' });
    expect([there.status, untyped(there.body.tag)]).toEqual([201, { code: 'g', colour: null }]);
  });

  it('are referred to: bindings, constraints, references, deep inserts, $batch', async () => {
    await made('a', 1);
    await made('b', 2, { formerPlant: 'a', formerRun: 1 });
    await made('c', 3, { 'former@bind': at('b', 2) });
    await made('d', 4, { former: { ...batch('e', 5), title: 'made with it' } });
    await made('f', 6, { former: { '@id': at('e', 5) } });
    const former = async (plant: string, run: number) => {
      const { body } = await app.get(`/${at(plant, run)}?$expand=former($select=title)`);
      return [body.formerPlant, body.formerRun, body.former?.['@odata.id']?.slice(`${app.url}/v1.0/`.length)];
    };
    expect(await former('b', 2)).toEqual(['a', 1, at('a', 1)]);
    expect(await former('c', 3)).toEqual(['b', 2, at('b', 2)]);
    expect(await former('d', 4)).toEqual(['e', 5, at('e', 5)]);
    expect(await former('f', 6)).toEqual(['e', 5, at('e', 5)]);
    expect(keys(await app.get(`/${at('e', 5)}/nexts?$orderby=origin/plant`))).toEqual(['d4', 'f6']);
    const references = (await app.get(`/${at('e', 5)}/nexts/$ref`)).body.value;
    expect(references.map((one: any) => one['@odata.id']).sort()).toEqual(
      [at('d', 4), at('f', 6)].map((path) => `${app.url}/v1.0/${path}`),
    );
    expect(keys(await app.get("/batches?$filter=former/origin/plant eq 'b'"))).toEqual(['c3']);
    expect((await ask('PUT', `/${at('c', 3)}/former/$ref`, { '@id': at('a', 1) })).status).toBe(204);
    expect(await former('c', 3)).toEqual(['a', 1, at('a', 1)]);
    expect((await ask('POST', `/${at('b', 2)}/nexts/$ref`, { '@id': at('f', 6) })).status).toBe(204);
    expect(await former('f', 6)).toEqual(['b', 2, at('b', 2)]);
    await ask('DELETE', `/${at('a', 1)}`);
    expect(await former('c', 3)).toEqual([null, null, undefined]);
    const batched = await ask('POST', '/$batch', {
      requests: [
        { id: '1', atomicityGroup: 'g', method: 'POST', url: '/batches', body: batch('x', 7) },
        { id: '2', atomicityGroup: 'g', dependsOn: ['1'], method: 'PATCH', url: '$1', body: { title: 'by $1' } },
        { id: '3', dependsOn: ['g'], method: 'GET', url: `/${at('x', 7)}/title/$value` },
      ],
    });
    expect(batched.body.responses.map(({ status }: any) => status)).toEqual([201, 200, 200]);
  });

  it('are in delta payloads and in what changes', async () => {
    await made('a', 1, { title: 'old' });
    await settled(app.store, 'batches');
    const tracked = await app.request('GET', '/batches?$select=title', {
      headers: { ...v401, prefer: 'track-changes' },
    });
    const link = tracked.body['@deltaLink'].slice(`${app.url}/v1.0`.length);
    const changed = await ask('PATCH', '/batches', {
      '@context': '#$delta',
      value: [{ ...batch('a', 1), title: 'new' }, { '@id': at('b', 2), title: 'made' }, { ...batch('c', 3) }],
    });
    expect([changed.status, changed.text]).toEqual([200, changed.text]);
    const removed = await ask('PATCH', '/batches', {
      '@context': '#$delta',
      value: [{ '@removed': { reason: 'deleted' }, origin: { plant: 'c', run: { number: 3 } } }],
    });
    expect(removed.status).toBe(200);
    expect(keys(await app.get('/batches?$orderby=origin/plant'))).toEqual(['a1', 'b2']);
    await ask('DELETE', `/${at('a', 1)}`);
    await settled(app.store, 'batches');
    const { body } = await ask('GET', link);
    expect(untyped(body.value)).toEqual(
      expect.arrayContaining([
        { '@removed': { reason: 'deleted' }, origin: { plant: 'a', run: { number: 1 } } },
        expect.objectContaining({ '@id': `${app.url}/v1.0/${at('b', 2)}`, title: 'made' }),
      ]),
    );
  });

  it('name the members of what is replaced whole, and of each that changes', async () => {
    await made('a', 1, { crates: [{ tag: { code: 'c', colour: 'red' }, weight: 1 }] });
    await made('b', 2);
    const crates = `/${at('a', 1)}/crates`;
    const codes = async (path = crates) => (await app.get(path)).body.value.map(({ tag }: any) => tag.code);
    const done = async (method: string, path: string, body: unknown) => {
      const answer = await ask(method, path, body);
      expect([answer.status, answer.text]).toEqual([200, answer.text]);
      return answer.body.value;
    };
    const put = await done('PUT', crates, { value: [{ tag: { code: 'c' }, weight: 2 }, { tag: { code: 'd' } }] });
    expect(put.map(({ tag, weight }: any) => [tag.code, weight])).toEqual([
      ['c', 2],
      ['d', null],
    ]);
    const removed = { '@removed': { reason: 'deleted' }, tag: { code: 'c' } };
    await done('PATCH', crates, { '@context': '#$delta', value: [removed, { tag: { code: 'e' } }] });
    expect(await codes()).toEqual(['d', 'e']);
    await done('PATCH', '/batches/$each', { title: 'all', 'crates@delta': [{ tag: { code: 'e' }, weight: 3 }] });
    expect([await codes(), await codes(`/${at('b', 2)}/crates`)]).toEqual([['d', 'e'], ['e']]);
    const all = await done('PUT', '/batches', { value: [{ ...batch('b', 2), title: 'kept' }, batch('c', 3)] });
    expect(keys({ body: { value: all } })).toEqual(['b2', 'c3']);
    expect(keys(await app.get('/batches?$orderby=origin/plant'))).toEqual(['b2', 'c3']);
  });

  it('hold whatever they are', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }).filter((one) => one.length <= 9);
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: -9e8, max: 9e8 }), async (plant, run) => {
        fc.pre(!/\p{Cc}/u.test(plant) && plant.isWellFormed());
        await made(plant, run);
        const where = `/batches(plant='${encodeURIComponent(plant.replaceAll("'", "''"))}',run=${run})`;
        expect((await ask('GET', where)).body.origin).toMatchObject({ plant, run: { number: run } });
        expect((await ask('PATCH', where, { title: 't', origin: { foreman: plant } })).body.origin.plant).toBe(plant);
        expect((await ask('DELETE', where)).status).toBe(204);
      }),
      { numRuns: 15 },
    );
  });

  it('are given by functions and found by actions', async () => {
    await made('a', 1);
    await made('b', 2);
    await made('b', 3);
    const called = await app.get("/ofPlants(plants=@p)?@p=['b','a']");
    expect([called.status, called.text]).toEqual([200, called.text]);
    expect(keys(called).sort()).toEqual(['a1', 'b2', 'b3']);
    expect(keys(called).at(-1)).toBe('a1');
    const one = await app.get(`/ofPlants(plants=@p)(plant='b',run=3)/origin/plant?@p=['b','a']`);
    expect([one.status, one.body.value]).toEqual([200, 'b']);
    const action = `/${at('a', 1)}/test.warehouse.continue`;
    for (const [run, title] of [
      [7, 'made'],
      [7, 'there'],
      [1, 'there'],
    ] as const) {
      const { body, text } = await ask('POST', action, { run });
      expect([body.title, body.origin?.run.number, text]).toEqual([title, run, text]);
    }
    expect(keys(await app.get('/batches?$filter=title ne null&$orderby=origin/run/number'))).toEqual(['a1', 'a7']);
  });

  it('are described', async () => {
    const xml = (await app.get('/$metadata')).text;
    expect(xml).toContain(
      '<Key><PropertyRef Name="origin/plant" Alias="plant"/><PropertyRef Name="origin/run/number" Alias="run"/></Key>',
    );
    expect(xml).toContain('<ReferentialConstraint Property="formerPlant" ReferencedProperty="origin/plant"/>');
    const json = (await app.get('/$metadata?$format=json')).body['test.warehouse'];
    expect(json.Batch.$Key).toEqual([{ plant: 'origin/plant' }, { run: 'origin/run/number' }]);
    expect(json.Batch.former.$ReferentialConstraint).toMatchObject({ formerRun: 'origin/run/number' });
    const { paths, components } = (await app.get('/openapi.json')).body;
    const one = paths["/batches(plant='{plant}',run={run})"];
    expect((one.parameters ?? one.get.parameters).map(({ name, schema }: any) => [name, schema?.type])).toEqual(
      expect.arrayContaining([
        ['plant', 'string'],
        ['run', 'integer'],
      ]),
    );
    expect(components.schemas['test.warehouse.Batch-update'].properties.origin).toBeDefined();
  });
});
