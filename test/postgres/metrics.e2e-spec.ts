import { generateKeyPairSync } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { parse } from 'yaml';
import { postgresDatabase, type TestDatabase } from '../support/databases.js';
import { buildService, Process } from '../support/process.js';
import { isSelected, readExpression, readSamples, type Sample } from '../support/scrape.js';
import { ann, testKeys, tokenFor } from '../support/tokens.js';

const set = '/v1.0/decoratedProfileConnections';
const page = readFileSync('docs/operations.md', 'utf8');

/** A process that is looked at. */
class Measured {
  private constructor(
    readonly process: Process,
    readonly url: string,
    readonly metrics: string,
  ) {}

  static async start(variables: NodeJS.ProcessEnv, folder: string): Promise<Measured> {
    const process = Process.start({ METRICS_PORT: '0', NODE_ENV: 'production', ...variables }, folder);
    const url = await process.url();
    const [, metrics = ''] = await process.said(/"url":"([^"]+)","msg":"telling metrics"/);
    return new Measured(process, url, metrics);
  }

  async scrape(): Promise<readonly Sample[]> {
    const answer = await fetch(`${this.metrics}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    return readSamples(await answer.text());
  }

  /** The lines of its log that say this. */
  async lines(message: string, count = 1): Promise<readonly any[]> {
    for (;;) {
      const all = this.process.output
        .trim()
        .split('\n')
        .filter((line) => line.endsWith(`"msg":"${message}"}`));
      if (all.length >= count) return all.map((line) => JSON.parse(line));
      await sleep(10);
    }
  }
}

/** The one sample of a name with these labels. */
function valueOf(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number {
  const found = samples.filter(
    (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
  );
  expect([name, labels, found.length]).toEqual([name, labels, 1]);
  return found[0]!.value;
}

describe('what a process tells', () => {
  const folder = mkdtempSync(join(tmpdir(), 'metrics-'));
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let provider: Server;
  let hasKeys = true;
  let database: TestDatabase;
  let embedded: Measured;
  let shared: Measured;
  const headers = (agent = 'tests'): Record<string, string> => ({
    authorization: `Bearer ${tokenFor(ann)}`,
    'content-type': 'application/json',
    'user-agent': agent,
  });
  const signed = jwt.sign(ann, privateKey, {
    algorithm: 'ES256',
    keyid: 'one',
    issuer: 'urn:i',
    audience: 'urn:a',
    expiresIn: 600,
  });

  beforeAll(async () => {
    buildService();
    provider = createServer((_, response) => {
      const keys = hasKeys ? [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] : [];
      response.end(JSON.stringify({ keys }));
    }).listen(0, '127.0.0.1');
    await new Promise((done) => provider.once('listening', done));
    database = await postgresDatabase();
    const { port } = provider.address() as { port: number };
    [embedded, shared] = await Promise.all([
      Measured.start(
        { ...testKeys, DATABASE_URL: join(folder, 'm.sqlite'), RATE_LIMIT_ANONYMOUS: '30', ASYNC_JOBS: '5' },
        folder,
      ),
      Measured.start(
        {
          DATABASE_URL: database.url,
          // The primary itself, which is no standby.
          DATABASE_READ_URL: database.url,
          DATABASE_READ_LAG: '0.5',
          JWKS_URL: `http://127.0.0.1:${port}/`,
          JWT_ISSUER: 'urn:i',
          JWT_AUDIENCE: 'urn:a',
          LOG_PATHS: 'false',
        },
        folder,
      ),
    ]);
  });
  afterAll(async () => {
    for (const { process } of [embedded, shared]) {
      process.child.kill('SIGKILL');
      await process.exit;
    }
    provider.close();
    await database.discard();
    rmSync(folder, { recursive: true });
  });

  it('counts requests by method, route and status, their bytes and statements, and what runs', async () => {
    const post = (id: string) =>
      fetch(embedded.url + set, { method: 'POST', headers: headers(), body: JSON.stringify({ id }) });
    await Promise.all(['a', 'b', 'c', 'd'].map(post));
    await (await fetch(`${embedded.url}${set}('a')/profile/headline`, { headers: headers() })).text();
    const before = await embedded.scrape();
    const { length } = await (await fetch(`${embedded.url}${set}/a`, { headers: headers() })).text();
    await fetch(`${embedded.url}${set}/nobody`, { headers: headers() });
    const after = await embedded.scrape();
    const count = 'http_server_request_duration_seconds_count';
    const created = { http_request_method: 'POST', http_route: set, http_response_status_code: '201' };
    expect(valueOf(after, count, created)).toBe(4);
    const property = { http_route: `${set}/{key}/profile/{property}`, http_response_status_code: '204' };
    expect(after.some(({ name, labels }) => name === count && labels.http_route === property.http_route)).toBe(true);
    expect(valueOf(after, count, { http_route: `${set}/{key}`, http_response_status_code: '200' })).toBe(1);
    expect(valueOf(after, count, { http_route: `${set}/{key}`, http_response_status_code: '404' })).toBe(1);
    const sent =
      valueOf(after, 'http_server_response_bytes_total') - valueOf(before, 'http_server_response_bytes_total');
    expect(sent).toBeGreaterThan(length);
    expect(valueOf(after, 'http_server_request_body_bytes_total')).toBe('{"id":"a"}'.length * 4);
    expect(valueOf(after, 'http_server_active_requests')).toBe(0);
    const writes = { db_operation_name: 'write', outcome: 'done' };
    expect(valueOf(after, 'db_client_operation_duration_seconds_count', writes)).toBeGreaterThanOrEqual(4);
    expect(valueOf(after, 'odata_commit_statements_sum')).toBeGreaterThanOrEqual(4);
    expect(
      valueOf(after, 'odata_change_log_rows', { entity_set: 'decoratedProfileConnections' }),
    ).toBeGreaterThanOrEqual(0);
    expect(valueOf(after, 'auth_verified_tokens')).toBeGreaterThanOrEqual(1);
  });

  it('has no label that grows with what clients ask for', async () => {
    const routes = async (): Promise<ReadonlySet<string | undefined>> =>
      new Set((await embedded.scrape()).map(({ labels }) => labels.http_route));
    const ask = (text: string) => fetch(embedded.url + text, { headers: headers() });
    const paths = (n: number) => [
      `${set}/k${n}`,
      `${set}('k${n}')/profile/n${n}`,
      `${set}/$filter(id%20eq%20'${n}')/$count`,
      `/v1.0/n${n}`,
      `/n${n}`,
      `${set}('k${n}')/profile/locale/x${n}/$value/$value/$count`,
      `${set}/a/profile/microsoft.graph.T${n}/skills`,
      `/v1.0/$async/${n}`,
      `${set}/k${n}/profile/$query`,
      `${set}/k${n}/n${n}/$query`,
      `/v1.0/n${n}/$query`,
      `${set}('k${n}')/$each`,
    ];
    for (const path of paths(0)) await ask(path);
    const before = await routes();
    for (let n = 1; n < 20; n++) for (const path of paths(n)) await ask(path);
    expect(await routes()).toEqual(before);
  });

  it('counts a request whose client left as one that ended', async () => {
    const { hostname, port } = new URL(embedded.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST ${set} HTTP/1.1\r\nHost: x\r\nAuthorization: ${headers().authorization}\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n{`,
    );
    while (valueOf(await embedded.scrape(), 'http_server_active_requests') !== 1) await sleep(10);
    socket.destroy();
    while (valueOf(await embedded.scrape(), 'http_server_active_requests') !== 0) await sleep(10);
    const [line] = await embedded.lines('given up by its client');
    expect(line).toMatchObject({ status: 499, method: 'POST', route: set });
  });

  it('counts requests inside of batches beside those that carry them', async () => {
    const body = JSON.stringify({
      requests: [1, 2, 3].map((n) => ({ id: String(n), method: 'GET', url: 'decoratedProfileConnections/a' })),
    });
    await (await fetch(`${embedded.url}/v1.0/$batch`, { method: 'POST', headers: headers(), body })).text();
    const samples = await embedded.scrape();
    expect(valueOf(samples, 'odata_inside_requests_total', { http_response_status_code: '200' })).toBe(3);
    expect(valueOf(samples, 'http_server_request_duration_seconds_count', { http_route: '/v1.0/$batch' })).toBe(1);
  });

  it('tells of connections, and of the age of the key set, where there are such', async () => {
    const authorization = `Bearer ${signed}`;
    expect((await fetch(shared.url + set, { headers: { authorization } })).status).toBe(200);
    hasKeys = false;
    const unknown = jwt.sign(ann, privateKey, {
      algorithm: 'ES256',
      keyid: 'two',
      issuer: 'urn:i',
      audience: 'urn:a',
      expiresIn: 600,
    });
    while (valueOf(await shared.scrape(), 'auth_key_set_failing') !== 1)
      await fetch(shared.url + set, { headers: { authorization: `Bearer ${unknown}` } });
    const samples = await shared.scrape();
    expect(valueOf(samples, 'auth_key_set_age_seconds')).toBeLessThan(120);
    expect(valueOf(samples, 'db_client_connection_max')).toBe(10);
    expect(valueOf(samples, 'db_client_connection_count', { state: 'idle' })).toBeGreaterThan(0);
    expect(valueOf(samples, 'odata_change_log_lag_seconds')).toBeGreaterThanOrEqual(0);
  });

  it('tells of standbys, and who answered in their place', async () => {
    await shared.lines(`standby ${new URL(database.url).host} is no standby of the primary`);
    const headers = { authorization: `Bearer ${signed}`, ConsistencyLevel: 'eventual' };
    expect((await fetch(shared.url + set, { headers })).status).toBe(200);
    const samples = await shared.scrape();
    const standby = new URL(database.url).host;
    expect(valueOf(samples, 'db_standby_used', { standby })).toBe(0);
    expect(valueOf(samples, 'db_standby_age_seconds', { standby })).toBe(Infinity);
    expect(valueOf(samples, 'db_standby_reads_total', { answered_by: 'primary' })).toBe(1);
    expect(valueOf(samples, 'db_standby_reads_total', { answered_by: 'standby' })).toBe(0);
    expect(await (await fetch(`${shared.url}/health/ready`)).json()).toMatchObject({
      status: 'ready',
      standbys: '0 of 1',
    });
  });

  it('logs who asked for what, and why somebody was refused', async () => {
    await fetch(`${embedded.url}${set}/secret-key`, {
      headers: { ...headers('agent of the tests'), 'client-request-id': 'mine' },
    });
    await fetch(embedded.url + set, { headers: { authorization: `Bearer ${tokenFor(ann, { issuer: 'urn:else' })}` } });
    const reader = tokenFor({ ...ann, scp: 'DecoratedProfile.Read' });
    await fetch(embedded.url + set, { method: 'POST', headers: { authorization: `Bearer ${reader}` } });
    while (!embedded.process.output.includes('"status":403')) await sleep(10);
    const answered = (await embedded.lines('answered')).filter(
      ({ userAgent, status }) => userAgent === 'agent of the tests' || status === 401 || status === 403,
    );
    const asked = answered.find(({ userAgent }) => userAgent === 'agent of the tests');
    expect(asked).toMatchObject({
      tenant: 'contoso',
      user: 'ann',
      address: '127.0.0.1',
      method: 'GET',
      route: `${set}/{key}`,
      path: `${set}/secret-key`,
      status: 404,
      error: 'resourceNotFound',
      clientRequestId: 'mine',
      requestId: expect.any(String),
      bytes: expect.any(Number),
      ms: expect.any(Number),
    });
    const reasons = answered.map(({ reason }) => reason).join('\n');
    expect(reasons).toContain('another issuer. its iss is "urn:else", and JWT_ISSUER is "urn:test:issuer"');
    expect(reasons).toContain('The token must carry one of the permissions DecoratedProfile.ReadWrite');
    expect(embedded.process.output).not.toContain('Server listening');
  });

  it('logs no keys where paths are not to be logged', async () => {
    await fetch(`${shared.url}${set}('a-secret-key')`, { headers: { authorization: `Bearer ${signed}` } });
    while (!shared.process.output.includes('"route":"/v1.0/decoratedProfileConnections/{key}"')) await sleep(10);
    expect(shared.process.output).not.toContain('secret-key');
  });

  it('says at the start what runs, where, and what differs from the defaults, without secrets', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    const [line] = await embedded.lines('serving');
    expect(line).toMatchObject({
      version,
      node: process.version,
      schema: expect.stringMatching(/^\d+\.\d+$/),
      url: embedded.url,
    });
    expect(line.configuration).toMatchObject({
      JWT_SECRET: '(not shown)',
      ASYNC_JOBS: '5',
      DATABASE_URL: join(folder, 'm.sqlite'),
    });
    expect(line.configuration).not.toHaveProperty('PAGE_SIZE');
    expect(embedded.process.output).not.toContain(testKeys.JWT_SECRET);
    for (const probe of ['live', 'ready'])
      expect(await (await fetch(`${embedded.url}/health/${probe}`)).json()).toEqual({ status: probe, version });
  });

  it('changes what is logged, by a signal or on the port of the metrics, which clients do not have', async () => {
    const level = async (body?: string) => {
      const answer = await fetch(`${embedded.metrics}/log-level`, body === undefined ? {} : { method: 'PUT', body });
      return [answer.status, (await answer.text()).trim()];
    };
    expect(await level('warn')).toEqual([200, 'warn']);
    const before = embedded.process.output.length;
    await fetch(`${embedded.url}${set}/a`, { headers: headers() });
    expect(await level('loud')).toEqual([400, expect.stringContaining('fatal, error, warn')]);
    embedded.process.child.kill('SIGUSR2');
    while ((await level())[1] !== 'info') await sleep(10);
    embedded.process.child.kill('SIGUSR2');
    while ((await level())[1] !== 'debug') await sleep(10);
    await level('info');
    expect(embedded.process.output.slice(before)).not.toContain('"msg":"answered"');
    expect((await fetch(`${embedded.url}/metrics`)).status).toBe(404);
    expect((await fetch(`${embedded.metrics}/other`)).status).toBe(404);
  });

  it('counts what limits of rate refuse', async () => {
    for (let n = 0; n < 35; n++) await fetch(embedded.url + set);
    expect(valueOf(await embedded.scrape(), 'rate_limit_refused_total', { limit: 'address' })).toBeGreaterThan(0);
  });

  it('is what the page for operators has, which has nothing else', async () => {
    const told = await Promise.all(
      [embedded, shared].map(async ({ metrics }) => (await fetch(`${metrics}/metrics`)).text()),
    );
    const names = new Set([...told.join('\n').matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name));
    const [, table = ''] = /^(\| metric [^]*?)\n\n/m.exec(page) ?? [];
    const cells = table.match(/^\| (`[^|]*)/gm)!.join(' ');
    const documented = new Set([...cells.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
    const isFamily = (name: string): boolean => name.endsWith('*');
    const families = [...documented].filter(isFamily).map((name) => name.slice(0, -1));
    const own = [...names].filter((name) => !families.some((family) => name.startsWith(family)));
    expect([...documented].filter((name) => !isFamily(name)).sort()).toEqual(own.sort());
    for (const family of families) expect([...names].some((name) => name.startsWith(family))).toBe(true);
  });

  it('is what the dashboard and the alerts ask for', async () => {
    const samples = [...(await embedded.scrape()), ...(await shared.scrape())];
    const labelsOf = (metric: string) =>
      new Set(samples.filter(({ name }) => name === metric).flatMap(({ labels }) => Object.keys(labels)));
    const dashboard = JSON.parse(readFileSync('deploy/grafana/dashboard.json', 'utf8'));
    const shown = dashboard.panels.flatMap(({ targets = [] }: any) => targets.map(({ expr }: any) => expr as string));
    const { groups } = parse(readFileSync('deploy/prometheus/alerts.yaml', 'utf8'));
    const rules: any[] = groups.flatMap((group: any) => group.rules);
    expect(shown.length).toBeGreaterThan(25);
    for (const expression of [...shown, ...rules.map(({ expr }) => expr as string)]) {
      const text = expression.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*');
      const { selectors, labels } = readExpression(text);
      expect([text, selectors.length]).not.toEqual([text, 0]);
      for (const selector of selectors) {
        // What is wrong has not happened here: the label has to be there, with other values.
        const lenient = {
          ...selector,
          matchers: selector.matchers.filter(({ label }) => !/outcome|status_code|instance/.test(label)),
        };
        expect([text, selector.metric, samples.some((sample) => isSelected(sample, lenient))]).toEqual([
          text,
          selector.metric,
          true,
        ]);
        const known = new Set([...labelsOf(selector.metric), 'instance', 'job']);
        for (const name of [
          ...labels.filter((one) => one !== 'instance'),
          ...selector.matchers.map(({ label }) => label),
        ])
          if (selectors.length === 1) expect([text, name, known.has(name)]).toEqual([text, name, true]);
      }
    }
    for (const { alert, annotations, labels } of rules) {
      expect(page).toContain(`### ${alert}\n`);
      expect([alert, annotations.runbook]).toEqual([alert, `docs/operations.md#${alert.toLowerCase()}`]);
      expect(['critical', 'warning']).toContain(labels.severity);
    }
    expect(globSync('deploy/**/alerts*')).toHaveLength(1);
  });
});
