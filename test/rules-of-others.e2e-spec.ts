import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import type { Domain } from '../src/app.module.js';
import { EntityRules, ODataError, RulesFor } from '../src/odata/index.js';
import type { EntityType } from '../src/odata/protocol/edm/model.js';
import { catalogue } from './models/catalogue.js';
import { library } from './models/library.js';
import { operated } from './models/operated.js';
import { warehouse } from './models/warehouse.js';
import { asking, v401 } from './support/asking.js';
import { TestApp } from './support/test-app.js';

/** What a rule was told. */
interface Told {
  readonly type: string;
  readonly kind: 'create' | 'change' | 'delete';
  readonly key: unknown;
  readonly by: string;
  /** What will be, or changes, as JSON. */
  readonly values: any;
}

const told: Told[] = [];
/** What the rules of a type do with what they are told, if anything. */
const does = new Map<string, (kind: Told['kind'], values: any) => void>();

function rulesFor({ class: target, name: type }: EntityType) {
  @Injectable()
  @RulesFor(target)
  class Rules extends EntityRules<object> {
    #hear(kind: Told['kind'], { caller, key }: any, values: unknown): void {
      const { kind: who, id } = caller;
      told.push({ type, kind, key, by: `${who} ${id}`, values: JSON.parse(JSON.stringify(values ?? null)) });
      does.get(type)?.(kind, values);
    }

    override beforeCreate(event: any): void {
      this.#hear('create', event, event.entity);
    }

    override beforeChange(event: any): void {
      this.#hear('change', event, event.changes);
    }

    override beforeDelete(event: any): void {
      this.#hear('delete', event, undefined);
    }
  }
  return Rules;
}

function withRules(domain: Domain): Domain {
  @Module({ providers: [...domain.model.entityTypes.values()].map(rulesFor) })
  class RulesModule {}
  return { ...domain, modules: [...domain.modules, RulesModule] };
}

const of = (type: string) => told.filter((one) => one.type === type);
const refuse = (): never => {
  throw new ODataError({ code: 'ruleSaysNo', status: 403 }, 'No.', { target: 'name' });
};

