import diagnosticsChannel from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { buildService, Process } from '../../support/process.js';
import { RawClient } from '../../support/raw-client.js';
import { TestApp } from '../../support/test-app.js';
import { ann, bob, testKeys, tokenFor } from '../../support/tokens.js';

const set = '/v1.0/decoratedProfileConnections';
const authorization = `Bearer ${tokenFor(ann)}`;

let client: RawClient;
afterEach(() => client.leave());

describe('answers that are not read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'connections-'));
  const large = `GET ${set}?$expand=profile`;
  let process: Process;
  let url: string;
  beforeAll(async () => {
    buildService();
    // Answers are to be larger than what the network keeps of them.
    const bounds = { STALL_TIMEOUT: '4', PAGE_BYTES: '16777216' };
    const variables = { ...testKeys, NODE_ENV: 'production', LOG_LEVEL: 'info', ...bounds };
    process = Process.start(variables, folder);
    url = await process.url();
    const headers = { authorization, 'content-type': 'application/json' };
    const body = JSON.stringify({ profile: { skills: Array.from({ length: 2000 }, () => 'x'.repeat(250)) } });
    for (let made = 0; made < 8; made++) {
      expect((await fetch(url + set, { method: 'POST', headers, body })).status).toBe(201);
    }
  });
  afterAll(async () => {
    process.child.kill('SIGKILL');
    await process.exit;
    rmSync(folder, { recursive: true });
  });

  it('keep those that were pipelined behind them waiting: others are served, the memory stays, the client is cut', async () => {
    const others = { authorization: `Bearer ${tokenFor(bob)}` };
    // What a process takes that has just been started is no measure.
    for (let asked = 0; asked < 2000; asked++) await (await fetch(url + set, { headers: others })).text();
    const before = process.memory().most;
    client = await RawClient.connect(url);
    client.socket.pause();
    for (let sent = 0; sent < 200; sent++) client.send(large, { authorization });
    let isClosed = false as boolean;
    void client.closed.then(() => (isClosed = true));
    const answered = (): number => process.output.match(/"msg":"answered"/g)?.length ?? 0;
    let served = 0;
    const first = answered();
    while (!isClosed) {
      expect((await fetch(url + set, { headers: others })).status).toBe(200);
      served += 1;
      // One that does not read learns by writing that it was cut.
      client.socket.write('\r\n');
    }
    expect(served).toBeGreaterThan(10);
    // Two hundred times 4 MB were asked for.
    expect(process.memory().most - before).toBeLessThan(150);
    // What was behind the answer that nobody read has not been worked on.
    await process.said(/"status":200[^\n]*"msg":"answered"/);
    expect(answered() - first - served).toBeLessThan(10);
  });

  it('come in order, each whole, to a client that reads', async () => {
    client = await RawClient.connect(url);
    for (let sent = 1; sent <= 20; sent++) {
      const first = sent % 4 === 0 ? large : sent % 3 === 0 ? `POST ${set}` : `GET ${set}?$top=0`;
      const body = first.startsWith('POST') ? '{"id":1}' : '';
      const about = { authorization, 'client-request-id': `r${sent}`, 'content-type': 'application/json' };
      client.send(
        first,
        { ...about, 'content-length': body.length, ...(sent === 20 ? { connection: 'close' } : {}) },
        body,
      );
    }
    await client.closed;
    const answers = client.text.split(/(?=HTTP\/1\.1 \d{3} )/);
    expect(answers.map((text) => /client-request-id: (\w+)/.exec(text)?.[1])).toEqual(
      Array.from({ length: 20 }, (_, index) => `r${index + 1}`),
    );
    for (const [index, text] of answers.entries()) {
      const status = (index + 1) % 4 === 0 || (index + 1) % 3 !== 0 ? '200' : '400';
      expect(text.slice(9, 12)).toBe(status);
      if ((index + 1) % 4 === 0) {
        expect(text).toMatch(/transfer-encoding: chunked\r\n/i);
        expect(text.slice(-20)).toMatch(/\]\}\r\n0\r\n\r\n$/);
        expect(text.length).toBeGreaterThan(4_000_000);
      }
    }
  });

  it.each([
    ['is no HTTP', 'nothing that is HTTP', '400 Bad Request'],
    ['has a method that nobody knows', 'FROB / HTTP/1.1', '501 Not Implemented'],
  ])('are whole before the answer to what came with their request and %s', async (_, sent, status) => {
    client = await RawClient.connect(url);
    client.socket.write(`${large} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n${sent}\r\n\r\n`);
    await client.closed;
    const answers = client.text.split(/(?=HTTP\/1\.1 \d{3} )/);
    expect(answers.map((text) => text.slice(9, text.indexOf('\r\n')))).toEqual(['200 OK', status]);
    expect(answers[0]).toMatch(/\]\}\r\n0\r\n\r\n$/);
  });
});

