import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { CountingLoad } from '../support/counting-load.js';
import { postgresDatabase } from '../support/databases.js';
import { freePort, PostgresServer } from '../support/postgres-server.js';
import { buildService, Process } from '../support/process.js';
import { ann, testKeys, tokenFor } from '../support/tokens.js';

const set = '/v1.0/decoratedProfileConnections';
const headers = { authorization: `Bearer ${tokenFor(ann)}`, 'content-type': 'application/json' };
const production = { NODE_ENV: 'production', DATABASE_CONNECT_TIMEOUT: '2', ...testKeys };

describe('processes on PostgreSQL', () => {
  let folder: string;
  let processes: Process[] = [];
  const servers: PostgresServer[] = [];
  beforeAll(() => {
    buildService();
    folder = mkdtempSync(join(tmpdir(), 'processes-'));
  });
  afterEach(async () => {
    for (const { child } of processes) child.kill('SIGKILL');
    await Promise.all(processes.map(({ exit }) => exit));
    processes = [];
    await Promise.all(servers.splice(0).map((server) => server.discard()));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** A server of the test's own, which syncs. */
  const server = async (settings: readonly string[] = []): Promise<PostgresServer> => {
    const started = await PostgresServer.start(settings);
    servers.push(started);
    return started;
  };
  const start = (url: string, variables: NodeJS.ProcessEnv = {}): Process => {
    const process = Process.start({ ...production, DATABASE_URL: url, ...variables }, folder);
    processes.push(process);
    return process;
  };
  const run = (command: readonly string[], url: string): Process => Process.run(command, { DATABASE_URL: url }, folder);
  const query = async (url: string, text: string): Promise<any[]> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  };
  /** Asks until the answer has a status. */
  const until = async (status: number, url: string): Promise<void> => {
    for (;;) {
      const response = await fetch(url, { headers });
      await response.text();
      if (response.status === status) return;
      await sleep(50);
    }
  };

  it('cannot start on a host that does not answer: exit code 69', async () => {
    const process = start(`postgres://u:hidden@127.0.0.1:${await freePort()}/d`);
    expect(await process.exit).toBe(69);
    expect(process.errors).toMatch(/The database cannot be reached: connect ECONNREFUSED/);
    expect(process.errors + process.output).not.toContain('hidden');
  });

  it('cannot start on what is no database of theirs: exit code 74, nothing touched', async () => {
    const database = await postgresDatabase();
    const { url } = database;
    const nowhere = start(url.replace(/test_\w+/, 'nowhere'));
    expect(await nowhere.exit).toBe(74);
    expect(nowhere.errors).toMatch(/The database refuses: database "nowhere" does not exist/);
    await query(url, 'CREATE TABLE "decoratedProfileConnections" (mine text)');
    const foreign = start(url);
    expect(await foreign.exit).toBe(74);
    expect(foreign.errors).toMatch(/relation "decoratedProfileConnections" already exists/);
    const columns = `SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'decoratedProfileConnections'`;
    expect(await query(url, columns)).toEqual([{ name: 'mine' }]);
    await database.discard();
  });

  it('migrate apart from start where they are told to, and never down', async () => {
    const database = await postgresDatabase();
    const { url } = database;
    const early = start(url, { DATABASE_MIGRATE: 'false' });
    expect(await early.exit).toBe(74);
    expect(early.errors).toMatch(/does not have this release's schema. Run `npm run migrate` first/);
    expect(await query(url, "SELECT to_regclass('schema_migration') AS name")).toEqual([{ name: null }]);
    expect(await run(['commands/migrate.js'], url).exit).toBe(0);
    expect(await run(['commands/migrate.js'], url).exit).toBe(0);
    await start(url, { DATABASE_MIGRATE: 'false' }).url();
    await query(url, "INSERT INTO schema_migration VALUES ('decoratedProfileConnections', 99)");
    const late = start(url);
    expect(await late.exit).toBe(74);
    expect(late.errors).toMatch(/schema version 99 .* Start a newer release/);
    for (const { child } of processes) child.kill('SIGKILL');
    await database.discard();
  });

  it('say that they are not ready while the database is away, answer 503, and go on when it is back', async () => {
    const database = await server();
    const url = await start(database.url).url();
    await fetch(url + set, { method: 'POST', headers, body: '{"id":"a"}' });
    await database.stop('immediate');
    await until(503, `${url}/health/ready`);
    for (const method of ['GET', 'DELETE']) {
      const response = await fetch(`${url}${set}/a`, { method, headers });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('5');
      expect(await response.json()).toMatchObject({ error: { innerError: { code: 'storeUnavailable' } } });
    }
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    await database.resume();
    await until(200, `${url}/health/ready`);
    await until(200, `${url}${set}/a`);
  });

  it('find the server that takes writes among several, and the one that took over', async () => {
    const [first, second] = [await server(), await server()];
    for (const { url } of [first, second]) expect(await run(['commands/migrate.js'], url).exit).toBe(0);
    // As a standby is.
    const configure = async (setting: string): Promise<void> => {
      await query(second.url, `ALTER SYSTEM ${setting}`);
      await query(second.url, 'SELECT pg_reload_conf()');
    };
    await configure('SET default_transaction_read_only = on');
    const hosts = [second, first].map(({ port }) => `127.0.0.1:${port}`).join(',');
    const url = await start(`postgres://postgres@${hosts}/postgres`).url();
    const post = async (id: string): Promise<number> =>
      (await fetch(url + set, { method: 'POST', headers, body: JSON.stringify({ id }) })).status;
    expect(await post('before')).toBe(201);
    expect(await query(first.url, 'SELECT id FROM "decoratedProfileConnections"')).toEqual([{ id: 'before' }]);
    await first.stop('immediate');
    await until(503, `${url}/health/ready`);
    await configure('RESET default_transaction_read_only');
    await until(200, `${url}/health/ready`);
    expect(await post('after')).toBe(201);
    expect(await query(second.url, 'SELECT id FROM "decoratedProfileConnections"')).toEqual([{ id: 'after' }]);
  });

  it('[B7.e4] four on one database lose nothing: neither when one is killed, nor when the database crashes', async () => {
    const database = await server();
    const urls = await Promise.all(Array.from({ length: 4 }, () => start(database.url).url()));
    const load = new CountingLoad(urls, ['p', 'q', 'r']);
    await load.start(12);
    await load.until(({ acknowledged }) => acknowledged > 200);
    processes[1]!.child.kill('SIGKILL');
    const before = load.acknowledged;
    await load.until(({ acknowledged, refused }) => acknowledged > before + 200 && refused > 10);
    await database.stop('immediate');
    await until(503, `${urls[0]}/health/ready`);
    const away = load.acknowledged;
    await database.resume();
    await load.until(({ acknowledged }) => acknowledged > away + 200);
    await load.stop();
    await until(200, `${urls[0]}/health/ready`);
    expect(await load.differences(urls[0]!)).toEqual([]);
  });
});