describe('rules of those that an entity has relations with', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ MAX_CHANGES: '5' }, withRules(catalogue));
  });
  afterAll(() => app.stop());
  const { ask, does: done } = asking(() => app);
  const label = { text: 'l' };
  beforeEach(async () => {
    does.clear();
    for (const set of ['products', 'offers', 'suppliers', 'accounts']) await done('DELETE', `/${set}/$each`);
    for (const id of ['a', 'b']) await done('POST', '/suppliers', { id });
    await done('POST', '/products', { id: 'p', supplierId: 'a', label });
    await done('POST', '/accounts', { number: 1, holderId: 'a' });
    told.length = 0;
  });
  const products = async (id: string) =>
    (await app.get(`/suppliers('${id}')/products?$select=id`)).body.value.map((one: any) => one.id);
  const reference = { '@id': "products('p')" };
  const gone = { ...reference, '@removed': { reason: 'changed' } };

  it('are told what they are told, as a body would say it, and by whom', async () => {
    await done('PATCH', "/products('p')", { supplierId: 'b' });
    expect(of('Supplier').sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))).toEqual([
      { type: 'Supplier', kind: 'change', key: { id: 'a' }, by: 'user ann', values: { 'products@delta': [gone] } },
      { type: 'Supplier', kind: 'change', key: { id: 'b' }, by: 'user ann', values: { 'products@delta': [reference] } },
    ]);
    await done('PATCH', "/suppliers('b')", { account: { '@id': 'accounts(1)' } });
    expect(of('Account').map(({ values }) => values)).toEqual([{ holder: { '@id': "suppliers('b')" }, holderId: 'b' }]);
  });

  it.each<[what: string, method: string, path: string, body: unknown, refusing: string]>([
    ['a property', 'PATCH', "/products('p')", { supplierId: 'b' }, 'Supplier'],
    ['a reference', 'PUT', "/products('p')/supplier/$ref", { '@id': "suppliers('b')" }, 'Supplier'],
    ['the other way', 'POST', "/suppliers('b')/products/$ref", { '@id': "products('p')" }, 'Product'],
    ['a new entity', 'POST', '/products', { id: 'n', supplierId: 'b', label }, 'Supplier'],
    ['a change of each', 'PATCH', '/products/$each', { supplierId: 'b' }, 'Supplier'],
    ['one way to one', 'PATCH', "/suppliers('b')", { account: { '@id': 'accounts(1)' } }, 'Account'],
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
      'Supplier',
    ],
  ])('refuse, and nothing is changed: by %s', async (_, method, path, body, refusing) => {
    const state = async () => (await app.get('/suppliers?$expand=products,account')).text;
    const before = await state();
    does.set(refusing, refuse);
    const { status, body: answer } = await ask(method, path, body);
    expect([status, answer.error.innerError.code]).toEqual([403, 'ruleSaysNo']);
    expect(await state()).toBe(before);
  });

  it('complete what changes, and what that relates is told too', async () => {
    does.set('Supplier', (kind, changes) => {
      const [linked] = changes['products@delta'] ?? [];
      if (kind !== 'change' || linked === undefined || linked['@removed'] !== undefined) return;
      changes.name = 'has one';
      changes.account = { '@id': 'accounts(1)' };
    });
    await done('PATCH', "/products('p')", { supplierId: 'b' });
    const { body } = await app.get("/suppliers('b')?$expand=products($select=id),account($expand=holder($select=id))");
    expect([body.name, body.products.map((one: any) => one.id), body.account.holder.id]).toEqual([
      'has one',
      ['p'],
      'b',
    ]);
    expect((await app.get("/suppliers('a')/account")).status).toBe(204);
  });

  it('are asked of as many as one request may change, and of none more', async () => {
    for (const id of ['q', 'r', 's']) await done('POST', '/products', { id, supplierId: 'a', label });
    const bound = (ids: readonly string[]) => ({ 'products@bind': ids.map((id) => `products('${id}')`) });
    const many = await ask('POST', '/suppliers', { id: 'c', ...bound(['p', 'q', 'r']) });
    // Each leaves the supplier that it had.
    expect([many.status, many.body.error.innerError.code]).toEqual([400, 'tooManyChanges']);
    expect(await products('a')).toEqual(['p', 'q', 'r', 's']);
    await done('POST', '/suppliers', { id: 'c', ...bound(['p', 'q']) });
    expect([await products('a'), await products('c')]).toEqual([
      ['r', 's'],
      ['p', 'q'],
    ]);
  });

  it('are told who deletes what goes with another, whoever owns it', async () => {
    await done('POST', '/offers', { id: 'o', 'by@bind': "suppliers('b')" });
    told.length = 0;
    await done('DELETE', "/suppliers('b')");
    expect(of('Offer')).toEqual([{ type: 'Offer', kind: 'delete', key: { id: 'o' }, by: 'user ann', values: null }]);
  });
});

describe('what rules are told', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, withRules(operated));
    does.clear();
    await ask('POST', '/items', { code: 'a' });
    await ask('PATCH', '/desk', { count: 0 });
  });
  afterAll(() => app.stop());
  const { ask } = asking(() => app);
  beforeEach(() => {
    told.length = 0;
  });

  it('of an entity that an update makes is all that it will be: its key, and what is meant where nothing is said', async () => {
    await ask('PATCH', '/cards/1', {}, { ...v401, prefer: 'create-if-missing' });
    expect(of('Card')[0]).toMatchObject({ kind: 'create', key: { number: '1' }, values: { limit: 5, look: 'plain' } });
  });
});

