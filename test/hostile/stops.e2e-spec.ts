import { Agent, request } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase } from '../support/databases.js';
import { buildService, Process } from '../support/process.js';
import { ann, testKeys, tokenFor } from '../support/tokens.js';

const set = '/v1.0/decoratedProfileConnections';
const headers = { authorization: `Bearer ${tokenFor(ann)}`, 'content-type': 'application/json' };

/** What a client saw of a request: its status, or the code of the error that it got in its place. */
type Outcome = number | string;

function send(url: string, agent: Agent, method: string, body?: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const fail = ({ code = 'unknown' }: NodeJS.ErrnoException): void => resolve(code);
    const sent = request(url, { agent, method, headers }, (response) => {
      response.on('error', fail).on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    sent.on('error', fail).end(body);
  });
}

/** Sends one request after the other on one connection, until there is nobody to take a new one. */
async function load(url: string, index: number, seen: Outcome[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (;;) {
    const outcome = await (index % 2 === 0
      ? send(`${url}${set}/c`, agent, 'GET')
      : send(`${url}${set}/c/profile`, agent, 'PATCH', '{"firstName":"x"}'));
    seen.push(outcome);
    if (typeof outcome === 'string') return;
  }
}

/** How many stops there are: `STOPS=20` for a longer look. */
const stops = Number(process.env.STOPS ?? 4);

describe('a process that is told to stop', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stops-'));
  let database: TestDatabase;
  beforeAll(async () => {
    buildService();
    database = await testDatabase();
  });
  afterAll(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await Promise.all(started.map(({ exit }) => exit));
    await database.discard();
    rmSync(folder, { recursive: true });
  });
  const started: Process[] = [];
  function start(variables: NodeJS.ProcessEnv = {}): Process {
    const all = { ...testKeys, NODE_ENV: 'production', DATABASE_URL: database.url, ...variables };
    const process = Process.start(all, folder);
    started.push(process);
    return process;
  }

  /** Stops a process that 16 clients use all the time; gives what they saw, and how it ended. */
  async function stopUnderLoad(): Promise<{ readonly seen: Set<Outcome>; readonly code: number | null }> {
    const running = start();
    const url = await running.url();
    await fetch(url + set, { method: 'POST', headers, body: '{"id":"c"}' });
    const seen: Outcome[] = [];
    const clients = Array.from({ length: 16 }, (_, index) => load(url, index, seen));
    while (seen.length < 200) await sleep(5);
    running.child.kill('SIGTERM');
    const code = await running.exit;
    await Promise.all(clients);
    return { seen: new Set(seen), code };
  }

  it('loses no request of clients that keep their connections', async () => {
    for (let stopped = 0; stopped < stops; stopped += 2) {
      for (const { seen, code } of await Promise.all([stopUnderLoad(), stopUnderLoad()])) {
        // A PATCH may come before the one that makes the profile.
        seen.delete(201);
        expect([...seen].sort()).toEqual([200, 'ECONNREFUSED']);
        expect(code).toBe(0);
      }
    }
  });

  it('ends in its time, whatever a thread or a connection of its does', async () => {
    const running = start({ STOP_TIMEOUT: '1', DATABASE_STATEMENT_TIMEOUT: '600' });
    const url = await running.url();
    const skills = Array.from({ length: 2000 }, (_, index) => `s${index}`);
    const body = JSON.stringify({ id: 'endless', profile: { skills } });
    await fetch(url + set, { method: 'POST', headers, body });
    const endless = 'profile/skills/any(s:profile/skills/any(t:profile/skills/any(u:u eq concat(s,t))))';
    const query = fetch(`${url}${set}?$filter=${encodeURIComponent(endless)}`, { headers }).then(
      () => 'answered',
      () => 'gone',
    );
    // What is done behind it has been begun after it.
    expect((await fetch(`${url}${set}/endless`, { headers })).status).toBe(200);
    running.child.kill('SIGTERM');
    await running.exit;
    expect(running.child.signalCode).toBe('SIGKILL');
    expect(await query).toBe('gone');
  });
});
