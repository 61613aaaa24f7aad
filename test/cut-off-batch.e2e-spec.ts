import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { multipart } from './support/batches.js';
import { type TestDatabase, testDatabase } from './support/databases.js';
import { buildService, Process } from './support/process.js';
import { ann, testKeys, tokenFor } from './support/tokens.js';

const set = '/v1.0/decoratedProfileConnections';
const headers = { authorization: `Bearer ${tokenFor(ann)}` };

describe('a batch that is answered later', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cut-off-'));
  let database: TestDatabase;
  let running: Process | undefined;
  beforeAll(async () => {
    buildService();
    database = await testDatabase();
  });
  afterEach(async () => {
    running?.child.kill('SIGKILL');
    await running?.exit;
  });
  afterAll(async () => {
    await database.discard();
    rmSync(folder, { recursive: true });
  });
  function start(): Promise<string> {
    const variables = { ...testKeys, NODE_ENV: 'test', DATABASE_URL: database.url, ASYNC_LEASE: '1' };
    running = Process.start(variables, folder);
    return running.url();
  }
  const count = async (url: string): Promise<number> =>
    Number(await (await fetch(`${url}${set}/$count`, { headers })).text());

  it('and cut off in its middle by a SIGKILL is not done again: its answer says that it was interrupted', async () => {
    const first = await start();
    const most = 1000;
    const started = await fetch(`${first}/v1.0/$batch`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'multipart/mixed; boundary=batch_1', prefer: 'respond-async' },
      body: multipart(Array.from({ length: most }, () => ({ method: 'POST', url: set, body: {} }))),
    });
    expect(started.status).toBe(202);
    while ((await count(first)) === 0) await sleep(1);
    running!.child.kill('SIGKILL');
    await running!.exit;
    const second = await start();
    const done = await count(second);
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(most);
    const monitor = `${second}${new URL(started.headers.get('location')!).pathname}`;
    let answer = await fetch(monitor, { headers });
    for (; answer.status === 202; answer = await fetch(monitor, { headers })) await sleep(20);
    expect([answer.status, answer.headers.get('asyncresult')]).toEqual([200, '500']);
    expect(await answer.json()).toMatchObject({ error: { innerError: { code: 'jobInterrupted' } } });
    expect(await count(second)).toBe(done);
  });
});
