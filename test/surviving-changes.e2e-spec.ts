import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase } from './support/databases.js';
import { buildService, Process } from './support/process.js';
import { ann, testKeys, tokenFor } from './support/tokens.js';

const set = '/v1.0/decoratedProfileConnections';
const headers = { authorization: `Bearer ${tokenFor(ann)}`, 'content-type': 'application/json' };

describe('a process that is killed in the middle of what it does', () => {
  let folder: string;
  let database: TestDatabase;
  let running: Process;
  beforeAll(() => {
    buildService();
    folder = mkdtempSync(join(tmpdir(), 'killed-'));
  });
  beforeEach(async () => {
    database = await testDatabase();
  });
  afterEach(async () => {
    running.child.kill('SIGKILL');
    await running.exit;
    await database.discard();
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  async function start(): Promise<string> {
    const variables = { ASYNC_LEASE: '1', ASYNC_JOBS_PER_CALLER: '50', ASYNC_CONCURRENCY: '1', LOG_LEVEL: 'info' };
    running = Process.start({ ...testKeys, NODE_ENV: 'test', DATABASE_URL: database.url, ...variables }, folder);
    return running.url();
  }
  async function restart(): Promise<string> {
    running.child.kill('SIGKILL');
    await running.exit;
    return start();
  }
  const count = async (url: string): Promise<number> =>
    Number(await (await fetch(`${url}${set}/$count`, { headers })).text());

  it('[A40A-13] has every request that it accepted done once, by the one that comes after it', async () => {
    let url = await start();
    const accept = async (index: number): Promise<string> => {
      const body = JSON.stringify({ relevanceScore: index });
      const request = { method: 'POST', body, headers: { ...headers, prefer: 'respond-async' } };
      const { status, headers: got } = await fetch(`${url}${set}`, request);
      expect(status).toBe(202);
      return new URL(got.get('location')!).pathname;
    };
    const monitors = await Promise.all(Array.from({ length: 40 }, (_, index) => accept(index)));
    url = await restart();
    const made = new Set<string>();
    for (const monitor of monitors) {
      let answer = await fetch(`${url}${monitor}`, { headers });
      for (; answer.status === 202; answer = await fetch(`${url}${monitor}`, { headers })) await sleep(50);
      expect([answer.status, answer.headers.get('asyncresult')]).toEqual([200, '201']);
      made.add(((await answer.json()) as { id: string }).id);
    }
    expect([made.size, await count(url)]).toEqual([40, 40]);
  });

  /** Kills the process a while after a change was sent, twice: each change left all that it was to make, or nothing. */
  async function cutOff(change: (url: string) => Promise<Response>, whole: number): Promise<void> {
    let url = await start();
    for (const delay of [10, 40]) {
      const before = await count(url);
      const sent = change(url).then(
        async (answer) => ({ status: answer.status, text: await answer.text() }),
        () => undefined,
      );
      await sleep(delay);
      url = await restart();
      const added = (await count(url)) - before;
      expect([0, whole]).toContain(added);
      // What was answered is kept.
      if ((await sent) !== undefined) expect(added).toBe(whole);
    }
  }

  it('[B6.12] leaves all of a set-based change or nothing', async () => {
    const value = Array.from({ length: 1000 }, () => ({ profile: { headline: 'x' } }));
    const body = JSON.stringify({ '@context': '#$delta', value });
    const versions = { 'odata-version': '4.01', prefer: 'return=minimal' };
    await cutOff((url) => fetch(`${url}${set}`, { method: 'PATCH', body, headers: { ...headers, ...versions } }), 1000);
  });

  it('[B8.1] leaves all of a change set or nothing', async () => {
    const request = ['Content-Type: application/json', 'Prefer: return=minimal', '', '{"profile":{"headline":"x"}}'];
    const part = ['--s', 'Content-Type: application/http', '', `POST ${set} HTTP/1.1`, ...request];
    const parts = Array.from({ length: 200 }, (_, id) => part.toSpliced(2, 0, `Content-ID: ${id + 1}`)).flat();
    const inner = ['Content-Type: multipart/mixed;boundary=s', '', ...parts, '--s--'];
    const body = ['--b', ...inner, '--b--', ''].join('\r\n');
    const type = { 'content-type': 'multipart/mixed;boundary=b' };
    await cutOff((url) => fetch(`${url}/v1.0/$batch`, { method: 'POST', body, headers: { ...headers, ...type } }), 200);
  });
});
