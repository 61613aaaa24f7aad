import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { buildService, Process } from '../../support/process.js';
import { RawClient } from '../../support/raw-client.js';
import { TestApp } from '../../support/test-app.js';
import { ann, bob, testKeys, tokenFor } from '../../support/tokens.js';

const set = '/v1.0/decoratedProfileConnections';
const batch = 'POST /v1.0/$batch';
const size = 4 * 1024 * 1024;
const allButTheLast = Buffer.alloc(size - 1, ' ');
const json = { 'content-type': 'application/json' };
const annSends = { ...json, authorization: `Bearer ${tokenFor(ann)}` };

describe('bodies that are withheld', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bodies-'));
  let process: Process;
  let url: string;
  let clients: RawClient[] = [];
  beforeAll(async () => {
    buildService();
    const variables = { ...testKeys, NODE_ENV: 'production', BODY_MEMORY: '100663296', BATCH_MEMORY: `${size}` };
    process = Process.start({ ...variables, STALL_TIMEOUT: '5' }, folder);
    url = await process.url();
  });
  afterEach(() => {
    for (const client of clients) client.leave();
    clients = [];
  });
  afterAll(async () => {
    process.child.kill('SIGKILL');
    await process.exit;
    rmSync(folder, { recursive: true });
  });

  /** So many clients that send all but the last byte of a batch. */
  async function attack(count: number, headers: Record<string, string>): Promise<void> {
    clients = await Promise.all(Array.from({ length: count }, () => RawClient.connect(url)));
    for (const client of clients) client.send(batch, { ...headers, 'content-length': size }, allButTheLast);
  }
  const bobSends = (body: string): Promise<Response> =>
    fetch(url + set, { method: 'POST', headers: { ...json, authorization: `Bearer ${tokenFor(bob)}` }, body });

  it('by nobody are not read: 401, the connections end, others are served, the memory stays', async () => {
    const before = process.memory().most;
    await attack(60, json);
    expect((await bobSends('{"id":"meanwhile"}')).status).toBe(201);
    expect(await Promise.all(clients.map((client) => client.status()))).toEqual(clients.map(() => 401));
    await Promise.all(clients.map(({ closed }) => closed));
    // Sixty times 4 MiB were sent.
    expect(process.memory().most - before).toBeLessThan(120);
  });

  it('by a signed-in caller are held up to its share: 429, others are served, the memory stays', async () => {
    const before = process.memory().most;
    await attack(60, annSends);
    const statuses = Promise.all(clients.map((client) => client.status()));
    expect((await bobSends(JSON.stringify({ id: 'large', profile: { skills: ['x'.repeat(200)] } }))).status).toBe(201);
    expect((await bobSends(`{"id":"larger"}${' '.repeat(900_000)}`)).status).toBe(201);
    expect(process.memory().most - before).toBeLessThan(120);
    // Two at a time are let in, and cut, because they do not get on; then there is room again, also for one that comes late.
    const answered = await statuses;
    const [cut, turnedAway] = [408, 429].map((status) => answered.filter((one) => one === status).length);
    expect([cut! >= 2, cut! + turnedAway!]).toEqual([true, 60]);
    expect(turnedAway).toBeGreaterThan(40);
    const [refused] = clients.filter(({ text }) => text.includes(' 429 '));
    expect(refused!.text).toMatch(/retry-after: 1\r\n[\s\S]*"code":"tooManyRequests"[\s\S]*tooManyBodies/i);
    await Promise.all(clients.map(({ closed }) => closed));
    const whole = await RawClient.connect(url);
    clients = [whole];
    whole.send(batch, { ...annSends, 'content-length': size }, Buffer.concat([allButTheLast, Buffer.from('x')]));
    expect(await whole.status()).toBe(400);
  });
});

describe('bodies that become much more than they are', () => {
  let app: TestApp;
  let client: RawClient;
  beforeAll(async () => {
    app = await TestApp.start({ BODY_LIMIT: '65536', BATCH_MEMORY: '65536', BODY_MEMORY: '4194304' });
  });
  afterEach(() => client.leave());
  afterAll(() => app.stop());

  // As long as each other; the one is 20,000 objects.
  const dense = `{"profile":{"recentPositions":[${'{},'.repeat(20_000)}{}]}}`;
  const plain = `{"profile":{}}`.padEnd(dense.length);
  const post = async (body: string, as = ann): Promise<number> =>
    (await app.post('/decoratedProfileConnections', body, { as })).status;

  it('take what they become, whatever they come in: 429 beside others of the caller, and nothing of anyone else', async () => {
    client = await RawClient.connect(app.url);
    client.send(`POST ${set}`, { ...annSends, 'content-length': dense.length }, '{');
    expect(await post(plain)).toBe(201);
    expect(await post(dense)).toBe(429);
    const part = { id: '1', method: 'POST', url: '/decoratedProfileConnections' };
    const requests = [{ ...part, body: JSON.parse(dense) as object }];
    expect((await app.post('/$batch', { requests })).status).toBe(429);
    expect(await post(dense, bob)).toBe(503);
    expect(await post(plain, bob)).toBe(201);
    client.socket.write(plain.slice(1));
    expect(await client.status()).toBe(201);
    // Alone each is read, and gives back what it took.
    for (let time = 0; time < 3; time++) expect(await post(dense)).toBe(201);
    expect((await app.post('/$batch', { requests })).body.responses).toMatchObject([{ status: 201 }]);
  });
});

