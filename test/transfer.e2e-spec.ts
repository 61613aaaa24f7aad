import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { profilesModel as model } from '../src/profiles/profiles.model.js';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import type { AggregateStore } from '../src/odata/store/aggregate-store.js';
import { exportArchive } from '../src/odata/transfer/export-archive.js';
import { importArchive } from '../src/odata/transfer/import-archive.js';
import { Progress } from '../src/odata/transfer/progress.js';
import { type TestDatabase, testDatabase } from './support/databases.js';
import { openTestStore } from './support/open-store.js';
import { buildService, Process } from './support/process.js';

const name = 'decoratedProfileConnections';
const set = aggregateSet(model.entitySets.get(name)!);
const moment = '2026-01-02T03:04:05.678Z';

/** A line of an archive. */
function line(id: string, over: object = {}): string {
  const about = { set: name, tenant: 't', owner: 'o', version: 5, versions: {}, createdAt: moment, modifiedAt: moment };
  return JSON.stringify({ ...about, entity: { id, relevanceScore: 1 }, ...over });
}

describe('an archive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'archive-'));
  let database: TestDatabase;
  let store: AggregateStore;
  beforeAll(async () => {
    buildService();
    database = await testDatabase();
    store = await openTestStore(database.url, [set]);
  });
  afterAll(async () => {
    await store.close();
    await database.discard();
    rmSync(folder, { recursive: true });
  });
  let refused: string[] = [];
  beforeEach(() => {
    refused = [];
  });
  const file = join(folder, 'archive.ndjson');
  function importLines(lines: readonly string[], skip = 0) {
    writeFileSync(file, lines.map((text) => `${text}\n`).join(''));
    return importArchive({ store, model }, file, {
      skip,
      signal: new AbortController().signal,
      progress: new Progress({ isTTY: false, write: () => true } as never),
      onRefused: (number, reason) => refused.push(`${number}: ${reason}`),
    });
  }
  const ids = async (): Promise<string[]> => (await store.scan(set, undefined, 1000)).map(({ id }) => id).sort();

  it('is imported from behind the lines that are done, and counts from the first', async () => {
    const lines = ['s1', 's2', 's3', 's4'].map((id) => line(id));
    expect(await importLines([...lines.slice(0, 3), 'no line', line('s4')], 2)).toEqual({
      restored: 2,
      present: 0,
      refused: 1,
      lines: 5,
    });
    expect(refused).toEqual([expect.stringMatching(/^4: /)]);
    expect(await ids()).toEqual(['s3', 's4']);
    expect(await importLines(lines, 4)).toEqual({ restored: 0, present: 0, refused: 0, lines: 4 });
    expect(await importLines(lines, 9)).toEqual({ restored: 0, present: 0, refused: 0, lines: 4 });
    expect(await ids()).toEqual(['s3', 's4']);
  });

  it('that is imported leaves what is there as it is: of another owner, in another version, of another tenant', async () => {
    expect((await importLines([line('x')])).restored).toBe(1);
    const over = [{}, { owner: 'another' }, { version: 6 }, { version: 4 }];
    const result = await importLines(over.map((one) => line('x', one)));
    expect(result).toEqual({ restored: 0, present: 1, refused: 3, lines: 4 });
    expect(refused.sort()).toEqual(
      [2, 3, 4].map((number) => `${number}: the store has another version of it, or one of another owner`),
    );
    expect((await importLines([line('x', { tenant: 'another', owner: 'another' })])).restored).toBe(1);
    const found = (await store.scan(set, undefined, 1000)).filter(({ id }) => id === 'x');
    expect(found.map(({ tenant, owner, version }) => [tenant, owner, version])).toEqual([
      ['another', 'another', 5],
      ['t', 'o', 5],
    ]);
  });

  it('is taken by the command, from the line that it is told', async () => {
    writeFileSync(file, [line('c1'), line('c2'), line('c3'), ''].join('\n'));
    const run = async (...words: string[]): Promise<[number | null, string]> => {
      const command = Process.run(['commands/import.js', ...words, file], { DATABASE_URL: database.url }, folder);
      return [await command.exit, command.errors];
    };
    expect(await run('--skip', '2')).toEqual([0, '1 restored, 0 there already, 0 refused\n']);
    expect((await ids()).filter((id) => id.startsWith('c'))).toEqual(['c3']);
    expect((await run('--skip', '1.5'))[0]).toBe(64);
  });

  it('is begun anew where its export was cut off inside of its first line, and nothing else is overwritten', async () => {
    await importLines(['e1', 'e2'].map((id) => line(id)));
    const path = join(folder, 'cut.ndjson');
    const exported = async (before: string | Buffer): Promise<string> => {
      writeFileSync(path, before);
      await exportArchive({ store, model }, path, new Progress({ isTTY: false, write: () => true } as never));
      return readFileSync(path, 'utf8');
    };
    const whole = await exported('');
    const first = whole.indexOf('\n');
    expect(first).toBeGreaterThan(150);
    for (const length of [8, 12, 40, 150, first]) expect(await exported(whole.slice(0, length))).toBe(whole);
    for (const other of [
      '{',
      '{"set":1',
      '{"set":"others","tenant":"t"',
      '{"sets":"',
      `x${whole.slice(0, 150)}`,
      '\0\0',
    ]) {
      await expect(exported(other)).rejects.toThrow('no archive: it has no whole line, and does not begin as one');
      expect(readFileSync(path, 'utf8')).toBe(other);
    }
  });
});
