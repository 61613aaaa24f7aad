import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JsonNumber } from '../../src/odata/protocol/json/json-value.js';
import { profilesModel as model } from '../../src/profiles/profiles.model.js';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import type { AggregateStore } from '../../src/odata/store/aggregate-store.js';
import { exportArchive } from '../../src/odata/transfer/export-archive.js';
import { importArchive } from '../../src/odata/transfer/import-archive.js';
import { Progress } from '../../src/odata/transfer/progress.js';
import { connections } from '../support/bound-reads.js';
import { postgresDatabase, sqliteDatabase, type TestDatabase } from '../support/databases.js';
import { openTestStore } from '../support/open-store.js';
import { buildService, Process } from '../support/process.js';
import { seedProfile } from '../support/seed-profile.js';
import { TestApp } from '../support/test-app.js';

const set = aggregateSet(model.entitySets.get(connections)!);
const progress = new Progress({ isTTY: false, write: () => true } as never);
const count = 1234;

/** Everything that a store has. */
async function contentOf(store: AggregateStore): Promise<readonly object[]> {
  const rows = await store.scan(set, undefined, 10_000);
  // What is empty, or infinite, is not written alike everywhere.
  const sorted = (value: unknown): unknown => {
    if (value instanceof JsonNumber) return value.text;
    if (value === 'INF') return Infinity;
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).filter(([, member]) => !Array.isArray(member) || member.length > 0);
    return Object.fromEntries(
      members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]),
    );
  };
  return rows.map((row) => sorted(row) as object);
}

