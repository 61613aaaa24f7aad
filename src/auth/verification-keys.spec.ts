import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import type { Environment } from '../config/environment.js';
import type { VerificationKeys } from './key-set.js';
import { keyNameOf, verificationKeys } from './verification-keys.js';

const pairs = {
  a: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  b: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
type Name = keyof typeof pairs;

const jwk = (name: Name) => ({
  ...pairs[name].publicKey.export({ format: 'jwk' }),
  kid: name,
  alg: 'RS256',
  use: 'sig',
});
const token = (name: Name): string => jwt.sign({}, pairs[name].privateKey, { algorithm: 'RS256', keyid: name });

describe('the keys of a key set', () => {
  let served: readonly Name[] = [];
  let server: Server;
  let keys: VerificationKeys;

  beforeAll(async () => {
    server = createServer((_, response) => {
      response.end(JSON.stringify({ keys: served.map(jwk) }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    keys = verificationKeys({ JWKS_URL: `http://127.0.0.1:${port}/` } as Environment);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const find = (name: Name): Promise<KeyObject | undefined> =>
    new Promise((resolve, reject) => {
      keys.find(keyNameOf(token(name))!, (error, key) => {
        if (error === null) resolve(key);
        else reject(new Error('The key is not to be had', { cause: error }));
      });
    });
  const found = async (name: Name): Promise<KeyObject> => {
    const key = await find(name);
    if (key === undefined) throw new Error(`The key ${name} is not found`);
    return key;
  };

  it('are trusted as long as the last answer had them', async () => {
    served = ['a'];
    const a = await found('a');
    expect(a.equals(pairs.a.publicKey)).toBe(true);
    expect(keys.trusts(a)).toBe(true);
    expect(await find('b')).toBeUndefined();
    expect(keys.trusts(a)).toBe(true);

    served = ['b'];
    const b = await found('b');
    expect([keys.trusts(a), keys.trusts(b)]).toEqual([false, true]);
    expect(await found('b')).toBe(b);
  });
});