describe('connections', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({
      ...{ HEADERS_TIMEOUT: '1', STALL_TIMEOUT: '5', CONNECTIONS_PER_ADDRESS: '20' },
      DATABASE_STATEMENT_TIMEOUT: '300',
    });
  });
  afterAll(() => app.stop());

  it.each([
    ['nothing', ''],
    ['a part of the header fields', `GET ${set} HTTP/1.1\r\nHost: x\r\nA: `],
  ])('on which there is %s end with an OData error, 408', async (_, sent) => {
    client = await RawClient.connect(app.url);
    client.socket.write(sent);
    expect((await app.get('/decoratedProfileConnections')).status).toBe(200);
    expect(await client.status()).toBe(408);
    expect(client.text).toContain('"code":"requestTimeout"');
    await client.closed;
  });

  it('on which requests wait are known to be left when their client leaves', async () => {
    const skills = Array.from({ length: 2000 }, (_, at) => `skill ${at}`);
    await app.post('/decoratedProfileConnections', { profile: { skills } });
    const endless = 'profile/skills/any(s:profile/skills/any(t:profile/skills/any(u:u eq concat(s,t))))';
    client = await RawClient.connect(app.url);
    client.send(`GET ${set}?$filter=${endless.replaceAll(' ', '%20')}`, { authorization });
    for (let sent = 0; sent < 200; sent++) client.send(`GET ${set}`, { authorization });
    expect((await app.get('/decoratedProfileConnections')).status).toBe(200);
    client.socket.end();
    // The statement would run for minutes.
    await client.closed;
    expect(client.text).toBe('');
  });

  it('are cut where very many requests come at once, and what came with them is not even parsed', async () => {
    const begun = diagnosticsChannel.channel('http.server.request.start');
    let parsed = 0;
    const count = (): void => void (parsed += 1);
    begun.subscribe(count);
    client = await RawClient.connect(app.url);
    // The last of them asks for another protocol, as nobody is to have who is cut.
    client.socket.write('GET / HTTP/1.1\r\n\r\n'.repeat(3000));
    client.socket.write('GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'.repeat(200));
    await client.closed;
    begun.unsubscribe(count);
    expect(parsed).toBeGreaterThan(200);
    expect(parsed).toBeLessThan(700);
    expect((await app.get('/decoratedProfileConnections')).status).toBe(200);
  });

  it('of one address are bounded; where one ends another is taken', async () => {
    const clients: RawClient[] = [];
    client = await RawClient.connect(app.url);
    let isRefused = false;
    while (!isRefused && clients.length < 30) {
      const next = await RawClient.connect(app.url);
      next.send('GET /health/live');
      isRefused = await Promise.race([
        next.closed.then(() => true),
        next.status().then(
          () => false,
          () => true,
        ),
      ]);
      clients.push(next);
    }
    expect(isRefused).toBe(true);
    expect(clients.length).toBeLessThanOrEqual(20);
    for (const one of clients) one.leave();
    await Promise.all(clients.map(({ closed }) => closed));
    for (;;) {
      const again = await RawClient.connect(app.url);
      again.send('GET /health/live', { connection: 'close' });
      const status = await again.status().catch(() => undefined);
      again.leave();
      if (status === 200) break;
    }
  });
});