describe('what rules are told of what is contained', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, withRules(catalogue));
    does.clear();
    await done('POST', '/suppliers', { id: 's' });
    await done('POST', '/products', { id: 'p', supplierId: 's', label: { text: 'l' } });
  });
  afterAll(() => app.stop());
  const { does: done } = asking(() => app);
  beforeEach(() => {
    does.clear();
    told.length = 0;
  });

  it('is its key, and what is meant where nothing is said, where a change of what contains it makes it', async () => {
    const screw = { '@type': '#test.catalogue.Screw', number: 7 };
    does.set('Screw', (_, values) => (values.title = 'of a rule'));
    await done('PATCH', "/products('p')", { 'parts@delta': [screw] });
    expect(of('Screw')).toMatchObject([{ kind: 'create', key: { number: 7 }, values: { number: 7, count: 1 } }]);
    expect((await app.get("/products('p')/parts(7)")).body).toMatchObject({ number: 7, count: 1, title: 'of a rule' });
  });

  it.each<[method: string, path: string, body: object, at: string]>([
    ['PATCH', "/works('w')", { 'chapters@delta': [{ number: 1, summary: { text: 't' } }] }, "/works('w')/chapters(1)"],
    ['PATCH', "/works('w')/chapters(1)", { summary: { text: 't' } }, "/works('w')/chapters(1)"],
    ['PATCH', "/works('w')/chapters(1)/summary", { text: 't' }, "/works('w')/chapters(1)"],
    ['POST', '/works', { code: 'n', chapters: [{ number: 1, summary: { text: 't' } }] }, "/works('n')/chapters(1)"],
    ['POST', "/works('w')/chapters", { number: 2, summary: { text: 't' } }, "/works('w')/chapters(2)"],
  ])('is the key that the service makes: %s %s %j', async (method, path, body, at) => {
    const shelf = await TestApp.start({}, withRules(library));
    await shelf.post('/works', { code: 'w', chapters: [{ number: 1 }] });
    told.length = 0;
    does.set('Summary', (_, values) => (values.text = 'of a rule'));
    const { status } = await shelf.request(method, path, { body, headers: v401 });
    const { id, text } = (await shelf.get(`${at}/summary`)).body;
    await shelf.stop();
    expect([status < 300, of('Summary').map(({ kind, key }) => [kind, key]), text]).toEqual([
      true,
      [['create', { id }]],
      'of a rule',
    ]);
  });

  it('leaves what is beside a part of its key inside a complex value', async () => {
    const store = await TestApp.start({}, withRules(warehouse));
    const crates = "/batches(plant='a',run=1)/crates";
    const crate = { tag: { code: 'c', colour: 'red' }, weight: 1 };
    await store.post('/batches', { origin: { plant: 'a', run: { number: 1 } }, crates: [crate] });
    told.length = 0;
    const replaced = await store.request('PUT', `${crates}('c')`, { body: { tag: {} }, headers: v401 });
    expect([replaced.status, replaced.body.tag.colour]).toEqual([200, null]);
    expect(of('Crate').map(({ values }) => values.tag)).toEqual([{ code: 'c', colour: null }]);
    await store.stop();
  });
});

describe('what rules set', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, withRules(library));
    does.clear();
    await app.post('/works', { code: 'w', chapters: [{ number: 1, summary: { text: 't' } }] });
  });
  afterAll(() => app.stop());
  beforeEach(() => does.clear());

  it.each<[what: string, type: string, method: string, path: string, body: unknown, set: (values: any) => void]>([
    [
      'a reference to nothing',
      'Author',
      'POST',
      '/authors',
      { id: 'n' },
      (one) => (one.works = [{ '@id': 'works/x' }]),
    ],
    [
      'a reference to nothing from inside',
      'Chapter',
      'POST',
      "/works('w')/chapters",
      { number: 2 },
      (chapter) => (chapter.editor = { '@id': "authors('x')" }),
    ],
    [
      'a reference to nothing from around',
      'Work',
      'PATCH',
      "/works('w')/chapters(1)",
      { title: 'x' },
      (work) => (work.writer = { '@id': "authors('x')" }),
    ],
    ['an entity of another set', 'Work', 'POST', '/works', { code: 'n' }, (work) => (work.writer = { id: 'n' })],
    ['an entity of another set', 'Work', 'PATCH', "/works('w')", { title: 'x' }, (work) => (work.writer = { id: 'n' })],
    [
      'another entity in the place of the one that changes',
      'Chapter',
      'PATCH',
      "/works('w')/chapters(1)/summary",
      { text: 'x' },
      (chapter) => (chapter.summary = { text: 'y' }),
    ],
  ])('is a fault of the service where it is %s, and nothing is changed: %s %s %s', async (...all) => {
    const [, type, method, path, body, set] = all;
    const state = async () =>
      `${(await app.get('/works?$expand=writer,chapters($expand=editor,summary)')).text} ${(await app.get('/authors')).text}`;
    const before = await state();
    does.set(type, (_, values) => set(values));
    expect((await app.request(method, path, { body, headers: v401 })).status).toBe(500);
    expect(await state()).toBe(before);
  });
});

