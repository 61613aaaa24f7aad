import { describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';

const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'api.example.com' };

/** The URLs of an answer to a list of two pages. */
async function urlsOf(app: TestApp, headers: Record<string, string> = {}): Promise<string[]> {
  const created = await app.post('/decoratedProfileConnections', { id: 'a' }, { headers });
  await app.post('/decoratedProfileConnections', { id: 'b' });
  const { body } = await app.get('/decoratedProfileConnections', { headers: { ...headers, prefer: 'maxpagesize=1' } });
  return [created.headers.get('location')!, body['@odata.context'], body['@odata.nextLink']];
}

describe('the URLs of answers behind a proxy', () => {
  it.each<[string, NodeJS.ProcessEnv, (app: TestApp) => string]>([
    [
      'begin with PUBLIC_URL where it is set',
      { PUBLIC_URL: 'https://public.example.com/base/' },
      () => 'https://public.example.com/base',
    ],
    [
      'follow the forwarded headers where the proxy is trusted',
      { TRUST_PROXY: 'true' },
      () => 'https://api.example.com',
    ],
    ['ignore the forwarded headers where it is not', {}, (app) => app.url],
  ])('%s', async (_, variables, base) => {
    const app = await TestApp.start(variables);
    try {
      for (const url of await urlsOf(app, forwarded)) {
        expect(url).toMatch(new RegExp(`^${base(app)}/v1\\.0/(?:\\$metadata#)?decoratedProfileConnections`));
      }
    } finally {
      await app.stop();
    }
  });
});
