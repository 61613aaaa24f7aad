import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AggregateStore } from '../../src/odata/store/aggregate-store.js';
import { MediaFolder } from '../../src/odata/store/media-folder.js';
import { type TestDatabase, testDatabase } from '../support/databases.js';
import { openTestStore } from '../support/open-store.js';

const sets = {
  things: {
    name: 'things',
    key: 'id',
    contained: ['parts', 'lid'],
    indexes: [],
    streams: [
      ['picture'],
      ['$value'],
      ['parts', null, 'scan'],
      ['lid', 'picture'],
      ['parts', null, 'bits', null, 'it'],
    ],
  },
  plain: { name: 'plain', key: 'id', contained: [], indexes: [] },
};
const bounds = { one: 10_000_000, ofTenant: 100_000_000 };
const part = 262_144;

async function* pieces(...all: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  for (const one of all) {
    await Promise.resolve();
    yield one;
  }
}

async function whole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const folder = mkdtempSync(join(tmpdir(), 'media-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The files of a place that is a folder. */
const files = (): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((one) => (one.isFile() ? [one.name] : []));

describe.each([
  ['its tables', undefined],
  ['a folder', new MediaFolder(folder)],
] as const)('the contents of streams of a store, in %s', (_, mediaPlace) => {
  let database: TestDatabase;
  let store: AggregateStore;
  beforeAll(async () => {
    database = await testDatabase();
    store = await openTestStore(database.url, Object.values(sets), { mediaPlace });
  });
  afterAll(async () => {
    await store.close();
    await database.discard();
    expect(files()).toEqual([]);
  });

  let count = 0;
  const keep = async (...all: readonly Uint8Array[]) =>
    (await store.media.keep({ tenant: 't', bytes: pieces(...all), declared: undefined }, bounds)).content;
  const insert = (id: string, document: object) =>
    store.insert({ set: sets.things, tenant: 't', owner: 'o', id, document: document as never });
  const key = (id: string) => ({ set: sets.things, scope: { tenant: 't' }, id });
  const merge = (id: string, patch: object, at: readonly { name: string; member?: string }[] = []) =>
    store.merge(key(id), { patch: patch as never, at, precondition: {} });
  const sweep = () => store.media.sweep(Date.now() + 1000);

  it('are for nobody but the process, where they are files', async () => {
    await keep(Buffer.from('x'));
    const modes = readdirSync(folder, { recursive: true, withFileTypes: true }).map(
      (one) => (statSync(join(one.parentPath, one.name)).mode & 0o777).toString(8) + (one.isFile() ? '' : '/'),
    );
    expect([...new Set(modes)].sort()).toEqual(mediaPlace === undefined ? [] : ['600', '700/']);
    await sweep();
  });

  it('are given as they came, from anywhere to anywhere, whatever the sizes of the pieces', async () => {
    const bytes = Buffer.from(Uint32Array.from({ length: 200_000 }, (_, at) => at * 2_654_435_761).buffer);
    for (const size of [bytes.length, 1000, part, part + 1, part - 1]) {
      const split: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) split.push(bytes.subarray(at, at + size));
      const content = await keep(...split);
      for (const [from, end] of [
        [0, bytes.length],
        [0, 1],
        [part - 1, part + 1],
        [part, 2 * part],
        [bytes.length - 1, bytes.length],
        [5, 5],
      ] as const)
        expect((await whole(store.media.read(content, from, end))).equals(bytes.subarray(from, end))).toBe(true);
    }
    expect(await sweep()).toBe(5);
  });

  (mediaPlace === undefined ? it : it.skip)(
    'take one part in memory: no more is taken than is kept, none is read before it is wanted',
    async () => {
      let taken = 0;
      async function* source(): AsyncGenerator<Uint8Array, void> {
        for (; taken < 40; taken++) {
          await Promise.resolve();
          yield Buffer.alloc(part);
        }
      }
      const read: number[] = [];
      const observed = new Set<number>();
      store.observer = {
        statement: ({ text, kind }: { text: string; kind: string }) => {
          if (text.startsWith('INSERT INTO media_part')) observed.add(taken);
          if (kind === 'read' && text.includes('FROM media_part')) read.push(1);
        },
        committed: () => undefined,
      };
      const { content, length } = await store.media.keep(
        { tenant: 't', bytes: source(), declared: undefined },
        { ...bounds, one: 1e8 },
      );
      // Each part was written before the next one was asked for.
      expect([length, observed.size]).toEqual([40 * part, 40]);
      const iterator = store.media.read(content, 0, length)[Symbol.asyncIterator]();
      for (const wanted of [1, 2, 3]) {
        await iterator.next();
        expect(read.length).toBe(wanted);
      }
      await iterator.return?.();
      store.observer = undefined;
      await sweep();
    },
  );

  it('are used while a document refers to them, wherever in it, whoever writes it; then they are swept', async () => {
    const id = `thing ${++count}`;
    const contents = await Promise.all(Array.from({ length: 5 }, () => keep(Buffer.from('x'))));
    const [own, media, inPart, inLid, deep] = contents.map((content) => ({ content, type: 'a/b', length: 1, etag: 1 }));
    expect(
      await insert(id, {
        picture: own,
        $value: media,
        parts: { '[1]': { scan: inPart, bits: { '[1]': { it: deep } } }, '[2]': {} },
        lid: { picture: inLid },
      }),
    ).toBeDefined();
    expect(await sweep()).toBe(0);
    await merge(id, { name: 'x', parts: { '[2]': { text: 'y' } } });
    expect(await sweep()).toBe(0);
    const next = { content: await keep(Buffer.from('y')), type: 'a/b', length: 1, etag: 2 };
    await merge(id, { picture: next });
    expect(await sweep()).toBe(1);
    expect((await whole(store.media.read(next.content, 0, 1))).toString()).toBe('y');
    await merge(id, { scan: null }, [{ name: 'parts', member: '[1]' }]);
    expect(await sweep()).toBe(1);
    await store.delete(key(id), { at: [{ name: 'parts', member: '[1]' }], precondition: {} });
    expect(await sweep()).toBe(1);
    await store.delete(key(id), { precondition: {} });
    expect(await sweep()).toBe(3);
    await expect(whole(store.media.read(next.content, 0, 1))).rejects.toThrow(/no part 0|ENOENT/);
  });

  it('of what is undone stay used, and those that were kept in it are gone with it', async () => {
    const id = `thing ${++count}`;
    const first = await keep(Buffer.from('x'));
    await insert(id, { picture: { content: first } });
    const undone = store.atomically(async () => {
      await merge(id, { picture: { content: await keep(Buffer.from('y')) } });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await sweep()).toBe(0);
    expect((await whole(store.media.read(first, 0, 1))).toString()).toBe('x');
    await store.delete(key(id), { precondition: {} });
    expect(await sweep()).toBe(1);
  });

  it('that are kept in a part that is undone are gone, and those of what goes on are not', async () => {
    const id = `thing ${++count}`;
    await insert(id, {});
    await store.atomically(async () => {
      await merge(id, { picture: { content: await keep(Buffer.from('kept')) } });
      const part = store.atomically(async () => {
        await merge(id, { $value: { content: await keep(Buffer.from('undone')) } });
        throw new Error('undone');
      });
      await expect(part).rejects.toThrow('undone');
    });
    expect(await sweep()).toBe(0);
    if (mediaPlace !== undefined) expect(files()).toHaveLength(1);
    await store.delete(key(id), { precondition: {} });
    expect(await sweep()).toBe(1);
  });

  it('of another tenant are not touched by who names them', async () => {
    const theirs = await keep(Buffer.from('x'));
    await insert('theirs', { picture: { content: theirs } });
    const set = sets.things;
    await store.insert({
      set,
      tenant: 'u',
      owner: 'o',
      id: 'mine',
      document: { picture: { content: theirs } },
    });
    await store.delete({ set, scope: { tenant: 'u' }, id: 'mine' }, { precondition: {} });
    expect(await sweep()).toBe(0);
    await store.delete(key('theirs'), { precondition: {} });
    expect(await sweep()).toBe(1);
  });

  it('that are not referred to are left for a while', async () => {
    const content = await keep(Buffer.from('x'));
    expect(await store.media.sweep(Date.now() - 60_000)).toBe(0);
    expect((await whole(store.media.read(content, 0, 1))).toString()).toBe('x');
    expect(await sweep()).toBe(1);
  });

  it('that do not come to their end are swept, with what of them was kept', async () => {
    async function* broken(): AsyncGenerator<Uint8Array, void> {
      yield* pieces(Buffer.alloc(3 * part));
      throw new Error('cut off');
    }
    const arriving = { tenant: 't', bytes: broken(), declared: 4 * part };
    await expect(store.media.keep(arriving, bounds)).rejects.toThrow('cut off');
    expect(await sweep()).toBe(1);
  });

  it('are known again by a store that is opened later, and by one without streams', async () => {
    const content = await keep(Buffer.from('x'));
    await insert('kept', { picture: { content } });
    await store.close();
    store = await openTestStore(database.url, Object.values(sets), { migrate: false, mediaPlace });
    expect(await sweep()).toBe(0);
    await store.close();
    store = await openTestStore(database.url, [{ ...sets.things, streams: undefined }, sets.plain]);
    await store.close();
    await expect(openTestStore(database.url, Object.values(sets), { migrate: false, mediaPlace })).rejects.toThrow(
      /migrate/,
    );
    store = await openTestStore(database.url, Object.values(sets), { mediaPlace });
    await store.delete(key('kept'), { precondition: {} });
    expect(await sweep()).toBe(1);
  });
});