describe('rules of what rules make', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, withRules(library));
  });
  afterAll(() => app.stop());
  const { ask, does: done } = asking(() => app);
  const w = "/works('w')";
  beforeEach(async () => {
    does.clear();
    await done('DELETE', '/works/$each');
    await done('POST', '/works', { code: 'w', chapters: [{ number: 1, remarks: [{ id: 'old' }] }] });
    told.length = 0;
  });
  const ofRemarks = () => of('Remark').map(({ kind, key, values }) => [kind, key, values?.text]);

  it.each<[what: string, type: string, method: string, path: string, body: unknown, set: (values: any) => void]>([
    [
      'inside a new entity',
      'Work',
      'POST',
      '/works',
      { code: 'n' },
      (work) => (work.chapters = [{ number: 3, remarks: [{ id: 'x', text: 't' }] }]),
    ],
    [
      'inside one that is inside a new one',
      'Chapter',
      'POST',
      '/works',
      { code: 'n', chapters: [{ number: 3 }] },
      (chapter) => (chapter.remarks = [{ id: 'x', text: 't' }]),
    ],
    [
      'inside one that changes',
      'Chapter',
      'PATCH',
      `${w}/chapters(1)`,
      { title: 'x' },
      (chapter) => (chapter['remarks@delta'] = [{ id: 'x', text: 't' }]),
    ],
    [
      'inside one that a change names',
      'Chapter',
      'PATCH',
      w,
      { 'chapters@delta': [{ number: 1, title: 'x' }] },
      (chapter) => (chapter['remarks@delta'] = [{ id: 'x', text: 't' }]),
    ],
    [
      'inside what contains the one that changes',
      'Work',
      'PUT',
      `${w}/chapters(1)/title`,
      { value: 'x' },
      (work) => work['chapters@delta'].push({ number: 3, remarks: [{ id: 'x', text: 't' }] }),
    ],
    [
      'beside one that is made inside',
      'Chapter',
      'POST',
      `${w}/chapters(1)/remarks`,
      { id: 'y', text: 'u' },
      (chapter) => chapter['remarks@delta']?.push({ id: 'x', text: 't' }),
    ],
    [
      'beside one that is deleted',
      'Work',
      'DELETE',
      `${w}/chapters(1)`,
      undefined,
      (work) => work['chapters@delta'].push({ number: 3, remarks: [{ id: 'x', text: 't' }] }),
    ],
  ])('are asked %s', async (_, type, method, path, body, set) => {
    const ever: string[] = [];
    does.set(type, (kind, values) => {
      if (kind !== 'delete' && !ever.includes(JSON.stringify(values))) set(values);
      ever.push(JSON.stringify(values));
    });
    await done(method, path, body);
    expect(ofRemarks()).toContainEqual(['create', { id: 'x' }, 't']);
    does.set('Remark', (kind, values) => {
      if (kind === 'create' && values.id === 'x') refuse();
    });
    await done('DELETE', '/works/$each');
    does.delete(type);
    await done('POST', '/works', { code: 'w', chapters: [{ number: 1, remarks: [{ id: 'old' }] }] });
    does.set(type, (kind, values) => {
      if (kind !== 'delete') set(values);
    });
    const state = async () => (await app.get('/works?$expand=chapters($expand=remarks)')).text;
    const before = await state();
    expect((await ask(method, path, body)).status).toBe(403);
    expect(await state()).toBe(before);
  });
});
