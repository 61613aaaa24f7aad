import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import type { Domain } from '../../src/app.module.js';
import { EntityRules, exportArchive, ODataError, RulesFor } from '../../src/odata/index.js';
import type { EntityType } from '../../src/odata/protocol/edm/model.js';
import { catalogue } from '../models/catalogue.js';
import { library } from '../models/library.js';
import { operated } from '../models/operated.js';
import { pictures } from '../models/pictures.js';
import { warehouse } from '../models/warehouse.js';
import { v401 } from '../support/asking.js';
import { type Change, EveryChange } from '../support/every-change.js';
import { TestApp } from '../support/test-app.js';

const refusal = { code: 'ruleSaysNo', status: 403 };
let refuses = false;

/** Rules of a type that refuse everything, when they are to. */
function rulesFor({ class: target }: EntityType) {
  @Injectable()
  @RulesFor(target)
  class Rules extends EntityRules<object> {
    #heed(): void {
      if (refuses) throw new ODataError(refusal, 'No.');
    }

    override beforeCreate(): void {
      this.#heed();
    }

    override beforeChange(): void {
      this.#heed();
    }

    override beforeDelete(): void {
      this.#heed();
    }
  }
  return Rules;
}

function withRules(domain: Domain): Domain {
  @Module({ providers: [...domain.model.entityTypes.values()].map(rulesFor) })
  class RulesModule {}
  return { ...domain, modules: [...domain.modules, RulesModule] };
}

/** A model, and what is there. */
interface Fixture {
  readonly domain: Domain;
  readonly there: readonly (readonly [path: string, body: unknown])[];
}

const fixtures: Readonly<Record<string, Fixture>> = {
  'every type of value, derived types, references, what is contained': {
    domain: library,
    there: [
      ['/authors', { id: 'a', name: 'Ada' }],
      [
        '/works',
        {
          code: 'w',
          title: 'W',
          access: 'Read',
          numbers: [1, 2],
          place: { city: 'Oslo', floor: 1 },
          places: [{ city: 'Oslo', floor: 1 }, { city: 'Bergen' }],
          'writer@bind': "authors('a')",
          'writers@bind': ["authors('a')"],
          chapters: [
            { number: 1, title: 't', words: ['a'], summary: { text: 's' }, remarks: [{ id: 'r' }] },
            { number: 2 },
          ],
        },
      ],
      ['/bookings', { room: 'r', day: '2020-01-01', seats: 1, guests: [{ id: 'g', name: 'G' }] }],
      ['/events', { token: '00000000-0000-0000-0000-000000000001', name: 'e', more: 1 }],
      ['/notes', { text: 'n' }],
      ['/settings', { seat: { city: 'Oslo' }, 'featured@bind': "works('w')" }],
    ],
  },
  'keys inside values and from what contains an entity, references out of values': {
    domain: warehouse,
    there: [
      ['/countries', { code: 'nl', name: 'Netherlands' }],
      [
        '/depots',
        {
          id: 'd',
          name: 'Depot',
          address: { street: 'Kade', 'country@bind': "countries('nl')", 'near@bind': ["countries('nl')"] },
          others: [{ street: 'a', 'country@bind': "countries('nl')" }],
          gates: [{ number: 1, address: { street: 'Poort' } }],
          'near@bind': ["countries('nl')"],
        },
      ],
      ['/batches', { origin: { plant: 'a', run: { number: 1 } }, crates: [{ tag: { code: 'c' }, weight: 1 }] }],
      ['/batches', { origin: { plant: 'b', run: { number: 2 } }, formerPlant: 'a', formerRun: 1 }],
      ['/shipments', { id: 1, title: 'One', lines: [{ number: 1, text: 't' }], bill: { total: 1 } }],
    ],
  },
  streams: {
    domain: pictures,
    there: [
      ['/photos', 'some text'],
      ['/logos', 'some text'],
      ['/albums', { id: 'a', title: 't', pages: [{ number: 1, text: 't' }], back: { id: 'b' } }],
      ['/sheets', { id: 's', note: 'n' }],
      ['/shows', { id: 's' }],
      ['/desk', { title: 't', pages: [{ number: 1 }] }],
    ],
  },
  'actions and functions': {
    domain: operated,
    there: [
      ['/readers', { id: 'r', name: 'Ann' }],
      [
        '/items',
        { code: 'a', title: 't', lent: true, place: { floor: 1 }, tags: ['x'], parts: [{ number: 1, title: 't' }] },
      ],
      ['/cards', { number: '1', terms: { days: 1 } }],
      ['/desk', { count: 0 }],
    ],
  },
  'relations with two ways, and what is always there': {
    domain: catalogue,
    there: [
      ['/suppliers', { id: 's', name: 'S' }],
      ['/cities', { country: 'nl', number: 1, names: ['Delft'] }],
      ['/news', { id: 'n', text: 't' }],
      ['/products', { id: 'p', title: 't', supplierId: 's', label: { text: 'l' }, parts: [{ number: 1, title: 't' }] }],
      ['/products', { id: 'q', supplierId: 's', label: { text: 'l' }, 'former@bind': "products('p')" }],
      ['/offers', { id: 'o', price: 1, 'by@bind': "suppliers('s')" }],
      ['/accounts', { number: 1, holderId: 's' }],
      ['/samples', { id: 'x', mood: 'Calm', moods: ['Glad'], sizes: [{ width: 1 }] }],
      ['/customers', { id: 'c', name: 'C', contacts: [{ '@type': '#test.catalogue.Phone', number: '1' }] }],
    ],
  },
};

