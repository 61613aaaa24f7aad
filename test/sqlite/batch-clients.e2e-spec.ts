import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { TestApp } from '../support/test-app.js';
import { certificateAuthority, TlsFront } from '../support/tls-front.js';
import { ann, tokenFor } from '../support/tokens.js';

const ui5 = join('node_modules', '@openui5', 'sap.ui.core', 'src');

describe("Microsoft's Graph client", () => {
  it('[C11] [C12] [C13] sends batches with dependencies over TLS, and reads every answer', async () => {
    const app = await TestApp.start({ TRUST_PROXY: 'true' });
    const front = await TlsFront.start(app.url);
    const env = {
      ...process.env,
      NODE_OPTIONS: '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
      NODE_EXTRA_CA_CERTS: certificateAuthority,
      SERVICE: `${front.url}/v1.0`,
      TOKEN: tokenFor(ann),
    };
    const { stdout } = await promisify(execFile)(process.execPath, ['test/clients/graph-batch.ts'], { env });
    await front.stop();
    await app.stop();
    expect(JSON.parse(stdout)).toEqual({
      serial: { 1: [201, 'g1'], 2: [201, expect.any(String)], 3: [200, 'g1'] },
      same: { 1: [404, 'notFound'], 2: [424, 'failedDependency'], 3: [424, 'failedDependency'] },
      parallel: { a: [404, 'notFound'], b: [200, 'g1'], c: [400, 'badRequest'] },
      full: 20,
      firstName: 'Ann',
      scheme: 'https',
    });
  });
});

describe("OpenUI5's OData V4 model", () => {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => {
    app = await TestApp.start();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  it('sends everything in multipart batches, and its changes in change sets', async () => {
    const page = await browser.newPage({ locale: 'en-GB' });
    const sent: [method: string, path: string, status: number][] = [];
    page.on('response', (response) => {
      const { pathname, search } = new URL(response.url());
      if (pathname.startsWith('/v1.0')) sent.push([response.request().method(), pathname + search, response.status()]);
    });
    await page.route('**/resources/**', (route) => {
      const { pathname } = new URL(route.request().url());
      return route.fulfill({ path: join(ui5, pathname.slice('/resources/'.length)) });
    });
    const scripts = ['ui5loader', 'ui5loader-autoconfig'].map((name) => `<script src="resources/${name}.js"></script>`);
    const html = { contentType: 'text/html', body: `<!doctype html>${scripts.join('')}` };
    await page.route('**/ui5.html', (route) => route.fulfill(html));
    await page.goto(`${app.url}/ui5.html`);
    await page.addScriptTag({ path: 'test/clients/ui5.js' });
    expect(await page.evaluate(`runUi5(${JSON.stringify(tokenFor(ann))})`)).toMatchObject({
      read: { id: 'u1', relevanceScore: 0.5, profile: { firstName: 'Ann', headline: null, bornOn: { year: 1906 } } },
      outcomes: ['done', 'done'],
      headline: 'Two',
      refused: ['refused', 'refused'],
    });
    expect(sent.shift()).toEqual(['GET', '/v1.0/$metadata?inheritance=flat', 200]);
    expect(sent.length).toBeGreaterThan(5);
    for (const request of sent) expect(request).toEqual(['POST', '/v1.0/$batch', 200]);
    const { body } = await app.get('/decoratedProfileConnections?$expand=profile&$orderby=id');
    expect(body.value).toMatchObject([
      { id: 'u1', relevanceScore: 0.5, profile: { firstName: 'Ann', headline: 'Two' } },
      { id: 'u2', relevanceScore: 0.75, profile: null },
    ]);
  });
});
