import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { readEnvironment } from '../../src/config/read-environment.js';
import { pictures } from '../models/pictures.js';
import { startBrowser } from '../support/browser.js';
import { TestApp } from '../support/test-app.js';
import { ann, testKeys, tokenFor } from '../support/tokens.js';

/** A server of another origin, with one page that does nothing by itself. */
async function servePage(): Promise<Server> {
  const server = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html').end('<!doctype html><title>elsewhere</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** What a script of a page sends, and what it gets to see. */
const call = ({ root, token }: { root: string; token: string }) => {
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${root}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: [...answer.headers.keys()].sort(), text };
  };
  return Promise.all([
    send('POST', '/decoratedProfileConnections', { id: 'page' }, { prefer: 'return=minimal' }),
    send('GET', '/decoratedProfileConnections/none'),
  ]).then(async ([made, none]) => [
    made,
    none,
    await send('PATCH', '/decoratedProfileConnections/page/profile', { firstName: 'Ann' }, { 'if-none-match': '*' }),
    await send('PUT', '/decoratedProfileConnections/page', { relevanceScore: 1 }, { 'if-match': '*' }),
    await send('DELETE', '/decoratedProfileConnections/page'),
  ]);
};

describe('a page of another origin', () => {
  let [server, stranger]: Server[] = [];
  let browser: Browser;
  beforeAll(async () => {
    [server, stranger] = [await servePage(), await servePage()];
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    server!.close();
    stranger!.close();
  });

  const visit = async (origin: Server, app: TestApp) => {
    const page: Page = await browser.newPage();
    await page.goto(originOf(origin));
    const found = await page
      .evaluate(call, { root: app.root, token: tokenFor(ann) })
      .catch((error: unknown) => error as Error);
    await page.close();
    return found;
  };

  it('that is allowed reads and writes, and reads what clients need of the headers', async () => {
    const app = await TestApp.start({ CORS_ORIGINS: `https://other.example, ${originOf(server!)}` });
    const answers = await visit(server!, app);
    if (answers instanceof Error) throw answers;
    expect(answers.map(({ status }) => status)).toEqual([204, 404, 201, 200, 204]);
    const [made, none, created] = answers;
    for (const name of ['location', 'odata-entityid', 'preference-applied', 'odata-version', 'request-id'])
      expect(made!.headers).toContain(name);
    expect([created!.headers.includes('etag'), none!.headers.includes('request-id')]).toEqual([true, true]);
    expect(JSON.parse(none!.text).error.code).toBe('notFound');
    expect(await visit(stranger!, app)).toBeInstanceOf(Error);
    await app.stop();
  });

  it('of any origin may come where all are allowed, none where nothing is said', async () => {
    const open = await TestApp.start({ CORS_ORIGINS: '*' });
    expect(await visit(stranger!, open)).toHaveLength(5);
    await open.stop();
    const closed = await TestApp.start();
    expect(await visit(server!, closed)).toBeInstanceOf(Error);
    expect((await closed.get('/decoratedProfileConnections/$count')).text).toBe('0');
    await closed.stop();
  });
});

describe('the headers for pages of other origins', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ CORS_ORIGINS: 'https://app.example.com' });
  });
  afterAll(() => app.stop());
  const origin = 'https://app.example.com';
  const path = '/decoratedProfileConnections';

  it('of a preflight name every method, and what was asked for', async () => {
    const headers = {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,if-match,odata-maxversion',
    };
    const answer = await app.request('OPTIONS', path, { as: null, headers });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, PATCH, PUT, DELETE');
    expect(answer.headers.get('access-control-allow-headers')).toBe('authorization,if-match,odata-maxversion');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(answer.headers.get('vary')).toBe('Origin, Access-Control-Request-Headers');
    const other = { ...headers, origin: 'https://other.example.com' };
    const refused = await app.request('OPTIONS', path, { as: null, headers: other });
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('say what every answer depends on, that of errors and batches too', async () => {
    const batch = { requests: [{ id: '1', method: 'GET', url: path }] };
    const answers = [
      await app.get(path, { headers: { origin } }),
      await app.get(path),
      await app.get(path, { as: null, headers: { origin } }),
      await app.get('/$metadata', { headers: { origin } }),
      await app.post('/$batch', batch, { headers: { origin } }),
    ];
    for (const { headers } of answers) expect(headers.get('vary')!.match(/\bOrigin\b/g)).toHaveLength(1);
    expect(answers.map(({ headers }) => headers.get('access-control-allow-origin'))).toEqual([
      origin,
      null,
      origin,
      origin,
      origin,
    ]);
    expect(answers[4]!.body.responses[0].headers['access-control-allow-origin']).toBeUndefined();
  });

  it('expose all that answers have, but what every script sees and what is for the browser', async () => {
    const variables = { CORS_ORIGINS: '*', RATE_LIMIT: '1000', RATE_LIMIT_ANONYMOUS: '1' };
    const pages = await TestApp.start(variables, pictures);
    const send = (method: string, at: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
      pages.request(method, at, { body, headers: { origin, ...headers } });
    const answers = [
      await send('POST', '/albums', { id: 'a' }, { prefer: 'return=minimal' }),
      await send('PUT', "/albums('a')/cover", '<svg/>', { 'content-type': 'image/svg+xml' }),
      await send('GET', "/albums('a')/cover", undefined, { range: 'bytes=1-2' }),
      await send('GET', "/albums('a')/cover", undefined, { range: 'bytes=90-' }),
      await send('GET', '/albums', undefined, { prefer: 'respond-async' }),
      await send('DELETE', '/albums'),
      await pages.request('GET', '/albums', { as: null, headers: { origin } }),
      await pages.request('GET', '/albums', { as: null, headers: { origin } }),
    ];
    const monitor = answers[4]!.headers.get('location')!;
    let result = await send('GET', monitor);
    while (result.status === 202) result = await send('GET', monitor);
    answers.push(result);
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 206, 416, 202, 405, 401, 429, 200]);
    await pages.stop();
    const exposed = answers[0]!.headers.get('access-control-expose-headers')!.toLowerCase().split(', ');
    // Fetch, 3.3.3, and what is about connections, caches and what the browser does with an answer.
    const safelisted = ['cache-control', 'content-language', 'content-length', 'content-type'];
    const browsers = ['connection', 'content-security-policy', 'date', 'keep-alive', 'transfer-encoding', 'vary'];
    const others = new Set([...safelisted, ...browsers, 'x-content-type-options']);
    const sent = new Set(answers.flatMap(({ headers }) => [...headers.keys()]));
    const told = [...sent].filter((name) => !others.has(name) && !name.startsWith('access-control-')).sort();
    expect(told).toEqual(exposed.filter((name) => sent.has(name)).sort());
    expect(told).toEqual(expect.arrayContaining(['asyncresult', 'content-range', 'ratelimit', 'ratelimit-policy']));
  });

  it('are not those of OPTIONS without a preflight, which is no method', async () => {
    const answer = await app.request('OPTIONS', path, { headers: { origin } });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, PATCH, POST, PUT']);
  });

  it.each([
    'app.example.com',
    'https://app.example.com/',
    'https://a.example,',
    'ftp://a.example',
    'https://*.a.example',
  ])('of %s, which is no origin, keep the service from starting', (origins) => {
    expect(() => readEnvironment({ ...testKeys, CORS_ORIGINS: origins })).toThrow('CORS_ORIGINS must be origins');
  });
});
