import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AggregateKey, AggregateStore } from '../../src/odata/store/aggregate-store.js';
import { type TestDatabase, testDatabase } from '../support/databases.js';
import { openTestStore } from '../support/open-store.js';

const set = { name: 'things', key: 'id', contained: [], indexes: [] };
const scope = { tenant: 't', owner: 'o' };
const keyOf = (id: string): AggregateKey => ({ set, scope, id });

describe('a unit of work', () => {
  let database: TestDatabase;
  let store: AggregateStore;
  let count = 0;
  let a = '';
  let b = '';
  beforeAll(async () => {
    database = await testDatabase();
    store = await openTestStore(database.url, [set]);
  });
  afterAll(async () => {
    await store.close();
    await database.discard();
  });
  beforeEach(async () => {
    [a, b] = [`a${++count}`, `b${count}`];
    await insert(a);
    await insert(b);
  });

  const insert = (id: string) => store.insert({ set, tenant: 't', owner: 'o', id, document: { n: 0 } });
  const write = (id: string, n: number) => store.merge(keyOf(id), { patch: { n }, precondition: {} });
  const read = async (id: string) => (await store.find(keyOf(id), []))?.n;
  /** A promise, and what fulfils it. */
  function signal(): { readonly given: Promise<void>; readonly give: () => void } {
    let give: () => void = () => undefined;
    const given = new Promise<void>((resolve) => (give = resolve));
    return { given, give };
  }

  it('sees what it has written, which others do not see before it ends', async () => {
    const [written, seen] = [signal(), signal()];
    const unit = store.atomically(async () => {
      await write(a, 1);
      await insert(`${a} new`);
      written.give();
      await seen.given;
      return [await read(a), await read(`${a} new`)];
    });
    await written.given;
    expect([await read(a), await read(`${a} new`)]).toEqual([0, undefined]);
    seen.give();
    expect(await unit).toEqual([1, 0]);
    expect([await read(a), await read(`${a} new`)]).toEqual([1, 0]);
  });

  it('leaves nothing where its work rejects', async () => {
    const unit = store.atomically(async () => {
      await write(a, 1);
      await store.delete(keyOf(b), { precondition: {} });
      throw new Error('enough');
    });
    await expect(unit).rejects.toThrow('enough');
    expect([await read(a), await read(b)]).toEqual([0, 0]);
  });

  it('leaves nothing where a statement failed, though its work went on', async () => {
    const unit = store.atomically(async () => {
      await write(a, 1);
      const nowhere = { ...keyOf(a), set: { ...set, name: 'nowhere' } };
      await store.find(nowhere, []).catch(() => undefined);
      await write(b, 1).catch(() => undefined);
    });
    await expect(unit).rejects.toThrow(/nowhere/);
    expect([await read(a), await read(b)]).toEqual([0, 0]);
  });

  it('takes one inside it as a part of itself', async () => {
    const unit = store.atomically(async () => {
      await store.atomically(() => write(a, 1));
      expect(await read(a)).toBe(1);
      throw new Error('undo both');
    });
    await expect(unit).rejects.toThrow('undo both');
    expect(await read(a)).toBe(0);
  });

  it('goes on where one inside it failed, without what that one did', async () => {
    await store.atomically(async () => {
      await write(a, 1);
      for (const failing of [
        () => Promise.reject(new Error('x')),
        () => store.find({ ...keyOf(a), set: { ...set, name: 'nowhere' } }, []),
      ]) {
        const part = store.atomically(async () => {
          await write(a, 2);
          await insert(`${a} part`);
          await failing();
        });
        await expect(part).rejects.toThrow();
        expect([await read(a), await read(`${a} part`)]).toEqual([1, undefined]);
      }
      await store.atomically(() => write(b, 3));
    });
    expect([await read(a), await read(b)]).toEqual([1, 3]);
  });

  it('locks what it changes to what it is: of units that read it behind that, none undoes what another has written', async () => {
    const add = (): Promise<unknown> =>
      store.atomically(async () => {
        await store.merge(keyOf(a), { patch: {}, precondition: {} });
        await write(a, Number(await read(a)) + 1);
      });
    await Promise.all(Array.from({ length: 8 }, add));
    expect(await read(a)).toBe(8);
  });

  it('loses no write of others, whatever they change at one time', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `p${at}`);
    await Promise.all(names.map((name) => store.merge(keyOf(a), { patch: { [name]: 1 }, precondition: {} })));
    const found = await store.find(keyOf(a), []);
    expect(Object.keys(found ?? {}).filter((name) => name.startsWith('p'))).toHaveLength(12);
  });

  it('lets no write of others in, and keeps none of them from being done', async () => {
    const [written, go] = [signal(), signal()];
    const unit = store.atomically(async () => {
      await write(a, 1);
      written.give();
      await go.given;
      throw new Error('undone');
    });
    const failed = expect(unit).rejects.toThrow('undone');
    await written.given;
    const others = [write(b, 2), insert(`${a} other`), write(a, 3)];
    // The store may let those wait that it must, but reads go on.
    expect(await read(a)).toBe(0);
    go.give();
    await failed;
    await Promise.all(others);
    expect([await read(a), await read(b), await read(`${a} other`)]).toEqual([3, 2, 0]);
  });

  it('is tried again where it lost a race, until it is done', async () => {
    const inOrder = (first: string, second: string, n: number) =>
      store.atomically(async () => {
        await write(first, n);
        await new Promise((resolve) => setTimeout(resolve, 20));
        await write(second, n);
      });
    for (let round = 1; round <= 3; round++) {
      // Each waits for what the other one has locked.
      await Promise.all([inOrder(a, b, round), inOrder(b, a, -round)]);
      expect([round, -round]).toContain(await read(a));
      expect(await read(b)).toBe(await read(a));
    }
  });

  it('runs more of them than there are connections', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `${a} many ${index}`);
    await Promise.all(
      ids.map((id) =>
        store.atomically(async () => {
          await insert(id);
          await write(id, 7);
        }),
      ),
    );
    expect(await Promise.all(ids.map(read))).toEqual(ids.map(() => 7));
  });

  it('takes no statement after its end', async () => {
    let late: Promise<unknown> = Promise.resolve();
    const ended = signal();
    await store.atomically(async () => {
      await write(a, 1);
      late = ended.given.then(() => write(a, 2));
    });
    ended.give();
    await expect(late).rejects.toThrow('after the end');
    expect(await read(a)).toBe(1);
  });

  it('gives back the value of its work where it used the store not at all', async () => {
    expect(await store.atomically(() => Promise.resolve(5))).toBe(5);
  });
});
