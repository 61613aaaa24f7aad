import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { TestApp } from '../../support/test-app.js';
import { ann, testKeys } from '../../support/tokens.js';

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const rsa = (modulusLength = 2048): Pair => generateKeyPairSync('rsa', { modulusLength });
const [first, second, stranger] = [rsa(), rsa(), rsa()];
const weak = rsa(1024);

function signed(kid: string, { privateKey }: Pair): string {
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = testKeys;
  const options = { algorithm: 'RS256', issuer, audience, expiresIn: 600, keyid: kid } as const;
  return jwt.sign(ann, privateKey, { ...options, allowInsecureKeySizes: true });
}

describe('the keys that sign tokens', () => {
  let provider: Server;
  let served = '';
  let fetches = 0;
  let app: TestApp;
  const serve = (keys: Readonly<Record<string, Pair>>): void => {
    const set = Object.entries(keys).map(([kid, { publicKey }]) => ({ ...publicKey.export({ format: 'jwk' }), kid }));
    served = JSON.stringify({ keys: [{ kty: 'new', kid: 'x' }, ...set] });
  };
  beforeAll(async () => {
    provider = createServer((_, response) => {
      fetches += 1;
      response.end(served);
    }).listen(0, '127.0.0.1');
    await once(provider, 'listening');
    const { port } = provider.address() as AddressInfo;
    const { JWT_ISSUER, JWT_AUDIENCE } = testKeys;
    const keys = { JWT_SECRET: '', JWKS_URL: `http://127.0.0.1:${port}/keys`, JWT_ISSUER, JWT_AUDIENCE };
    app = await TestApp.start(keys);
  });
  afterAll(async () => {
    provider.closeAllConnections();
    provider.close();
    await app.stop();
  });
  async function statusOf(token: string): Promise<number> {
    const headers = { authorization: `Bearer ${token}` };
    return (await app.get('/decoratedProfileConnections?$top=1', { as: null, headers })).status;
  }

  it('are found behind any number of made-up ones; a rotation is seen under a flood of them', async () => {
    const began = performance.now();
    serve({ first, weak });
    const madeUp = Array.from({ length: 40 }, (_, index) => signed(`made-up-${index}`, stranger));
    expect(new Set(await Promise.all(madeUp.map(statusOf)))).toEqual(new Set([401]));
    expect(await statusOf(signed('first', first))).toBe(200);
    expect(await statusOf(signed('weak', weak))).toBe(401);
    serve({ first, second });
    let isSeen = false as boolean;
    const flood = (async () => {
      for (let sent = 0; !isSeen; sent++) expect(await statusOf(signed(`more-${sent % 500}`, stranger))).toBe(401);
    })();
    // Those that are known are not asked for, and not kept waiting.
    while (!isSeen) {
      expect(await statusOf(signed('first', first))).toBe(200);
      isSeen = (await statusOf(signed('second', second))) === 200;
    }
    await flood;
    const intervals = Math.ceil((performance.now() - began) / 5000);
    expect(fetches).toBeLessThanOrEqual(3 + intervals);
  });
});
