import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import type { AggregateStore } from '../src/odata/store/aggregate-store.js';
import { exportArchive } from '../src/odata/transfer/export-archive.js';
import { importArchive } from '../src/odata/transfer/import-archive.js';
import { Progress } from '../src/odata/transfer/progress.js';
import { pictures, picturesModel as model } from './models/pictures.js';
import { type TestDatabase, testDatabase } from './support/databases.js';
import { openTestStore } from './support/open-store.js';
import { TestApp } from './support/test-app.js';

const sets = [...model.entitySets.values(), ...model.singletons.values()].map(aggregateSet);
const progress = new Progress({ isTTY: false, write: () => true } as never);
const scan = Buffer.alloc(700_000, 'scan');

describe('an archive of entities with streams', () => {
  const folder = mkdtempSync(join(tmpdir(), 'streams-'));
  const archive = join(folder, 'archive.ndjson');
  let app: TestApp;
  let database: TestDatabase;
  let other: AggregateStore;
  beforeAll(async () => {
    app = await TestApp.start({}, pictures);
    await app.post('/albums', { id: 'a', pages: [{ number: 1 }, { number: 2 }] });
    const send = (method: string, path: string, body: Uint8Array | string, type: string) =>
      app.request(method, path, { body, headers: { 'content-type': type } });
    await send('PUT', "/albums('a')/pages(1)/scan", scan, 'image/tiff');
    await send('PUT', "/albums('a')/cover", '', 'text/plain');
    await send('POST', '/photos/test.pictures.Portrait', 'portrait', 'text/plain; charset=utf-8');
    await app.post('/albums', { id: 'none' });
    await exportArchive({ store: app.store, model }, archive, progress);
  });
  afterAll(async () => {
    await app.stop();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    database = await testDatabase();
    other = await openTestStore(database.url, sets);
  });
  afterEach(async () => {
    await other.close();
    await database.discard();
  });

  const refused: string[] = [];
  const take = (file = archive) =>
    importArchive({ store: other, model }, file, {
      skip: 0,
      signal: new AbortController().signal,
      progress,
      onRefused: (number, reason) => refused.push(`${number}: ${reason}`),
    });
  const contents = () => `${archive}.streams`;
  const documents = async (store: AggregateStore) =>
    (await Promise.all(sets.map((set) => store.scan(set, undefined, 100)))).flat();

  it('has their contents beside its lines, and goes on where it was cut off', async () => {
    const lines = readFileSync(archive, 'utf8');
    expect(lines).not.toContain('scanscan');
    expect(readdirSync(contents())).toHaveLength(3);
    writeFileSync(archive, lines.slice(0, -20));
    await exportArchive({ store: app.store, model }, archive, progress);
    expect(readFileSync(archive, 'utf8')).toBe(lines);
  });

  it('becomes the same in another store, however often it is taken', async () => {
    expect(await take()).toMatchObject({ restored: 3, present: 0, refused: 0 });
    expect(await take()).toMatchObject({ restored: 0, present: 3, refused: 0 });
    const [from, to] = [await documents(app.store), await documents(other)];
    expect(to).toEqual(from);
    expect(await other.media.sweep(Date.now() + 1000)).toBe(0);
    const { pages, cover } = to.find(({ id }) => id === 'a')!.document as any;
    const { content, length } = pages['[1]'].scan;
    const chunks: Uint8Array[] = [];
    for await (const chunk of other.media.read(content, 0, length)) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(scan)).toBe(true);
    expect(cover).toMatchObject({ type: 'text/plain', length: 0 });
  });

  it('of which a content is missing, or is not whole, is refused there and nowhere else', async () => {
    refused.length = 0;
    const large = readdirSync(contents()).find((name) => readFileSync(join(contents(), name)).length === scan.length)!;
    truncateSync(join(contents(), large), 5);
    expect(await take()).toMatchObject({ restored: 2, refused: 1 });
    expect(refused).toEqual([expect.stringMatching(/^\d: the content [\w-]+ is not in .*, or not as long as it was$/)]);
    writeFileSync(join(contents(), large), scan);
    expect(await take()).toMatchObject({ restored: 1, present: 2, refused: 0 });
  });

  it.each([
    ['a path', { 'pages/[9]/scan': {} }, "there is no stream 'pages/[9]/scan' in the entity"],
    ['a file elsewhere', { cover: { content: '../x', type: 'a/b', length: 1, etag: 1 } }, "'streams/cover' must have"],
    ['no length', { cover: { content: 'x', type: 'a/b', etag: 1 } }, "'streams/cover' must have"],
    ['no object', [], "'streams' must be an object"],
  ])('with %s that cannot be is refused', async (_, streams, reason) => {
    refused.length = 0;
    const [line] = readFileSync(archive, 'utf8')
      .split('\n')
      .filter((one) => one.includes('"none"'));
    const file = join(folder, 'faulty.ndjson');
    writeFileSync(file, `${JSON.stringify({ ...JSON.parse(line!), streams })}\n`);
    expect(await take(file)).toMatchObject({ refused: 1 });
    expect(refused).toEqual([expect.stringContaining(reason)]);
  });
});