describe('bodies that come too slowly', () => {
  let app: TestApp;
  let client: RawClient;
  let sending: NodeJS.Timeout;
  beforeAll(async () => {
    app = await TestApp.start({ STALL_TIMEOUT: '1', LEAST_RATE: '100000' });
  });
  afterEach(() => {
    clearInterval(sending);
    client.leave();
  });
  afterAll(() => app.stop());

  it('that are small end with 408 too, and their connection with it', async () => {
    client = await RawClient.connect(app.url);
    const about = { authorization: annSends.authorization, 'content-type': 'application/json' };
    client.send(`PATCH ${set}/c/profile`, { ...about, 'content-length': 1000 }, '{');
    sending = setInterval(() => client.socket.write(' '), 500);
    expect(await client.status()).toBe(408);
    expect(client.text).toMatch(/connection: close/i);
  });

  it.each([
    ['of a request', `PATCH ${set}/c/profile`, 'application/json', '{"headline":"'],
    ['of a batch in JSON', batch, 'application/json', '{"requests":['],
    ['of a batch in parts', batch, 'multipart/mixed;boundary=b', '--b\r\n'],
  ])('%s are answered with 408, and others meanwhile', async (_, first, type, begin) => {
    client = await RawClient.connect(app.url);
    const headers = { authorization: annSends.authorization, 'content-type': type, 'transfer-encoding': 'chunked' };
    const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
    client.send(first, headers, chunk(begin));
    sending = setInterval(() => client.socket.write(chunk(' ')), 50);
    expect((await app.get('/decoratedProfileConnections', { as: bob })).status).toBe(200);
    expect(await client.status()).toBe(408);
    expect(client.text).toContain('"code":"requestTimeout"');
    await client.closed;
  });
});

describe('who sends a body', () => {
  let app: TestApp;
  let client: RawClient;
  beforeAll(async () => {
    app = await TestApp.start({ BODY_LIMIT: '2048', BATCH_MEMORY: '4096' });
  });
  afterEach(() => client.leave());
  afterAll(() => app.stop());

  const faults: readonly (readonly [string, number, Record<string, string | number>, string])[] = [
    ['no media type', 415, { 'content-type': 'x' }, '{}'],
    ['another media type', 415, { 'content-type': 'application/xml' }, '<a/>'],
    ['no type', 415, {}, '{}'],
    ['another encoding', 415, { ...json, 'content-encoding': 'br' }, '{}'],
    ['too many bytes', 413, { ...json, 'content-length': 2049 }, ' '.repeat(2049)],
    ['no JSON', 400, json, '{'],
    ['a NUL in the URL', 400, json, '{}'],
  ];
  const send = async (
    [fault, , headers, body]: (typeof faults)[number],
    token: string | undefined,
  ): Promise<RawClient> => {
    client = await RawClient.connect(app.url);
    const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const query = fault === 'a NUL in the URL' ? '?$select=%00' : '';
    const all = { 'content-length': body.length, ...headers, ...authorization };
    client.send(`PATCH ${set}/c/profile${query}`, all, body);
    return client;
  };

  it.each(faults)('[B7.401] is asked before what is wrong with it: %s', async (...fault) => {
    expect(await (await send(fault, undefined)).status()).toBe(401);
    client.leave();
    expect(await (await send(fault, tokenFor({ ...ann, scp: 'DecoratedProfile.Read' }))).status()).toBe(403);
    client.leave();
    expect(await (await send(fault, tokenFor(ann))).status()).toBe(fault[1]);
  });

  it('is asked for it only where it may be sent', async () => {
    client = await RawClient.connect(app.url);
    const headers = { ...json, 'content-length': 2, expect: '100-continue' };
    client.send(`PATCH ${set}/c/profile`, headers);
    expect(await client.status()).toBe(401);
    await client.closed;
    client = await RawClient.connect(app.url);
    client.send(`POST ${set}`, { ...headers, authorization: annSends.authorization });
    expect(await client.status()).toBe(100);
    client.socket.write('{}');
    await client.said(/HTTP\/1\.1 201 /);
  });

  it('keeps the connection where little of it is still to come, and loses it where much is', async () => {
    client = await RawClient.connect(app.url);
    client.send(`PATCH ${set}/c/profile`, { ...json, 'content-length': 2 }, '{');
    await client.said(/HTTP\/1\.1 401 [\s\S]*\}$/);
    client.socket.write('}');
    client.send('GET /health/live');
    await client.said(/HTTP\/1\.1 200 /);
    client.text = '';
    client.send(`PATCH ${set}/c/profile`, { ...json, 'content-length': 70_000 }, '{}');
    await client.said(/HTTP\/1\.1 401 [\s\S]*connection: close/i);
    // What comes all the same is no request.
    client.send('GET /health/live');
    await client.closed;
    expect(client.text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it('does not matter where there is nothing that would read it', async () => {
    client = await RawClient.connect(app.url);
    client.send('POST /nothing', { 'content-type': 'application/xml', 'content-length': 100_000 }, ' ');
    expect(await client.status()).toBe(404);
    await client.closed;
  });
});
