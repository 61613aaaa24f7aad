import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LogPosition } from '../../src/odata/protocol/query/changes.js';
import { profilesModel } from '../../src/profiles/profiles.model.js';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import type { AggregateStore } from '../../src/odata/store/aggregate-store.js';
import { bindRead, connections } from '../support/bound-reads.js';
import { type TestDatabase, testDatabase } from '../support/databases.js';
import { openTestStore } from '../support/open-store.js';
import { settled } from '../support/settled.js';

const set = aggregateSet(profilesModel.entitySets.get(connections)!);
const scope = { tenant: 't', owner: 'o' };
const read = { ...bindRead(profilesModel, `${connections}?$expand=profile`), page: { size: 7, after: undefined } };
const ids = Array.from({ length: 30 }, (_, n) => `id${n}`);
const writers = 8;
const rounds = 40;

function random<T>(values: readonly T[]): T {
  return values[Math.floor(Math.random() * values.length)]!;
}

/** A copy of an entity set that is kept by its changes alone. */
class Follower {
  readonly copy = new Map<string, unknown>();
  #position: LogPosition;

  constructor(
    private readonly store: AggregateStore,
    position: LogPosition,
  ) {
    this.#position = position;
  }

  async follow(): Promise<void> {
    for (;;) {
      const result = await this.store.readChanges(read, scope, this.#position);
      if (result.kind === 'lost') throw new Error('The position was lost');
      const page = result.rows.slice(0, read.page.size);
      for (const row of page) {
        if (row.kind === 'present') this.copy.set(row.id, row.entity);
        else this.copy.delete(row.id);
      }
      const more = result.rows.length > page.length;
      this.#position = more ? page.at(-1)!.position : result.end;
      if (!more) return;
    }
  }
}

describe('a follower of many writers', () => {
  let database: TestDatabase;
  /** Each is what one process has. */
  let stores: readonly AggregateStore[];
  beforeAll(async () => {
    database = await testDatabase();
    const first = await openTestStore(database.url, [set]);
    stores = [first, await openTestStore(database.url, [set]), await openTestStore(database.url, [set])];
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await database.discard();
  });

  /** Makes, changes or deletes one of the entities. */
  async function change(store: AggregateStore, value: number): Promise<void> {
    const id = random(ids);
    const key = { set, scope, id };
    const profile = { at: [{ name: 'profile' }], orCreate: { id: 'p' }, precondition: {} };
    if (Math.random() < 0.2) await store.delete(key, { precondition: {} });
    else if (Math.random() < 0.4) await store.insert({ set, ...scope, id, document: { relevanceScore: value } });
    else if (Math.random() < 0.5) await store.merge(key, { patch: { relevanceScore: value }, precondition: {} });
    else await store.merge(key, { ...profile, patch: { headline: String(value) } });
  }

  async function write(store: AggregateStore, writer: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const value = writer * 1000 + round;
      if (Math.random() < 0.5) await change(store, value);
      else {
        // Transactions that stay open for a while commit in another order than they began.
        const work = store.atomically(async () => {
          await change(store, value);
          await sleep(Math.random() * 10);
          if (Math.random() < 0.2) throw new Error('undone');
        });
        await work.catch((error: unknown) => {
          if (!(error as Error).message.startsWith('undone')) throw error;
        });
      }
    }
  }

  it('has the same entities in the end', async () => {
    const [source, other, third] = stores as [AggregateStore, AggregateStore, AggregateStore];
    const follower = new Follower(third, (await third.endOfChanges(connections))!);
    const state = { writing: true };
    const work = Promise.all(
      Array.from({ length: writers }, (_, writer) => write(writer % 2 === 0 ? source : other, writer)),
    ).finally(() => {
      state.writing = false;
    });
    while (state.writing) await follower.follow();
    await work;
    await settled(source, connections);
    await follower.follow();
    const all = await source.read({ ...read, page: { size: 1000, after: undefined } }, scope);
    const entities = all.kind === 'page' ? all.rows.map(({ entity }) => entity) : [];
    expect(entities.length).toBeGreaterThan(0);
    expect([...follower.copy.values()].sort((a: any, b: any) => (a.id < b.id ? -1 : 1))).toEqual(entities);
  });
});
