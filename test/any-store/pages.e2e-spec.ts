import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { TestApp } from '../support/test-app.js';
import { ann, tokenFor } from '../support/tokens.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe('the files of the pages', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it.each([
    ['/docs', 'text/html;charset=utf-8'],
    ['/docs/initialize.js', 'text/javascript;charset=utf-8'],
    ['/docs/swagger-ui.css', 'text/css;charset=utf-8'],
    ['/docs/swagger-ui-bundle.js', 'text/javascript;charset=utf-8'],
    ['/docs/favicon-32x32.png', 'image/png'],
    ['/explorer', 'text/html;charset=utf-8'],
    ['/explorer/explorer.css', 'text/css;charset=utf-8'],
    ['/explorer/explorer.js', 'text/javascript;charset=utf-8'],
  ])('%s is %s, may load from the service only, and can be kept', async (path, type) => {
    const { status, headers } = await app.get(path, { as: null });
    expect([status, headers.get('content-type')]).toEqual([200, type]);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    const known = { 'if-none-match': headers.get('etag')! };
    expect((await app.get(path, { as: null, headers: known })).status).toBe(304);
    expect((await app.request('HEAD', path, { as: null })).status).toBe(200);
  });

  it('are compressed as the client takes them', async () => {
    const bytes = async (encoding: string) => {
      const { request } = await import('node:http');
      return new Promise<[string | undefined, Buffer]>((resolve, reject) => {
        request(`${app.root}/docs/swagger-ui.css`, { headers: { 'accept-encoding': encoding } }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => resolve([response.headers['content-encoding'], Buffer.concat(chunks)]));
        })
          .on('error', reject)
          .end();
      });
    };
    const [none, plain] = await bytes('identity');
    const [gzip, gzipped] = await bytes('gzip, br;q=0');
    const [br, brotli] = await bytes('gzip, deflate, br');
    expect([none, gzip, br]).toEqual([undefined, 'gzip', 'br']);
    expect(gunzipSync(gzipped).equals(plain) && brotliDecompressSync(brotli).equals(plain)).toBe(true);
  });

  it.each(['/docs/nope', '/docs/..%2f..%2fpackage.json', '/explorer/nope.js', '/explorer/index.html'])(
    '%s is no file of a page: 404',
    async (path) => {
      expect((await app.get(path)).status).toBe(404);
    },
  );

  it('with a slash at its end, a page is where it is without', async () => {
    const { status, headers } = await app.get('/docs/', { as: null });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html;charset=utf-8']);
    const answer = await fetch(`${app.root}/explorer/`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([308, '../explorer']);
  });

  it.each<[variables: NodeJS.ProcessEnv, status: number]>([
    [{ EXPLORER: 'false' }, 404],
    [{ NODE_ENV: 'production' }, 404],
    [{ NODE_ENV: 'production', EXPLORER: 'true' }, 200],
    [{ NODE_ENV: 'development' }, 200],
  ])('with %j the explorer answers %i, and the reference is there', async (variables, status) => {
    const other = await TestApp.start(variables);
    expect((await other.get('/explorer', { as: null })).status).toBe(status);
    expect((await other.get('/explorer/explorer.js', { as: null })).status).toBe(status);
    expect((await other.get('/docs', { as: null })).status).toBe(200);
    await other.stop();
  });
});