/** By kind of resource and method, how many of its requests were made. */
const made = new Map<string, number>();

describe.each(Object.entries(fixtures))('rules of every type, with %s', (_, { domain, there }) => {
  let app: TestApp;
  let folder: string;
  let changes: readonly Change[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rules-'));
    app = await TestApp.start({ BATCH_JSON_REQUESTS: '1000' }, withRules(domain));
    for (const [path, body] of there) {
      const isOne = domain.model.singletons.has(path.slice(1));
      const type = typeof body === 'string' ? { 'content-type': 'text/plain' } : {};
      const headers = { ...v401, ...type };
      const { status, text } = await app.request(isOne ? 'PATCH' : 'POST', path, { body, headers });
      expect([path, status < 300, text]).toEqual([path, true, text]);
    }
    changes = await new EveryChange(app, domain.model).walk();
  });
  afterAll(async () => {
    refuses = false;
    await app.stop();
    rmSync(folder, { recursive: true });
  });

  const part = ({ method, path, body }: Change, id: string) => ({
    id,
    method,
    url: path.slice(1),
    headers: { ...v401, 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' },
    ...(body === undefined ? {} : { body }),
  });
  async function answers(requests: readonly object[]): Promise<ReadonlyMap<string, any>> {
    const all = new Map<string, any>();
    for (let at = 0; at < requests.length; at += 1000) {
      const { body } = await app.post('/$batch', { requests: requests.slice(at, at + 1000) });
      for (const one of body.responses) all.set(one.id, one);
    }
    return all;
  }
  /** The status of each, where all that it does is undone: 424 of what can be done. */
  async function tried(): Promise<ReadonlyMap<Change, number>> {
    const requests = changes.flatMap((one, at) => [
      { ...part(one, `${at}`), atomicityGroup: `g${at}` },
      { id: `end${at}`, atomicityGroup: `g${at}`, method: 'GET', url: 'not-there' },
    ]);
    const all = await answers(requests);
    return new Map(changes.map((one, at) => [one, all.get(`${at}`).status]));
  }
  async function stored(): Promise<string> {
    const file = join(folder, 'all.ndjson');
    await exportArchive({ store: app.store, model: domain.model }, file, { report: () => undefined } as never);
    return readFileSync(file, 'utf8');
  }

  it('are asked of every request that changes something, whatever its URL leads to: refused, nothing is changed', async () => {
    const before = await stored();
    const found = await tried();
    // What is not there is not deleted.
    const unknown = changes.filter((one) => !one.isKnown && ![404, 405].includes(found.get(one)!));
    expect(unknown.map((one) => [one.kind, one.method, one.path, found.get(one)])).toEqual([]);
    const done = changes.filter((one) => found.get(one) === 424);
    for (const { kind, method, isKnown } of changes) {
      const name = `${kind}: ${method}`;
      if (isKnown) made.set(name, made.get(name) ?? 0);
    }
    for (const { kind, method } of done) made.set(`${kind}: ${method}`, made.get(`${kind}: ${method}`)! + 1);
    refuses = true;
    const refused = await answers(done.map((one, at) => part(one, `${at}`)));
    refuses = false;
    const passed = done.flatMap(({ kind, method, path }, at) => {
      const { status, body } = refused.get(`${at}`);
      const isRefused = status === 403 && body.error.innerError.code === refusal.code;
      return isRefused ? [] : [[kind, method, path, status]];
    });
    expect(passed).toEqual([]);
    expect(await stored()).toBe(before);
  });
});

describe('rules of every type', () => {
  it('are asked with every method of every kind of resource', () => {
    expect([...made].filter(([, count]) => count === 0).map(([name]) => name)).toEqual([]);
    expect(made.size).toBeGreaterThan(60);
  });
});
