import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CountingLoad } from '../support/counting-load.js';
import { buildService, Process } from '../support/process.js';
import { ann, testKeys, tokenFor } from '../support/tokens.js';

const set = '/v1.0/decoratedProfileConnections';
const headers = { authorization: `Bearer ${tokenFor(ann)}`, 'content-type': 'application/json' };

describe('a backup', () => {
  const folder = mkdtempSync(join(tmpdir(), 'backup-'));
  const running = new Set<Process>();
  beforeAll(() => {
    buildService();
  });
  afterEach(async () => {
    for (const process of running) {
      process.child.kill('SIGKILL');
      await process.exit;
    }
    running.clear();
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const at = (name: string): string => join(folder, name);
  const start = (name: string) => {
    const process = Process.start(
      { ...testKeys, NODE_ENV: 'production', DATABASE_URL: at(name), PUBLIC_URL: 'http://public.example' },
      folder,
    );
    running.add(process);
    return process;
  };
  async function stop(process: Process): Promise<void> {
    process.child.kill('SIGTERM');
    expect(await process.exit).toBe(0);
    running.delete(process);
  }
  async function command(name: 'backup' | 'restore', file: string, database: string) {
    const one = Process.run([`commands/${name}.js`, file], { DATABASE_URL: at(database) }, folder);
    return { code: await one.exit, said: one.errors };
  }
  const link = async (url: string): Promise<string> => {
    const answer: any = await (await fetch(`${url}${set}/delta?$deltatoken=latest`, { headers })).json();
    return answer['@odata.deltaLink'].split('?')[1];
  };
  const follows = async (url: string, query: string) =>
    (await fetch(`${url}${set}/delta?${query}`, { headers })).status;

  it('is of one moment, while others write; what it is restored to has every write before it', async () => {
    const service = start('live.sqlite');
    const url = await service.url();
    const load = new CountingLoad([url], ['p', 'q', 'r']);
    await load.start(8);
    await load.until(({ acknowledged }) => acknowledged > 50);
    const given = await link(url);
    const least = load.counts();
    const { code, said } = await command('backup', at('one.backup'), 'live.sqlite');
    expect([code, said]).toEqual([
      0,
      expect.stringMatching(/live\.sqlite is backed up in .*one\.backup: \d+ bytes\n$/),
    ]);
    await load.until(({ acknowledged }) => acknowledged > 100);
    await load.stop();
    expect(await load.differences(url)).toEqual([]);
    expect([
      statSync(at('one.backup')).mode & 0o777,
      readdirSync(folder).filter((name) => name.includes('.part')),
    ]).toEqual([0o600, []]);

    // It is one file, and as every other program of SQLite would have it.
    const plain = new DatabaseSync(at('one.backup'), { readOnly: true });
    expect(plain.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' });
    expect(plain.prepare('PRAGMA quick_check').get()).toEqual({ quick_check: 'ok' });
    plain.close();

    expect((await command('restore', at('one.backup'), 'restored.sqlite')).code).toBe(0);
    const restored = start('restored.sqlite');
    const other = await restored.url();
    const found = await load.stored(other);
    for (const [name, count] of Object.entries(least)) {
      expect(found[name]).toBeGreaterThanOrEqual(count);
      expect(found[name]).toBeLessThanOrEqual(load.counts()[name]!);
    }
    expect(await follows(url, given)).toBe(200);
    expect(await follows(other, given)).toBe(410);
    const own = await link(other);
    await stop(restored);
    const again = await start('restored.sqlite').url();
    expect(await follows(again, own)).toBe(200);
  });

  it('that is copied by hand refuses old links as well, and links of an earlier copy', async () => {
    const url = await start('origin.sqlite').url();
    await fetch(url + set, { method: 'POST', headers, body: '{"id":"a"}' });
    const given = await link(url);
    expect((await command('backup', at('two.backup'), 'origin.sqlite')).code).toBe(0);
    copyFileSync(at('two.backup'), at('first.sqlite'));
    const first = await start('first.sqlite').url();
    expect(await follows(first, given)).toBe(410);
    const ofFirst = await link(first);
    copyFileSync(at('two.backup'), at('second.sqlite'));
    const second = await start('second.sqlite').url();
    expect(await follows(second, ofFirst)).toBe(410);
    expect((await fetch(`${second}${set}/a`, { headers })).status).toBe(200);
  });

  it('is put in the place of a database that nobody uses, which is kept', async () => {
    const service = start('kept.sqlite');
    const url = await service.url();
    await fetch(url + set, { method: 'POST', headers, body: '{"id":"in"}' });
    expect((await command('backup', at('three.backup'), 'kept.sqlite')).code).toBe(0);
    await fetch(url + set, { method: 'POST', headers, body: '{"id":"out"}' });
    expect(await command('restore', at('three.backup'), 'kept.sqlite')).toEqual({
      code: 74,
      said: `${at('kept.sqlite')} is in use: stop the service first.\n`,
    });
    await stop(service);
    const { code, said } = await command('restore', at('three.backup'), 'kept.sqlite');
    const [, aside = ''] = /what was there is in (.*)\n$/.exec(said) ?? [];
    expect([code, existsSync(aside)]).toEqual([0, true]);
    const again = await start('kept.sqlite').url();
    const status = async (id: string) => (await fetch(`${again}${set}/${id}`, { headers })).status;
    expect([await status('in'), await status('out')]).toEqual([200, 404]);
  });

  it('is refused where there is none to make, or one there already', async () => {
    writeFileSync(at('other.backup'), 'no database '.repeat(100));
    expect((await command('backup', at('x'), 'nowhere.sqlite')).code).toBe(74);
    const service = start('some.sqlite');
    await service.url();
    expect(await command('backup', at('other.backup'), 'some.sqlite')).toEqual({
      code: 66,
      said: `${at('other.backup')} is there already.\n`,
    });
    await stop(service);
    expect((await command('restore', at('other.backup'), 'some.sqlite')).said).toMatch(/other\.backup is no database/);
    new DatabaseSync(at('foreign.backup')).exec('CREATE TABLE t (a)');
    expect((await command('restore', at('foreign.backup'), 'some.sqlite')).said).toMatch(/no database of this service/);
    const postgres = Process.run(['commands/backup.js', 'x'], { DATABASE_URL: 'postgres://u@h/d' }, folder);
    expect([await postgres.exit, postgres.errors]).toEqual([64, expect.stringContaining('docs/operations.md')]);
  });
});
