import { get } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';

describe('the files of the pages', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  /** What a client gets that takes these codings. */
  const bytes = (path: string, encoding: string): Promise<[coding: string | undefined, body: Buffer]> =>
    new Promise((resolve, reject) => {
      get(`${app.root}${path}`, { headers: { 'accept-encoding': encoding } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve([response.headers['content-encoding'], Buffer.concat(chunks)]));
      }).on('error', reject);
    });

  /** Every file that a page loads to be seen first: its own, and what they import. */
  const loaded = async (page: string): Promise<ReadonlyMap<string, number>> => {
    const sizes = new Map<string, number>();
    const visit = async (path: string): Promise<void> => {
      if (sizes.has(path)) return;
      const [, body] = await bytes(path, 'br');
      sizes.set(path, body.length);
      const text = (await app.get(path, { as: null })).text;
      const names = path.endsWith('.js')
        ? [...text.matchAll(/\bfrom '(\.[^']+)';/g)].map(([, name = '']) => name)
        : [...text.matchAll(/(?:src|href)="(\w+\/[\w/.-]+\.(?:js|css))"/g)].map(([, name = '']) => name);
      for (const name of names) await visit(new URL(name, `http://host${path}`).pathname);
    };
    await visit(page);
    return sizes;
  };

  it.each([
    ['/docs', 'text/html;charset=utf-8'],
    ['/docs/reference/main.js', 'text/javascript;charset=utf-8'],
    ['/docs/dom/page.css', 'text/css;charset=utf-8'],
    ['/explorer', 'text/html;charset=utf-8'],
    ['/explorer/explorer/explorer.css', 'text/css;charset=utf-8'],
    ['/explorer/explorer/main.js', 'text/javascript;charset=utf-8'],
  ])('%s is %s, may load from the service only, and can be kept', async (path, type) => {
    const { status, headers } = await app.get(path, { as: null });
    expect([status, headers.get('content-type')]).toEqual([200, type]);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    const known = { 'if-none-match': headers.get('etag')! };
    expect((await app.get(path, { as: null, headers: known })).status).toBe(304);
    expect((await app.request('HEAD', path, { as: null })).status).toBe(200);
  });

  it('are compressed as the client takes them', async () => {
    const [none, plain] = await bytes('/docs/dom/page.css', 'identity');
    const [gzip, gzipped] = await bytes('/docs/dom/page.css', 'gzip, br;q=0');
    const [br, brotli] = await bytes('/docs/dom/page.css', 'gzip, deflate, br');
    expect([none, gzip, br]).toEqual([undefined, 'gzip', 'br']);
    expect(gunzipSync(gzipped).equals(plain) && brotliDecompressSync(brotli).equals(plain)).toBe(true);
  });

  it.each([
    ['/docs', 8],
    ['/explorer', 35],
  ])('%s is seen after less than 200 kB', async (page, fewest) => {
    const sizes = await loaded(page);
    expect(sizes.size).toBeGreaterThan(fewest);
    expect([...sizes.values()].reduce((sum, size) => sum + size)).toBeLessThan(200_000);
  });

  it.each([
    '/docs/nope',
    '/docs/dom/nope.js',
    '/docs/..%2f..%2fpackage.json',
    '/docs/explorer/main.js',
    '/explorer/explorer/index.html',
    '/explorer/complete/complete.spec.ts',
  ])('%s is no file of a page: 404', async (path) => {
    expect((await app.get(path)).status).toBe(404);
  });

  it('with a slash at its end, a page is where it is without', async () => {
    const { status, headers } = await app.get('/docs/', { as: null });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html;charset=utf-8']);
    const answer = await fetch(`${app.root}/explorer/`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([308, '../explorer']);
  });

  it('only who asks for HTML is led from the host to a page', async () => {
    const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    const led = await fetch(`${app.url}/`, { redirect: 'manual', headers: html });
    expect([led.status, led.headers.get('location')]).toEqual([302, './v1.0/explorer']);
    for (const [path, options] of [
      ['/', {}],
      ['/', { headers: { accept: '*/*' } }],
      ['/', { method: 'POST', headers: html }],
      ['/nope', { headers: html }],
    ] as const)
      expect((await fetch(`${app.url}${path}`, { redirect: 'manual', ...options })).status).toBe(404);
  });

  it.each<[variables: NodeJS.ProcessEnv, status: number]>([
    [{ EXPLORER: 'false' }, 404],
    [{ NODE_ENV: 'production' }, 404],
    [{ NODE_ENV: 'production', EXPLORER: 'true' }, 200],
    [{ NODE_ENV: 'development' }, 200],
  ])('with %j the explorer answers %i, and the reference is there', async (variables, status) => {
    const other = await TestApp.start(variables);
    expect((await other.get('/explorer', { as: null })).status).toBe(status);
    expect((await other.get('/explorer/explorer/main.js', { as: null })).status).toBe(status);
    const reference = await other.get('/docs', { as: null });
    expect([reference.status, reference.text.includes('href="explorer"')]).toEqual([200, status === 200]);
    const door = await fetch(`${other.url}/`, { headers: { accept: 'text/html' } });
    expect([door.status, door.url]).toEqual([200, `${other.root}/${status === 200 ? 'explorer' : 'docs'}`]);
    await other.stop();
  });
});