describe('moving between stores', () => {
  const folder = mkdtempSync(join(tmpdir(), 'transfer-'));
  const databases: TestDatabase[] = [];
  const stores: AggregateStore[] = [];
  let source: AggregateStore;
  let target: AggregateStore;
  const file = join(folder, 'all.ndjson');
  const refusals: string[] = [];
  const options = {
    skip: 0,
    signal: new AbortController().signal,
    progress,
    onRefused: (line: number, reason: string) => refusals.push(`${line}: ${reason}`),
  };
  beforeAll(async () => {
    databases.push(sqliteDatabase(), await postgresDatabase());
    const app = await TestApp.start({ DATABASE_URL: databases[0]!.url });
    await app.post(`/${connections}`, { id: "it's/ü", relevanceScore: 'INF', profile: seedProfile });
    await app.patch(`/${connections}/${encodeURIComponent("it's/ü")}/profile`, {
      headline: 'later than the connection',
    });
    await app.stop();
    source = await open(databases[0]!);
    target = await open(databases[1]!);
    const documents = Array.from({ length: count - 1 }, (_, n) => ({
      relevanceScore: n / 7,
      ...(n % 3 === 0 ? { profile: { id: `p${n}`, firstName: `n${n}`, skills: [], bornOn: { year: n + 1 } } } : {}),
    }));
    await Promise.all(
      documents.map((document, n) =>
        source.insert({ set, tenant: `t${n % 5}`, owner: `o${n % 11}`, id: `c${n}`, document, inside: [['profile']] }),
      ),
    );
  });
  beforeEach(() => {
    refusals.length = 0;
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await Promise.all(databases.map((database) => database.discard()));
    rmSync(folder, { recursive: true });
  });

  const open = async (database: TestDatabase): Promise<AggregateStore> => {
    const store = await openTestStore(database.url, [set]);
    stores.push(store);
    if (!databases.includes(database)) databases.push(database);
    return store;
  };

  it('an archive takes everything from one to another, versions and times too', async () => {
    expect(await exportArchive({ store: source, model }, file, progress)).toBe(count);
    const result = await importArchive({ store: target, model }, file, options);
    expect([result, refusals]).toEqual([{ restored: count, present: 0, refused: 0, lines: count }, []]);
    expect(await contentOf(target)).toEqual(await contentOf(source));
  });

  it('and back', async () => {
    const store = await open(sqliteDatabase());
    const path = join(folder, 'back.ndjson');
    await exportArchive({ store: target, model }, path, progress);
    expect(await importArchive({ store, model }, path, options)).toMatchObject({ restored: count, refused: 0 });
    expect(await contentOf(store)).toEqual(await contentOf(source));
  });

  it('importing again changes nothing', async () => {
    const before = await contentOf(target);
    const result = await importArchive({ store: target, model }, file, options);
    expect(result).toEqual({ restored: 0, present: count, refused: 0, lines: count });
    expect(await contentOf(target)).toEqual(before);
  });

  it('an export that was cut off goes on behind its last whole line', async () => {
    const whole = readFileSync(file, 'utf8');
    const path = join(folder, 'cut.ndjson');
    writeFileSync(path, whole);
    truncateSync(path, Math.floor(statSync(path).size / 2));
    const rest = await exportArchive({ store: source, model }, path, progress);
    expect(rest).toBeGreaterThan(0);
    expect(rest).toBeLessThan(count);
    expect(readFileSync(path, 'utf8')).toBe(whole);
    expect(await exportArchive({ store: source, model }, path, progress)).toBe(0);
  });

  it('a file that is no archive is not written to', async () => {
    const path = join(folder, 'notes.txt');
    writeFileSync(path, 'my notes\n');
    await expect(exportArchive({ store: source, model }, path, progress)).rejects.toThrow();
    expect(readFileSync(path, 'utf8')).toBe('my notes\n');
  });

  it('an import that is stopped says behind which line, and goes on there', async () => {
    const store = await open(await postgresDatabase());
    const stop = AbortSignal.abort();
    const first = await importArchive({ store, model }, file, { ...options, signal: stop });
    expect(first).toEqual({ restored: 200, present: 0, refused: 0, lines: 200 });
    const second = await importArchive({ store, model }, file, { ...options, skip: first.lines });
    expect(second).toEqual({ restored: count - 200, present: 0, refused: 0, lines: count });
    expect(await contentOf(store)).toEqual(await contentOf(source));
  });

  it('a line that cannot be taken is refused with its reason; the others are taken', async () => {
    const [line = ''] = readFileSync(file, 'utf8').split('\n');
    const good = JSON.parse(line) as { entity: Record<string, unknown> };
    const lines: [object | string, RegExp][] = [
      ['no json', /^1: .* at line 1, column 1/],
      [{ ...good, set: 'others' }, /^2: there is no entity set or singleton 'others'/],
      [{ ...good, owner: '' }, /^3: 'owner' must be a text/],
      [{ ...good, version: 'x' }, /^4: 'version' must be a positive integer/],
      [{ ...good, createdAt: 'x' }, /^5: 'createdAt' must be a moment/],
      [{ ...good, more: 1 }, /^6: 'more' is no member of a line/],
      [{ ...good, entity: { ...good.entity, relevanceScore: 'x', color: 1 } }, /^7: .*relevanceScore.*color/],
      [{ ...good, owner: 'another' }, /^8: the store has another version of it, or one of another owner/],
      [{ ...good, version: 1 }, /^9: the store has another version/],
      [{ ...good, entity: { ...good.entity, id: 'new' } }, /^$/],
    ];
    const path = join(folder, 'bad.ndjson');
    writeFileSync(path, '');
    for (const [content] of lines)
      appendFileSync(path, `${typeof content === 'string' ? content : JSON.stringify(content)}\n`);
    const result = await importArchive({ store: target, model }, path, options);
    expect(result).toEqual({ restored: 1, present: 0, refused: 9, lines: 10 });
    for (const [index, [, reason]] of lines.slice(0, 9).entries()) expect(refusals[index]).toMatch(reason);
  });

  it('the commands do it, and say how it went by their exit code', async () => {
    buildService();
    const fresh = await postgresDatabase();
    databases.push(fresh);
    const path = join(folder, 'command.ndjson');
    const run = async (command: string[], url: string): Promise<[number | null, string]> => {
      const process = Process.run(command, { DATABASE_URL: url }, folder);
      return [await process.exit, process.errors];
    };
    expect(await run(['commands/export.js', path], databases[0]!.url)).toEqual([0, `${count} exported to ${path}\n`]);
    expect(await run(['commands/import.js', path], fresh.url)).toEqual([
      0,
      `${count} restored, 0 there already, 0 refused\n`,
    ]);
    appendFileSync(path, '{}\n');
    const [code, said] = await run(['commands/import.js', '--skip', '1000', path], fresh.url);
    expect([code, said]).toEqual([65, expect.stringContaining(`line ${count + 1} is refused: 'set' must be a text`)]);
    expect(await run(['commands/import.js'], fresh.url)).toEqual([64, expect.stringContaining('Usage: ')]);
    expect(await run(['commands/import.js', '/no/file'], fresh.url)).toEqual([66, expect.stringContaining('ENOENT')]);
    writeFileSync(path, 'my notes\n');
    expect(await run(['commands/export.js', path], fresh.url)).toEqual([65, expect.stringContaining('is no archive')]);
    expect((await run(['commands/export.js', path], join(folder, 'none.sqlite')))[0]).toBe(74);
  });
});
