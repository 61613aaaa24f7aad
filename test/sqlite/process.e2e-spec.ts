import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CountingLoad } from '../support/counting-load.js';
import { buildService, Process } from '../support/process.js';
import { ann, testKeys, tokenFor } from '../support/tokens.js';

const set = '/v1.0/decoratedProfileConnections';
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

describe('the process', () => {
  let folder: string;
  let running: Process | undefined;
  beforeAll(() => {
    buildService();
    folder = mkdtempSync(join(tmpdir(), 'process-'));
  });
  afterEach(async () => {
    running?.child.kill('SIGKILL');
    await running?.exit;
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const start = (variables: NodeJS.ProcessEnv = {}): Process => {
    running = Process.start({ DATABASE_URL: join(folder, 'p.sqlite'), ...variables }, folder);
    return running;
  };
  const production = { NODE_ENV: 'production', ...testKeys };
  const headers = { authorization: `Bearer ${tokenFor(ann)}`, 'content-type': 'application/json' };

  it('without configuration serves on loopback only, and prints requests that work', async () => {
    const process = start({ HOST: '0.0.0.0' });
    expect(await process.url()).toMatch(/^http:\/\/127\.0\.0\.1:/);
    const [script] = await process.said(/export TOKEN=[\s\S]*'\n(?=\nIn a browser)/);
    const answers = execFileSync('sh', ['-c', script.replaceAll('curl ', 'curl -sS ')], { encoding: 'utf8' });
    expect(answers).toContain('"id":"c1","relevanceScore":0.9');
    expect(answers).toContain('"firstName":"Ann"');
  });

  it.each<[string, NodeJS.ProcessEnv, string[]]>([
    ['without keys, issuer and audience', {}, ['JWKS_URL', 'JWT_ISSUER', 'JWT_AUDIENCE']],
    ['without an issuer', { ...testKeys, JWT_ISSUER: '' }, ['JWT_ISSUER']],
    ['without an audience', { ...testKeys, JWT_AUDIENCE: '' }, ['JWT_AUDIENCE']],
    ['with a secret that can be guessed', { ...testKeys, JWT_SECRET: 'secret' }, ['JWT_SECRET']],
    ['with an algorithm of another kind of key', { ...testKeys, JWT_ALGORITHMS: 'HS256,RS256' }, ['RS256']],
    [
      'with a key that is none',
      { ...testKeys, JWT_SECRET: '', JWT_PUBLIC_KEY: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----' },
      ['JWT_PUBLIC_KEY is not a public key'],
    ],
    ['with no algorithm', { ...testKeys, JWT_ALGORITHMS: 'none' }, ['JWT_ALGORITHMS']],
    ['with faults of several variables', { ...testKeys, PORT: 'x', BODY_LIMIT: '1' }, ['PORT', 'BODY_LIMIT']],
  ])('in production refuses to start %s: exit code 78, every fault named', async (_, variables, named) => {
    const process = start({ NODE_ENV: 'production', ...variables });
    expect(await process.exit).toBe(78);
    for (const name of named) expect(process.errors).toContain(name);
    expect(process.errors).not.toContain('    at ');
  });

  it.each<[string, (file: string) => void, RegExp]>([
    ['is no database', (file) => writeFileSync(file, 'hello, world\n'.repeat(100)), /cannot be opened as a database/],
    [
      'is a database of another program',
      (file) => new DatabaseSync(file).exec('CREATE TABLE t (a)'),
      /is a SQLite database of another program/,
    ],
  ])('refuses a file that %s: exit code 74, the file untouched', async (_, write, message) => {
    const file = join(folder, 'other.sqlite');
    rmSync(file, { force: true });
    write(file);
    const before = readFileSync(file);
    const process = start({ ...production, DATABASE_URL: file });
    expect(await process.exit).toBe(74);
    expect(process.errors).toMatch(message);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('refuses a schema of a later release: exit code 74', async () => {
    const file = join(folder, 'later.sqlite');
    await start({ ...production, DATABASE_URL: file }).url();
    running!.child.kill('SIGTERM');
    await running!.exit;
    const database = new DatabaseSync(file);
    database.exec("INSERT INTO schema_migration VALUES ('decoratedProfileConnections', 99, 0)");
    database.close();
    const process = start({ ...production, DATABASE_URL: file });
    expect(await process.exit).toBe(74);
    expect(process.errors).toMatch(/schema version 99 .* Start a newer release/);
  });

  it('keeps a file that nobody else can read, whatever it was before', async () => {
    const file = join(folder, 'private.sqlite');
    writeFileSync(file, '', { mode: 0o644 });
    for (const made of [file, join(folder, 'made.sqlite')]) {
      const url = await start({ ...production, DATABASE_URL: made }).url();
      await fetch(url + set, { method: 'POST', headers, body: '{"id":"a"}' });
      for (const name of [made, `${made}-wal`, `${made}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
      running!.child.kill('SIGKILL');
      await running!.exit;
    }
  });

  it('two processes that start together on a new file both serve', async () => {
    const variables = { ...production, DATABASE_URL: join(folder, 'together.sqlite') };
    const other = Process.start(variables, folder);
    try {
      const urls = await Promise.all([start(variables).url(), other.url()]);
      await fetch(urls[0] + set, { method: 'POST', headers, body: '{"id":"shared"}' });
      expect((await fetch(`${urls[1]}${set}/shared`, { headers })).status).toBe(200);
    } finally {
      other.child.kill('SIGKILL');
    }
  });

  it.each<[string, NodeJS.ProcessEnv, words: RegExp, arenas: string | undefined]>([
    ['of its own size', {}, /^--max-semi-space-size=16 --min-semi-space-size=4 \S+main\.js$/, '2'],
    ['of its own size, with as many arenas as is said', { MALLOC_ARENA_MAX: '3' }, /^--max-semi-space-size=16 /, '3'],
    ['as large as is said', { NODE_OPTIONS: '--max-semi-space-size=3' }, /^\S+main\.js$/, undefined],
  ])('is one process, with a young generation %s', async (_, variables, words, arenas) => {
    const process = start({ ...production, ...variables });
    await process.url();
    const about = (file: string): string[] =>
      readFileSync(`/proc/${process.child.pid}/${file}`, 'utf8').split('\0').slice(0, -1);
    const [, ...given] = about('cmdline');
    expect(given.join(' ')).toMatch(words);
    expect(
      about('environ')
        .find((one) => one.startsWith('MALLOC_ARENA_MAX='))
        ?.split('=')[1],
    ).toBe(arenas);
    process.child.kill('SIGTERM');
    expect(await process.exit).toBe(0);
  });

  it('keys and secrets may come from files', async () => {
    const file = join(folder, 'secret');
    writeFileSync(file, `${testKeys.JWT_SECRET}\n`);
    const url = await start({ ...production, JWT_SECRET: '', JWT_SECRET_FILE: file }).url();
    expect((await fetch(url + set, { headers })).status).toBe(200);
  });

  it('on SIGTERM finishes the request in flight, refuses new connections, exits with 0 and leaves one file', async () => {
    const file = join(folder, 'stopped.sqlite');
    const process = start({ ...production, DATABASE_URL: file });
    const url = await process.url();
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({ status: 'ready', version });
    const body = '{"id":"slow","relevanceScore":1}';
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    const head = `POST ${set} HTTP/1.1\r\nHost: x\r\nAuthorization: ${headers.authorization}\r\n`;
    socket.write(
      `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
    );
    // The request is there: the service asks for its body.
    while (!answer.includes('100 Continue')) await sleep(10);
    socket.write(body.slice(0, 9));
    process.child.kill('SIGTERM');
    const serves = () =>
      fetch(`${url}/health/live`).then(
        () => true,
        () => false,
      );
    while (await serves()) await sleep(10);
    socket.write(body.slice(9));
    expect(await process.exit).toBe(0);
    expect(answer).toMatch(/\r\n\r\nHTTP\/1\.1 201 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(existsSync(file) && !existsSync(`${file}-wal`)).toBe(true);
    const again = await start({ ...production, DATABASE_URL: file }).url();
    expect((await fetch(`${again}${set}/slow`, { headers })).status).toBe(200);
  });

  it('logs a line a request, without token, query or body', async () => {
    const process = start(production);
    const url = await process.url();
    await fetch(`${url}${set}?$select=secretquery`, { headers });
    for (const path of ["$filter(id eq 'secret/path')/$each", '%24filter%28contains(id,%27secretpath%27)%29'])
      await fetch(`${url}${set}/${path}`, { headers });
    await fetch(url + set, { method: 'POST', headers, body: '{"id":"secretbody' });
    await process.said(/(?:"msg":"answered"[^\n]*\n[^]*){4}/);
    const lines = process.output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const answered = lines.filter(({ msg }) => msg === 'answered');
    expect(answered).toHaveLength(4);
    expect(answered[0]).toMatchObject({ method: 'GET', path: set, status: 400, requestId: expect.any(String) });
    expect(process.output).not.toContain('secret');
    expect(process.output).not.toContain(tokenFor(ann).split('.')[1]);
  });

  it('logs paths as they were sent, whatever they are routed by, and the template of the route', async () => {
    const asked = [
      ['PATCH', `${set}/$each`, `${set}/$each`],
      ['PATCH', `${set}/$filter(id%20eq%20'secret')/$each`, `${set}/$each`],
      ['POST', `${set}/$query`, `${set}/$query`],
      ['POST', `${set}('a')/profile/%24query`, `${set}/{key}/profile/$query`],
      ['POST', '/v1.0/nothing/$query', '/v1.0/{path}'],
      ['GET', `${set}('a')/profile`, `${set}/{key}/profile`],
      ['GET', `${set}(%27a%27)`, `${set}/{key}`],
      ['POST', '/v1.0/%24batch', '/v1.0/$batch'],
      ['GET', "/else('where')", '{path}'],
    ] as const;
    const process = start(production);
    const url = await process.url();
    for (const [method, path] of asked) {
      const body = method === 'GET' ? null : '{}';
      await (await fetch(`${url}${path}?$top=secret`, { method, headers, body })).text();
    }
    await process.said(/"path":"\/else/);
    const lines = process.output.split('\n').filter((line) => line.includes('"msg":"answered"'));
    expect(lines.map((line) => JSON.parse(line)).map(({ method, path, route }) => [method, path, route])).toEqual(
      // What stands in a filter is what a query holds.
      asked.map(([method, path, route]) => [method, path.replace(/\(id.*/, '(…)'), route]),
    );
    expect(process.output).not.toContain('secret');
  });

  it('logs no failure where clients leave before their batches are answered', async () => {
    const process = start(production);
    const url = await process.url();
    const requests = Array.from({ length: 20 }, (_, id) => ({
      id: `${id}`,
      method: 'GET',
      url: set.slice('/v1.0'.length),
    }));
    const [method, body] = ['POST', JSON.stringify({ requests })];
    let left = 0;
    for (let ms = 0; ms < 12; ms++) {
      const signal = AbortSignal.timeout(2 * ms);
      const batch = fetch(`${url}/v1.0/$batch`, { method, headers, body, signal });
      if ((await batch.catch(() => undefined)) === undefined) left += 1;
    }
    expect(left).toBeGreaterThan(0);
    expect((await fetch(`${url}${set}/last`, { headers })).status).toBe(404);
    await process.said(/"path":"[^"]*\/last"/);
    expect(process.output).not.toContain('"level":50');
  });

  it('answers a statement that fails by a fault of its own with 500, and logs its cause', async () => {
    const file = join(folder, 'by-hand.sqlite');
    const url = await start({ ...production, DATABASE_URL: file }).url();
    const made = { id: 'a', profile: { totalPositionCount: 1 } };
    await fetch(url + set, { method: 'POST', headers, body: JSON.stringify(made) });
    const ask = (id: string): Promise<Response> =>
      fetch(`${url}${set}?$filter=id eq '${id}' and profile/totalPositionCount add 9223372036854775807 gt 0`, {
        headers,
      });
    expect((await ask('a')).status).toBe(200);
    // A number that somebody wrote as a text: the function that adds throws, which has no code of SQLite.
    const database = new DatabaseSync(file);
    database.exec(`UPDATE "decoratedProfileConnections"
      SET document = jsonb_set(document, '$.profile.totalPositionCount', 'many')`);
    database.close();
    const answer = await ask('a');
    const { error } = (await answer.json()) as { error: { message: string; innerError: { code: string } } };
    expect([answer.status, answer.headers.get('retry-after'), error.innerError.code]).toEqual([
      500,
      null,
      'internalServerError',
    ]);
    expect(error.message).not.toContain('many');
    const [line = ''] = await running!.said(/.*"msg":"request failed".*/);
    expect(JSON.parse(line).err).toMatchObject({ message: expect.stringMatching(/^SQLite: .*BigInt.* \(no code\)$/) });
    // Nothing is wrong with anything else.
    expect((await ask('b')).status).toBe(200);
  });

  it('refuses a file that is not there yet where it is not to migrate; the command does it', async () => {
    const variables = { ...production, DATABASE_URL: join(folder, 'unmigrated.sqlite'), DATABASE_MIGRATE: 'false' };
    expect(await start(variables).exit).toBe(74);
    expect(existsSync(variables.DATABASE_URL)).toBe(false);
    const migrate = Process.run(['commands/migrate.js'], { DATABASE_URL: variables.DATABASE_URL }, folder);
    expect(await migrate.exit).toBe(0);
    expect(await start(variables).url()).toMatch(/^http/);
  });

  it('refuses a database URL that is wrong: exit code 78, the password unsaid', async () => {
    const process = start({ ...production, DATABASE_URL: 'postgres://u:hidden@h/d?sslmode=maybe' });
    expect(await process.exit).toBe(78);
    expect(process.errors).toMatch(/DATABASE_URL has sslmode=maybe; it must be one of disable, require/);
    expect(process.errors + process.output).not.toContain('hidden');
  });

  it('[B7.e4] a SIGKILL amid writes loses none that was answered', async () => {
    const variables = { ...production, DATABASE_URL: join(folder, 'killed.sqlite') };
    const load = new CountingLoad([await start(variables).url()], ['p', 'q']);
    await load.start(8);
    await load.until(({ acknowledged }) => acknowledged > 200);
    running!.child.kill('SIGKILL');
    await running!.exit;
    await load.stop();
    expect(await load.differences(await start(variables).url())).toEqual([]);
  });

  it('two processes on one file lose nothing, either', async () => {
    const variables = { ...production, DATABASE_URL: join(folder, 'shared.sqlite') };
    const other = Process.start(variables, folder);
    try {
      const urls = await Promise.all([start(variables).url(), other.url()]);
      const load = new CountingLoad(urls, ['p']);
      await load.start(6);
      await load.until(({ acknowledged, refused }) => acknowledged > 200 && refused > 0);
      await load.stop();
      expect(await load.differences(urls[0])).toEqual([]);
    } finally {
      other.child.kill('SIGKILL');
    }
  });
});
