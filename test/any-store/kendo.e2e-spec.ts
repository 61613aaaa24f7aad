import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { TestApp } from '../support/test-app.js';
import { ann, tokenFor } from '../support/tokens.js';

/** What the page loads, as the packages have it. */
const scripts: Readonly<Record<string, string>> = {
  '/jquery.js': 'jquery/dist/jquery.min.js',
  '/core.js': 'kendo-ui-core/umd/kendo.core.min.js',
  '/data.js': 'kendo-ui-core/umd/kendo.data.min.js',
  '/odata.js': 'kendo-ui-core/umd/kendo.data.odata.min.js',
};

/** A page of somebody who binds Kendo's widgets to the service: `kendo.data.DataSource`, its transport for OData 4. */
async function servePage(): Promise<Server> {
  const tags = Object.keys(scripts).map((url) => `<script src="${url}"></script>`);
  const server = createServer(({ url = '' }, answer) => {
    const script = scripts[url];
    if (script === undefined) answer.setHeader('content-type', 'text/html').end(`<!doctype html>${tags.join('')}`);
    else answer.setHeader('content-type', 'text/javascript').end(readFileSync(`node_modules/${script}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** What the page does with a data source. */
const use = async ({ url, token }: { url: string; token: string }) => {
  const { kendo } = globalThis as any;
  const send = { beforeSend: (request: any) => request.setRequestHeader('Authorization', `Bearer ${token}`) };
  const ofRow = ({ id }: { id: string }) => `${url}('${id.replaceAll("'", "''")}')`;
  // To Kendo a row is new whose id is none; these have ids of their own, and those of the service an ETag.
  const row = kendo.data.Model.define({
    id: 'id',
    isNew(this: Record<string, unknown>) {
      return this['@odata.etag'] === undefined;
    },
  });
  const source = (options: object) =>
    new kendo.data.DataSource({
      type: 'odata-v4',
      transport: {
        read: { url, ...send },
        create: { url, ...send },
        update: { url: ofRow, ...send },
        destroy: { url: ofRow, ...send },
        batch: { url: `${url.replace(/[^/]*$/, '')}$batch`, ...send },
      },
      schema: { model: row },
      serverFiltering: true,
      serverSorting: true,
      serverPaging: true,
      pageSize: 2,
      sort: { field: 'relevanceScore', dir: 'desc' },
      filter: { field: 'relevanceScore', operator: 'gt', value: 0.2 },
      error: (event: any) => failures.push(String(event.xhr?.responseText ?? event.errorThrown)),
      ...options,
    });
  const failures: string[] = [];
  const rowsOf = (from: any): unknown[] => from.data().map((row: any) => [row.id, row.relevanceScore]);
  const rows = source({});
  await rows.read();
  const page = [rowsOf(rows), rows.total()];
  rows.data()[0].set('relevanceScore', 0.8);
  await rows.sync();
  rows.remove(rows.data()[1]);
  await rows.sync();
  const named = source({ filter: { field: 'id', operator: 'contains', value: "'" } });
  named.add({ id: "k'9", relevanceScore: 0.75 });
  await named.sync();
  await named.read();
  const batch = source({ batch: true, filter: { field: 'id', operator: 'startswith', value: 'k' } });
  await batch.read();
  batch.data()[0].set('relevanceScore', 0.9);
  batch.add({ id: 'k7', relevanceScore: 0.7 });
  await batch.sync();
  await batch.read();
  return { page, made: rowsOf(named), batch: rowsOf(batch), failures };
};

describe("Kendo's data source", () => {
  let app: TestApp;
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    server = await servePage();
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    app = await TestApp.start({ CORS_ORIGINS: origin });
    browser = await startBrowser();
    for (const [id, relevanceScore] of Object.entries({ k1: 0.1, k2: 0.3, k3: 0.5, k4: 0.4 }))
      await app.post('/decoratedProfileConnections', { id, relevanceScore });
  });
  afterAll(async () => {
    await browser.close();
    server.close();
    await app.stop();
  });

  it('reads pages and writes rows, one by one and in batches, from a page of another origin', async () => {
    const page: Page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const given = { url: `${app.root}/decoratedProfileConnections`, token: tokenFor(ann) };
    const found = await page.evaluate(use, given);
    expect(found).toEqual({
      page: [
        [
          ['k3', 0.5],
          ['k4', 0.4],
        ],
        3,
      ],
      made: [["k'9", 0.75]],
      batch: [
        ['k3', 0.9],
        ["k'9", 0.75],
      ],
      failures: [],
    });
    const { body } = await app.get('/decoratedProfileConnections?$select=id,relevanceScore&$orderby=id');
    expect(body.value.map(({ id, relevanceScore }: any) => [id, relevanceScore])).toEqual([
      ["k'9", 0.75],
      ['k1', 0.1],
      ['k2', 0.3],
      ['k3', 0.9],
      ['k7', 0.7],
    ]);
  });
});