describe('in a browser', () => {
  let app: TestApp;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let hosts: Set<string>;
  const token = tokenFor(ann);
  beforeAll(async () => {
    app = await TestApp.start({ PAGE_SIZE: '2' });
    browser = await startBrowser();
    for (const [id, score] of [
      ['c1', 0.9],
      ['c2', 0.8],
      ['c3', 0.1],
    ] as const) {
      await app.post('/decoratedProfileConnections', {
        id,
        relevanceScore: score,
        profile: { firstName: 'Ann', locale: { language: 'en' } },
      });
    }
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
    complaints = [];
    hosts = new Set();
    // What an answer of the service says shows on the page; everything else is a fault of the page.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('the server responded with a status'))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) hosts.add(new URL(request.url()).origin);
    });
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
    expect([...hosts]).toEqual([app.url]);
  });

  it('the reference takes a token and sends the update of a profile', async () => {
    await page.goto(`${app.root}/docs`);
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.getByLabel('auth-bearer-value').fill(token);
    await page.getByRole('button', { name: 'Apply credentials' }).click();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    const operation = page.locator('#operations-decoratedProfileConnections-updateDecoratedProfileConnectionProfile');
    await operation.locator('.opblock-summary-control').click();
    await operation.getByPlaceholder('id', { exact: true }).fill('c1');
    await operation.locator('textarea.body-param__text').fill('{"headline":"Sent by hand"}');
    await operation.getByRole('button', { name: 'Execute' }).click();
    await operation.locator('.live-responses-table .response-col_status').filter({ hasText: '200' }).waitFor();
    expect(await operation.locator('.live-responses-table').textContent()).toContain('Sent by hand');
    expect((await app.get('/decoratedProfileConnections/c1/profile')).body.headline).toBe('Sent by hand');
  });

  describe('the explorer', () => {
    const query = () => page.getByRole('combobox', { name: /^Query/ });
    const answer = () => page.locator('#answer');
    const status = (text: string) => page.getByRole('status').filter({ hasText: text }).waitFor();
    const open = async (): Promise<void> => {
      await page.goto(`${app.root}/explorer`);
      await page.getByLabel('Bearer token').fill(token);
      // The model has arrived.
      await page.waitForFunction("document.querySelector('#query').value !== ''");
    };
    const ask = async (text: string, expected = '200'): Promise<void> => {
      await query().fill(text);
      await query().press('Control+Enter');
      await status(expected);
    };
    const options = () => page.getByRole('listbox').getByRole('option').allTextContents();

    it('shows the request as it is sent, without the token, and the answer', async () => {
      await open();
      await ask(
        "decoratedProfileConnections?$filter=relevanceScore gt 0.5 and id ne 'a&b'&$expand=profile($select=firstName)",
      );
      const request = await page.locator('#request').textContent();
      expect(request).toContain(
        "/v1.0/decoratedProfileConnections?$filter=relevanceScore%20gt%200.5%20and%20id%20ne%20'a%26b'&$expand=profile($select=firstName)",
      );
      expect(request).toContain('authorization: Bearer …');
      expect(await page.locator('#headers').textContent()).toContain('odata-version: 4.0');
      expect(await answer().textContent()).toContain('"firstName": "Ann"');
      expect(
        await page.evaluate('[location.href, JSON.stringify({ ...localStorage, ...sessionStorage }), document.cookie]'),
      ).toEqual([expect.not.stringContaining(token), '{}', '']);
    });

    it('leads on: next page, entity, what it contains, its parts; and back', async () => {
      await open();
      await ask('decoratedProfileConnections?$select=id');
      expect(await answer().textContent()).not.toContain('"c3"');
      await answer()
        .getByRole('link', { name: /skiptoken/ })
        .click();
      await answer().getByRole('link', { name: '"c3"' }).click();
      await answer().getByRole('link', { name: '"relevanceScore"' }).waitFor();
      expect(await query().inputValue()).toBe("decoratedProfileConnections('c3')");
      await page.getByRole('navigation', { name: 'Where this leads' }).getByRole('link', { name: '→ profile' }).click();
      await answer().getByRole('link', { name: '"locale"' }).click();
      // The profile shows its locale too, but has more beside it.
      await answer().getByRole('link', { name: '"firstName"' }).waitFor({ state: 'detached' });
      await answer().getByText('"language"').waitFor();
      expect(await query().inputValue()).toBe("decoratedProfileConnections('c3')/profile/locale");
      await page.goBack();
      await answer().getByRole('link', { name: '"firstName"' }).waitFor();
      expect(await query().inputValue()).toBe("decoratedProfileConnections('c3')/profile");
    });

    it('completes names by keyboard, out of the metadata', async () => {
      await open();
      await query().fill('');
      await query().pressSequentially('dec');
      expect(await options()).toEqual([expect.stringContaining('decoratedProfileConnections')]);
      await query().press('ArrowDown');
      expect(await query().getAttribute('aria-activedescendant')).toBe('suggestion-0');
      await query().press('Enter');
      await query().pressSequentially('?$fi');
      await query().press('Tab');
      await query().pressSequentially('rel');
      expect(await options()).toEqual([expect.stringContaining('How relevant the person is')]);
      await query().press('Tab');
      await query().pressSequentially(' gt 0.5 and profile/connectionD');
      await query().press('Tab');
      await query().pressSequentially(' eq ');
      expect((await options())[0]).toContain("'OUT_OF_NETWORK'");
      await query().pressSequentially("'DIST");
      await query().press('Tab');
      expect(await query().inputValue()).toBe(
        "decoratedProfileConnections?$filter=relevanceScore gt 0.5 and profile/connectionDegree eq 'DISTANCE_1'",
      );
      await query().press('Escape');
      expect(await query().getAttribute('aria-expanded')).toBe('false');
      await query().press('Enter');
      await status('200');
    });

    it('marks where a query is at fault', async () => {
      await open();
      await ask("decoratedProfileConnections?$top=1&$filter=id eq 'ä' and nope eq 1", '400');
      const alert = page.getByRole('alert');
      expect(await alert.locator('mark').textContent()).toBe('n');
      expect(await alert.locator('pre').textContent()).toBe(
        "decoratedProfileConnections?$top=1&$filter=id eq 'ä' and nope eq 1",
      );
      expect(await alert.textContent()).toContain("has no property 'nope'");
      await ask('decoratedProfileConnections/c1/nope', '404');
      expect(await alert.locator('mark').textContent()).toBe('n');
      await ask('decoratedProfileConnections');
      expect(await alert.textContent()).toBe('');
    });

    it('sends changes, with a condition', async () => {
      await open();
      await page.getByLabel('Method').selectOption('PATCH');
      await query().fill('decoratedProfileConnections/c2');
      await page.getByLabel('Body').fill('{"relevanceScore":0.85}');
      await page.getByLabel('If-Match').fill('W/"1"');
      await page.getByRole('button', { name: 'Send' }).click();
      await status('412');
      await page.getByLabel('If-Match').fill('*');
      await page.getByRole('button', { name: 'Send' }).click();
      await status('200');
      expect((await app.get('/decoratedProfileConnections/c2')).body.relevanceScore).toBe(0.85);
    });

    it.each([
      ['light', 1200],
      ['dark', 320],
    ] as const)('has nothing that keeps people out: %s, %i pixels wide', async (colorScheme, width) => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await open();
      await ask('decoratedProfileConnections?$expand=profile');
      await query().press('End');
      await query().pressSequentially('&$filter=');
      await page.evaluate(axe);
      const violations = await page.evaluate(
        'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))',
      );
      expect(violations).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    });
  });
});
