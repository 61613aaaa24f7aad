import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { buildService, Process } from '../support/process.js';
import { commandsOf, curlRequest } from '../support/shell-words.js';
import { testKeys } from '../support/tokens.js';

const set = '/v1.0/decoratedProfileConnections';

/** What a document shows of an answer: `…` in a text is anything. */
function shown(value: any): any {
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shown(one)]));
  if (typeof value !== 'string' || !value.includes('…')) return value;
  const text = value.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return expect.stringMatching(new RegExp(`^${text.join('.*')}$`, 's'));
}

describe('a newcomer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'newcomer-'));
  let running: Process | undefined;
  beforeAll(() => {
    buildService();
  });
  afterEach(async () => {
    running?.child.kill('SIGKILL');
    await running?.exit;
    running = undefined;
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const start = (variables: NodeJS.ProcessEnv = {}): Promise<string> => {
    running = Process.start(variables, folder);
    return running.url();
  };
  async function command(name: string, words: readonly string[] = [], variables: NodeJS.ProcessEnv = {}) {
    const one = Process.run([`commands/${name}.js`, ...words], variables, folder);
    return { code: await one.exit, output: one.output, errors: one.errors };
  }
  const token = async (...words: string[]): Promise<string> => (await command('token', words)).output.trim();
  const get = (url: string, bearer: string): Promise<Response> =>
    fetch(`${url}${set}`, { headers: { authorization: `Bearer ${bearer}` } });

  it('reads in the README what the requests answer', async () => {
    expect((await command('import', [resolve('examples/sample.ndjson')])).errors).toBe(
      '20 restored, 0 there already, 0 refused\n',
    );
    const url = await start();
    const own = 'http://127.0.0.1:3000';
    const text = readFileSync('README.md', 'utf8').replaceAll(own, url);
    const variables = { TOKEN: await token() };
    const pairs = [...text.matchAll(/^```sh\n(curl [^]*?)^```\n+```json\n([^]*?)^```/gm)];
    expect(pairs).toHaveLength(3);
    for (const [, script = '', answer = ''] of pairs) {
      const [words = []] = commandsOf(script, variables);
      const { url: target, method, headers, body } = curlRequest(words);
      const response = await fetch(target, { method, headers, ...(body === undefined ? {} : { body }) });
      expect(await response.json()).toEqual(shown(JSON.parse(answer)));
    }
  });

  it('has tokens that outlive a restart, signed with a secret that nobody else can read', async () => {
    const first = await token();
    expect(statSync(join(folder, 'data/development-secret')).mode & 0o777).toBe(0o600);
    for (let times = 0; times < 2; times++) {
      expect((await get(await start(), first)).status).toBe(200);
      running!.child.kill('SIGTERM');
      await running!.exit;
    }
  });

  it('has a secret for the run where none can be kept', async () => {
    const readOnly = mkdtempSync(join(folder, 'no-data-'));
    writeFileSync(join(readOnly, 'data'), 'a file where the folder would be');
    running = Process.start({ DATABASE_URL: join(folder, 'elsewhere.sqlite') }, readOnly);
    const url = await running.url();
    const [, printed = ''] = await running.said(/export TOKEN=(\S+)/);
    expect((await get(url, printed)).status).toBe(200);
  });

  it.each<[string[], object]>([
    [[], { tid: 'local', oid: 'local-user', scp: 'DecoratedProfile.ReadWrite' }],
    [
      ['--scopes', 'DecoratedProfile.Read', '--user', 'u', '--tenant', 't'],
      { tid: 't', oid: 'u', scp: 'DecoratedProfile.Read' },
    ],
    [
      ['--roles', 'DecoratedProfile.Read.All,DecoratedProfile.ReadWrite.All', '--application', 'a'],
      { oid: 'a', roles: ['DecoratedProfile.Read.All', 'DecoratedProfile.ReadWrite.All'] },
    ],
  ])('makes a token by %j that the service takes', async (words, claims) => {
    const made = await token(...words, '--hours', '1');
    const { iat = 0, exp = 0, ...rest } = jwt.decode(made) as jwt.JwtPayload;
    expect([exp - iat, rest]).toEqual([3600, expect.objectContaining(claims)]);
    expect((await get(await start(), made)).status).toBe(200);
  });

  it.each<[string[], NodeJS.ProcessEnv, RegExp]>([
    [
      ['--roles', 'DecoratedProfile.ReadAll'],
      {},
      /no permission 'DecoratedProfile.ReadAll'; did you mean 'DecoratedProfile.Read.All'/,
    ],
    [['--scopes', 'Foo'], {}, /^There is no permission 'Foo'\. They are DecoratedProfile\.Read, .*\.$/m],
    [['--roles', 'x', '--user', 'u'], {}, /of a user, with --scopes, or of an application/],
    [['--hours', 'many'], {}, /--hours takes a number/],
    [['--rolls', 'x'], {}, /Unknown option '--rolls'[^]*Usage: npm run token -- \[--scopes <names>\]/],
    [[], { ...testKeys, NODE_ENV: 'production' }, /In production the identity provider makes tokens/],
    [[], { JWKS_URL: 'http://x/', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' }, /does not have the private one/],
  ])('is refused a token by %j %j', async (words, variables, why) => {
    const { code, output, errors } = await command('token', words, variables);
    expect([code, output, errors]).toEqual([64, '', expect.stringMatching(why)]);
  });

  it('learns from a 401 which check failed, in development only', async () => {
    const claims = { tid: 't', oid: 'o', scp: 'DecoratedProfile.Read' };
    const sign = (over: jwt.SignOptions, secret = testKeys.JWT_SECRET): string =>
      jwt.sign(claims, secret, {
        issuer: testKeys.JWT_ISSUER,
        audience: testKeys.JWT_AUDIENCE,
        expiresIn: 60,
        ...over,
      });
    const wrong: readonly [string, RegExp][] = [
      [sign({ issuer: 'urn:else' }), /another issuer: its iss is "urn:else", and JWT_ISSUER is "urn:test:issuer"\.$/],
      [sign({ audience: 'urn:a' }), /another audience: its aud is "urn:a", and JWT_AUDIENCE is "urn:test:audience"\.$/],
      [sign({ expiresIn: -60 }), /it has expired: it ended 20\d\d-\d\d-\d\dT/],
      [sign({ notBefore: 60 }), /it is not valid yet: it begins 20\d\d-\d\d-\d\dT.*; are the clocks right\?/],
      [sign({}, 'x'.repeat(32)), /its signature was made with another key/],
      [sign({ algorithm: 'HS512' }), /^(?!.*its alg)/],
      ['no token', /it is no JWT of three parts/],
    ];
    const said = async (NODE_ENV: string): Promise<readonly string[]> => {
      const url = await start({ ...testKeys, NODE_ENV, JWT_ALGORITHMS: 'HS256,HS512' });
      const bodies = await Promise.all(wrong.map(async ([bearer]) => (await get(url, bearer.replace(' ', ''))).json()));
      running!.child.kill('SIGKILL');
      return bodies.map((body: any) => body.error?.message ?? 'taken');
    };
    const inDevelopment = await said('development');
    for (const [index, [, pattern]] of wrong.entries()) expect(inDevelopment[index]).toMatch(pattern);
    for (const message of await said('production')) expect(message).not.toMatch(/JWT_|urn:|another key|20\d\d-/);
  });

  it('is told of a variable that is misspelt, and of no other', async () => {
    await start({ JWT_ISUER: 'x', DATABASE_POOL: '3', DATABASE_SERVICE_HOST: '10.0.0.1', HOSTNAME: 'h', LANG: 'C' });
    const warnings = running!.output.split('\n').filter((line) => line.includes('is no variable'));
    expect(warnings.map((line) => JSON.parse(line).msg)).toEqual([
      "JWT_ISUER is no variable of this service; did you mean 'JWT_ISSUER'?",
      "DATABASE_POOL is no variable of this service; did you mean 'DATABASE_URL'?",
    ]);
  });

  it('signs with a secret of their own without saying who issues: in development', async () => {
    const variables = { JWT_SECRET: testKeys.JWT_SECRET };
    const { output } = await command('token', [], variables);
    expect((await get(await start(variables), output.trim())).status).toBe(200);
  });

  it.each<[string, (port: number) => NodeJS.ProcessEnv]>([
    ['PORT', (port) => ({ PORT: String(port) })],
    ['METRICS_PORT', (port) => ({ METRICS_PORT: String(port) })],
  ])('is told in one line that the port of %s is in use: exit code 71', async (name, variables) => {
    const other = createTcpServer().listen(0, '127.0.0.1');
    await new Promise((done) => other.once('listening', done));
    const { port } = other.address() as { port: number };
    try {
      running = Process.start({ ...variables(port), LOG_LEVEL: 'warn' }, folder);
      expect(await running.exit).toBe(71);
      expect(running.output + running.errors).toBe(
        `Cannot serve on 127.0.0.1:${port}: another process serves there; ${name} may name another one, 0 any that is free.\n`,
      );
    } finally {
      other.close();
    }
  });

  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ['no address', { HOST: 'bogus!' }, /^Cannot serve on bogus!:0: .*of that name.*; HOST names it\.\n$/],
    [
      'no address of metrics',
      { HOST: 'bogus!', METRICS_PORT: '0' },
      /^Cannot serve on bogus!:0: .*; HOST names it\.\n$/,
    ],
    [
      "another machine's",
      { HOST: '192.0.2.1' },
      /^Cannot serve on 192\.0\.2\.1:0: this machine has no such address; HOST/,
    ],
    ["another machine's of IPv6", { HOST: '2001:db8::1' }, /^Cannot serve on \[2001:db8::1\]:0: .*HOST.*\n$/],
  ])('is told in one line of a HOST that is %s: exit code 71', async (_, variables, said) => {
    running = Process.start({ ...testKeys, ...variables, LOG_LEVEL: 'warn' }, folder);
    expect([await running.exit, running.output + running.errors]).toEqual([71, expect.stringMatching(said)]);
  });

  it('is told by an old Node what to do, instead of its stack', () => {
    const preload = `Object.defineProperty(process.versions, 'node', { value: '20.1.0' })`;
    const file = join(folder, 'old.cjs');
    writeFileSync(file, preload);
    const run = (): string => {
      try {
        return execFileSync(process.execPath, ['-r', file, '-r', './scripts/need-node.cjs', '-e', '0'], {
          encoding: 'utf8',
          stdio: 'pipe',
        });
      } catch (error) {
        return (error as { stderr: string }).stderr;
      }
    };
    expect(run()).toMatch(/^This needs Node 24 or later[^]*npm rebuild node --ignore-scripts=false/);
    expect(run()).not.toContain('    at ');
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    for (const name of [
      'start',
      'build',
      'jest',
      'migrate',
      'export',
      'import',
      'history',
      'backup',
      'restore',
      'token',
      'sample',
      'doctor',
    ])
      expect([name, scripts[name]]).toEqual([name, expect.stringContaining('-r ./scripts/need-node.cjs')]);
  });

  it('every command says what it does, and does nothing', async () => {
    const names = ['token', 'doctor', 'migrate', 'export', 'import', 'history', 'backup', 'restore'];
    const helped = await Promise.all(names.map((name) => command(name, ['--help'], { DATABASE_URL: 'none/at.all' })));
    for (const [index, { code, output }] of helped.entries())
      expect([code, output]).toEqual([0, expect.stringContaining(`Usage: npm run ${names[index]}`)]);
    expect(['none', '--help'].some((name) => existsSync(join(folder, name)))).toBe(false);
  });
});

describe('the doctor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  let provider: Server;
  beforeAll(async () => {
    buildService();
    const { publicKey } = await import('node:crypto').then(({ generateKeyPairSync }) =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    );
    const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] });
    new DatabaseSync(join(folder, 'foreign.sqlite')).exec('CREATE TABLE t (a)');
    provider = createServer((_, response) => response.end(keys)).listen(0, '127.0.0.1');
    await new Promise((done) => provider.once('listening', done));
  });
  afterAll(() => {
    provider.close();
    rmSync(folder, { recursive: true });
  });
  async function doctor(variables: NodeJS.ProcessEnv) {
    const one = Process.run(['commands/doctor.js'], variables, folder);
    return { code: await one.exit, output: one.output, errors: one.errors };
  }
  const names = { JWT_ISSUER: 'urn:i', JWT_AUDIENCE: 'urn:a' };
  const keySet = (): string => `http://127.0.0.1:${(provider.address() as { port: number }).port}/`;

  it('says what takes effect, without secrets, and that all is well', async () => {
    const { code, output } = await doctor({ ...names, JWKS_URL: keySet(), PAGE_SIZE: '7' });
    expect(code).toBe(0);
    expect(output).toContain('* PAGE_SIZE=7\n');
    expect(output).toContain('  MAX_PAGE_SIZE=1000\n');
    expect(output).toContain(
      'well  database: data/profiles.sqlite is not there yet: the service makes it when it starts\n',
    );
    expect(output).toContain(`well  keys: ${keySet()} has 1 that verify tokens\n`);
    expect(existsSync(join(folder, 'data'))).toBe(false);
    const secret = await doctor({ ...testKeys, DATABASE_URL: 'postgres://u:hidden@127.0.0.1:1/d' });
    expect(secret.code).toBe(1);
    expect(secret.output).toContain('WRONG database: The database cannot be reached: connect ECONNREFUSED 127.0.0.1:1');
    expect(secret.output).toContain('* DATABASE_URL=postgres://u:…@127.0.0.1:1/d\n');
    expect(secret.output + secret.errors).not.toMatch(/hidden|a secret of the tests/);
  });

  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    [
      'a key set that is away',
      { JWKS_URL: 'http://127.0.0.1:1/' },
      /WRONG keys: the key set at http:\/\/127.0.0.1:1\/ cannot/,
    ],
    ['a misspelt variable', { ...testKeys, LOG_LEVLE: 'x' }, /WRONG variable: LOG_LEVLE .* 'LOG_LEVEL'/],
    [
      'a database of another program',
      { ...testKeys, DATABASE_URL: 'foreign.sqlite' },
      /WRONG database: .* of another program/,
    ],
    [
      'a database that is not to be made',
      { ...testKeys, DATABASE_MIGRATE: 'false' },
      /WRONG database: .*npm run migrate/,
    ],
  ])('finds %s: exit code 1', async (_, variables, finding) => {
    const { code, output } = await doctor({ ...names, ...variables });
    expect([code, output]).toEqual([1, expect.stringMatching(finding)]);
  });

  it('leaves a database as it is', async () => {
    const file = join(folder, 'd.sqlite');
    expect(await Process.run(['commands/migrate.js'], { DATABASE_URL: file }, folder).exit).toBe(0);
    const before = readFileSync(file);
    const { code, output } = await doctor({ ...testKeys, DATABASE_URL: file });
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(/well {2}database: .*d\.sqlite has this release's schema, and answers/),
    ]);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('ends with the code of the configuration where that is wrong', async () => {
    expect((await doctor({ PORT: 'x' })).code).toBe(78);
  });
});
