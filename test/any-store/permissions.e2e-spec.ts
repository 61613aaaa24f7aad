import { createHmac, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { JwtStrategy } from '../../src/auth/jwt.strategy.js';
import { type Answer, TestApp } from '../support/test-app.js';
import { ann, annElsewhere, bob, daemon, testKeys, tokenFor } from '../support/tokens.js';

const set = '/decoratedProfileConnections';
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const withToken = (token: string) => ({ as: null, headers: { authorization: `Bearer ${token}` } });

/** A token by hand, with any header, signed as HS256 with any key. */
function handmade(header: object, claims: object, key: string): string {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

function validClaims(): object {
  const now = Math.floor(Date.now() / 1000);
  return { ...ann, iss: testKeys.JWT_ISSUER, aud: testKeys.JWT_AUDIENCE, iat: now, exp: now + 600 };
}

function expect401({ status, headers, body }: Answer, code = 'invalidAuthenticationToken'): void {
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toMatch(/^Bearer realm="decorated-profiles"/);
  expect(headers.get('odata-version')).toBe('4.0');
  expect(body.error).toMatchObject({ code: 'unauthorized', innerError: { code } });
}

describe('permissions', () => {
  describe('a bearer token', () => {
    let app: TestApp;
    beforeAll(async () => {
      app = await TestApp.start();
    });
    afterAll(() => app.stop());

    it('[B7.401] [C33] is needed', async () => {
      expect401(await app.get(set, { as: null }), 'missingAuthenticationToken');
      expect401(await app.get(set, { as: null, headers: { authorization: 'Basic YTpi' } }));
    });

    const now = Math.floor(Date.now() / 1000);
    it.each<[why: string, token: string]>([
      ['no token at all', 'x.y.z'],
      ['expired', tokenFor(ann, { expiresIn: -60 })],
      ['not yet valid', tokenFor(ann, { notBefore: 60 })],
      ['for another audience', tokenFor(ann, { audience: 'urn:other' })],
      ['from another issuer', tokenFor(ann, { issuer: 'urn:other' })],
      [
        'without exp',
        jwt.sign(ann, testKeys.JWT_SECRET, { issuer: testKeys.JWT_ISSUER, audience: testKeys.JWT_AUDIENCE }),
      ],
      ['signed with another key', jwt.sign(validClaims(), 'another secret that is long enough, too')],
      ['with alg none', `${base64url({ alg: 'none', typ: 'JWT' })}.${base64url(validClaims())}.`],
      ['with alg None', `${base64url({ alg: 'None' })}.${base64url(validClaims())}.`],
      ['without a signature', tokenFor(ann).replace(/[^.]+$/, '')],
      ['with changed claims', tokenFor(ann).replace(/\.[^.]+\./, `.${base64url({ ...validClaims(), oid: 'bob' })}.`)],
      ['with a header that names another algorithm', handmade({ alg: 'RS256' }, validClaims(), testKeys.JWT_SECRET)],
      ['without a tenant', tokenFor({ oid: 'ann', scp: ann.scp })],
      ['without a user', tokenFor({ tid: 'contoso', scp: ann.scp })],
      ['with a user that is no text', tokenFor({ ...ann, oid: { $ne: 1 } })],
      ['with a user that holds U+0000', tokenFor({ ...ann, oid: 'ann\0' })],
      ['with a tenant that holds U+0000', tokenFor({ ...ann, tid: '\0contoso' })],
      ['with a user that holds half a character', tokenFor({ ...ann, oid: 'ann\ud800' })],
      ['with scp that is a number', tokenFor({ ...daemon, scp: 1 })],
      ['with scp that is null', tokenFor({ ...daemon, scp: null })],
      ['with scp that is a list of anything', tokenFor({ ...daemon, scp: ['DecoratedProfile.Read', 1] })],
      [
        'with critical extensions',
        handmade({ alg: 'HS256', crit: ['b64'], b64: false }, validClaims(), testKeys.JWT_SECRET),
      ],
      ['with critical extensions of none', handmade({ alg: 'HS256', crit: [] }, validClaims(), testKeys.JWT_SECRET)],
      [
        'with exp as text',
        handmade({ alg: 'HS256' }, { ...validClaims(), exp: String(now + 600) }, testKeys.JWT_SECRET),
      ],
    ])('%s is refused', async (_, token) => {
      expect401(await app.get(set, withToken(token)));
    });

    it('handmade but right is accepted, so that the tests above refuse for their own reason', async () => {
      const token = handmade({ alg: 'HS256', typ: 'JWT' }, validClaims(), testKeys.JWT_SECRET);
      expect((await app.get(set, withToken(token))).status).toBe(200);
    });

    it('says why it is refused, and never repeats the token', async () => {
      const token = tokenFor(ann, { expiresIn: -60 });
      const { headers, text } = await app.get(set, withToken(token));
      expect(headers.get('www-authenticate')).toContain('error="invalid_token", error_description="it has expired"');
      expect(text).not.toContain(token);
    });

    it('is taken from the header only', async () => {
      expect401(
        await app.get(`/decoratedProfileConnections?access_token=${tokenFor(ann)}`, { as: null }),
        'missingAuthenticationToken',
      );
    });

    it.each(['HS384', 'HS512'] as const)('%s is as good as HS256 where the key is a secret', async (algorithm) => {
      expect((await app.get(set, withToken(tokenFor(ann, { algorithm })))).status).toBe(200);
    });
  });

  describe('the permission', () => {
    let app: TestApp;
    let path: string;
    beforeAll(async () => {
      app = await TestApp.start();
      path = await app.profile({ headline: 'of ann' });
    });
    afterAll(() => app.stop());

    const user = { tid: 'contoso', oid: 'ann' };
    it.each<[claims: object, read: number, write: number]>([
      [{ ...user, scp: 'DecoratedProfile.Read' }, 200, 403],
      [{ ...user, scp: 'openid DecoratedProfile.ReadWrite profile' }, 200, 200],
      [{ ...user, scp: 'openid' }, 403, 403],
      [{ ...user, scp: 'decoratedprofile.readwrite' }, 403, 403],
      [{ ...user, scp: 'DecoratedProfile.ReadWrite.All' }, 403, 403],
      [{ ...user, roles: ['DecoratedProfile.Read.All'] }, 200, 403],
      [{ ...user, roles: ['DecoratedProfile.ReadWrite.All'] }, 200, 200],
      [{ ...user, roles: ['DecoratedProfile.ReadWrite'] }, 403, 403],
      [{ ...user, roles: 'DecoratedProfile.ReadWrite.All' }, 403, 403],
      [{ ...user, roles: ['constructor', '__proto__', 7, null] }, 403, 403],
      [user, 403, 403],
    ])('[C30] [C31] [B7.403] %j reads with %i and writes with %i', async (claims, read, write) => {
      expect((await app.get(path, { as: claims })).status).toBe(read);
      const answer = await app.patch(path, {}, { as: claims });
      expect(answer.status).toBe(write);
      if (write !== 403) return;
      expect(answer.body.error).toMatchObject({ code: 'forbidden', innerError: { code: 'accessDenied' } });
      expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    });

    it('[C31] of a user with roles of an application stays that of a user', async () => {
      const claims = { ...bob, scp: 'DecoratedProfile.Read', roles: ['DecoratedProfile.ReadWrite.All'] };
      expect((await app.get(path, { as: claims })).status).toBe(404);
      expect((await app.patch(path, {}, { as: claims })).status).toBe(403);
    });

    it('is tested before the body is read', async () => {
      const answer = await app.patch(path, '{broken', { as: { ...user, scp: 'DecoratedProfile.Read' } });
      expect(answer.status).toBe(403);
    });
  });

  describe('what a caller may not see', () => {
    let app: TestApp;
    let path: string;
    beforeAll(async () => {
      app = await TestApp.start();
      path = await app.profile({ headline: 'of ann' });
    });
    afterAll(() => app.stop());

    it.each([
      ['another user', bob],
      ['the same user id in another tenant', annElsewhere],
      ['an application of another tenant', { ...daemon, tid: 'fabrikam' }],
    ])('[C8] [C32] [B7.404] does not exist for %s, by any request', async (_, as) => {
      const connection = path.replace('/profile', '');
      const before = (await app.get(`${connection}?$expand=profile`)).text;
      const attempts = [
        app.get(connection, { as }),
        app.get(path, { as }),
        app.patch(connection, { relevanceScore: 9 }, { as }),
        app.patch(path, { headline: 'stolen' }, { as }),
        app.patch(path, { headline: 'stolen' }, { as, headers: { 'if-match': '*' } }),
        app.patch(path, { headline: 'stolen' }, { as, headers: { 'if-none-match': '*' } }),
        app.delete(path, { as }),
        app.delete(connection, { as }),
      ];
      for (const answer of await Promise.all(attempts)) {
        expect(answer.status).toBe(404);
        expect(answer.body.error.code).toBe('notFound');
      }
      expect((await app.get(set, { as })).body.value).toEqual([]);
      expect((await app.get(`${connection}?$expand=profile`)).text).toBe(before);
    });

    it('[C32] exists for an application of the tenant', async () => {
      expect((await app.get(path, { as: daemon })).body.headline).toBe('of ann');
      expect((await app.patch(path, { headline: 'by daemon' }, { as: daemon })).status).toBe(200);
      expect((await app.get(set, { as: daemon })).body.value).toHaveLength(1);
    });

    it('two tenants may use one id', async () => {
      expect((await app.post(set, { id: 'same', relevanceScore: 1 })).status).toBe(201);
      expect((await app.post(set, { id: 'same', relevanceScore: 2 }, { as: annElsewhere })).status).toBe(201);
      expect((await app.get(`${set}/same`)).body.relevanceScore).toBe(1);
    });
  });

  describe('with a public key', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const privatePem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const variables = { JWT_SECRET: '', JWT_PUBLIC_KEY: pem };
    let app: TestApp;
    beforeAll(async () => {
      app = await TestApp.start(variables);
    });
    afterAll(() => app.stop());

    it.each(['RS256', 'RS512', 'PS256'] as const)('%s tokens are accepted', async (algorithm) => {
      expect((await app.get(set, withToken(jwt.sign(validClaims(), privatePem, { algorithm })))).status).toBe(200);
    });

    it('the public key is no shared secret (algorithm confusion)', async () => {
      expect401(await app.get(set, withToken(handmade({ alg: 'HS256', typ: 'JWT' }, validClaims(), pem))));
      expect401(await app.get(set, withToken(handmade({ alg: 'HS256', typ: 'JWT' }, validClaims(), pem.trim()))));
    });

    it('another key pair is not trusted', async () => {
      const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
      expect401(await app.get(set, withToken(jwt.sign(validClaims(), other, { algorithm: 'RS256' }))));
    });
  });

  describe('with a key set', () => {
    const keys = {
      a: generateKeyPairSync('rsa', { modulusLength: 2048 }),
      b: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    };
    let served: object[] = [];
    let fetched = 0;
    let server: Server;
    let app: TestApp;
    const jwk = (kid: 'a' | 'b', alg: string): object => ({
      ...keys[kid].publicKey.export({ format: 'jwk' }),
      kid,
      alg,
      use: 'sig',
    });
    const sign = (kid: 'a' | 'b', algorithm: jwt.Algorithm, keyid: string = kid): string =>
      jwt.sign(validClaims(), createPrivateKey(keys[kid].privateKey.export({ type: 'pkcs8', format: 'pem' })), {
        algorithm,
        keyid,
      });

    beforeAll(async () => {
      server = createServer((_, response) => {
        fetched += 1;
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: served }));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      app = await TestApp.start({ JWT_SECRET: '', JWKS_URL: `http://127.0.0.1:${port}/keys` });
    });
    afterAll(async () => {
      await app.stop();
      server.close();
    });

    it('fetches keys once, and new ones when a token names one that it does not know', async () => {
      served = [jwk('a', 'RS256')];
      for (let i = 0; i < 3; i++) expect((await app.get(set, withToken(sign('a', 'RS256')))).status).toBe(200);
      expect(fetched).toBe(1);
      expect401(await app.get(set, withToken(sign('b', 'ES256'))));
      served = [jwk('a', 'RS256'), jwk('b', 'ES256')];
      expect((await app.get(set, withToken(sign('b', 'ES256')))).status).toBe(200);
    });

    it('a key is not accepted under the name of another', async () => {
      expect401(await app.get(set, withToken(sign('b', 'ES256', 'a'))));
      expect401(await app.get(set, withToken(sign('a', 'RS256', 'nobody'))));
    });

    it('a secret made from the key set is not accepted', async () => {
      const pem = keys.a.publicKey.export({ type: 'spki', format: 'pem' }) as string;
      expect401(await app.get(set, withToken(handmade({ alg: 'HS256', kid: 'a' }, validClaims(), pem))));
    });
  });

  describe('when the key set cannot be fetched', () => {
    let app: TestApp;
    afterEach(() => app.stop());

    it('[B7.503] a token is not called invalid: 503, try again', async () => {
      const unused = createServer();
      await new Promise<void>((resolve) => unused.listen(0, '127.0.0.1', resolve));
      const { port } = unused.address() as AddressInfo;
      await new Promise((resolve) => unused.close(resolve));
      app = await TestApp.start({ JWT_SECRET: '', JWKS_URL: `http://127.0.0.1:${port}/keys` });
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const answer = await app.get(
        set,
        withToken(jwt.sign(validClaims(), privateKey, { algorithm: 'RS256', keyid: 'a' })),
      );
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(answer.body.error.innerError.code).toBe('keysUnavailable');
    });
  });

  describe('a token that was verified before', () => {
    let app: TestApp;
    beforeAll(async () => {
      app = await TestApp.start({ JWT_CLOCK_TOLERANCE: '30' });
    });
    afterEach(() => {
      jest.restoreAllMocks();
    });
    afterAll(() => app.stop());

    it('ends with its time all the same, the tolerance included', async () => {
      const { verified } = app.provided(JwtStrategy);
      const token = tokenFor(ann, { expiresIn: 60 });
      const status = async () => (await app.get(set, withToken(token))).status;
      expect([await status(), await status()]).toEqual([200, 200]);
      expect(verified.size).toBe(1);
      const now = Date.now();
      jest.spyOn(Date, 'now').mockReturnValue(now + 88_000);
      expect(await status()).toBe(200);
      jest.spyOn(Date, 'now').mockReturnValue(now + 91_000);
      const answer = await app.get(set, withToken(token));
      expect401(answer);
      expect(answer.body.error.message).toContain('it has expired');
      expect(verified.size).toBe(0);
    });

    it('leaves the next token to be verified: nothing that is refused is remembered', async () => {
      const { verified } = app.provided(JwtStrategy);
      const token = tokenFor(ann);
      expect((await app.get(set, withToken(token))).status).toBe(200);
      const { size } = verified;
      for (const other of [`${token}x`, token.slice(0, -1), `${token}.`, tokenFor(ann, { audience: 'urn:other' })])
        expect401(await app.get(set, withToken(other)));
      expect(verified.size).toBe(size);
    });

    it('is the caller whom it names, beside others', async () => {
      const path = await app.profile();
      const [mine, others] = [tokenFor(ann), tokenFor(bob)];
      for (let round = 0; round < 3; round++) {
        expect((await app.get(path, withToken(mine))).status).toBe(200);
        expect((await app.get(path, withToken(others))).status).toBe(404);
      }
    });
  });

  it('with one tenant for the whole deployment no tenant claim is needed', async () => {
    const app = await TestApp.start({ SINGLE_TENANT: 'all' });
    try {
      expect((await app.get(set, { as: { sub: 'ann', scp: ann.scp } })).status).toBe(200);
    } finally {
      await app.stop();
    }
  });
});
