import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { KeySet, KeysUnavailableError } from './key-set.js';

type Answer = (response: ServerResponse) => void;

const minute = 60_000;
const jwkOf = (kid: string, about: object = {}): object => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid,
  ...about,
});
const setOf =
  (...keys: readonly object[]): Answer =>
  (response) =>
    response.end(JSON.stringify({ keys }));
const named = (kid?: string, alg = 'ES256') => ({ kid, alg });
const [one, two] = [jwkOf('one'), jwkOf('two')];

describe('a key set', () => {
  let provider: Server;
  let answer: Answer;
  let fetches: number;
  let now: number;
  let keys: KeySet;
  beforeEach(async () => {
    [fetches, now] = [0, 0];
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    provider = createServer((_, response) => {
      fetches += 1;
      answer(response);
    }).listen(0, '127.0.0.1');
    await once(provider, 'listening');
    keys = new KeySet(`http://127.0.0.1:${(provider.address() as AddressInfo).port}/`);
    answer = setOf(one);
    expect(await keys.find(named('one'))).toBeDefined();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    provider.closeAllConnections();
    provider.close();
  });

  it('is fetched once for all that ask at one time, and a few times in the next seconds', async () => {
    const unknown = Array.from({ length: 50 }, (_, index) => keys.find(named(`x${index}`)));
    expect(new Set(await Promise.all(unknown))).toEqual(new Set([undefined]));
    expect(fetches).toBe(2);
    for (let asked = 0; asked < 10; asked++) await keys.find(named(`y${asked}`));
    expect(fetches).toBe(3);
    answer = setOf(one, two);
    expect(await keys.find(named('two'))).toBeUndefined();
    now = 5001;
    expect(await keys.find(named('two'))).toBeDefined();
    expect(fetches).toBe(4);
  });

  it('is renewed in the background: a key that was withdrawn is refused then', async () => {
    answer = setOf(two);
    now = 11 * minute;
    expect(keys.known(named('one'))).toBeDefined();
    while (keys.known(named('two')) === undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(keys.known(named('one'))).toBeUndefined();
    expect(fetches).toBe(2);
  });

  it('that has been there for long is asked for first, and used where there is no other', async () => {
    answer = (response) => response.destroy();
    now = 61 * minute;
    expect(keys.known(named('one'))).toBeUndefined();
    expect(await keys.find(named('one'))).toBeDefined();
    answer = setOf(two);
    now += minute;
    expect(await keys.find(named('one'))).toBeUndefined();
  });

  it.each<[string, Answer]>([
    ['breaks off', (response) => response.destroy()],
    ['does not come', () => undefined],
    ['is no set', (response) => response.end('<html>')],
    ['is null', (response) => response.end('null')],
    ['is an error', (response) => response.writeHead(500).end(JSON.stringify({ keys: [two] }))],
    ['has no key', setOf()],
    [
      'has no key that is strong',
      setOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })),
    ],
    ['is elsewhere', (response) => response.writeHead(302, { location: '/other' }).end()],
    [
      'has no end',
      (response) => {
        const write = (): void => {
          while (response.write(' '.repeat(10_000)));
        };
        response.on('drain', write).on('error', () => undefined);
        write();
      },
    ],
  ])('stays as it was where the answer %s; what else there is nobody knows', async (_, broken) => {
    answer = broken;
    now = 6000;
    await expect(keys.find(named('two'))).rejects.toBeInstanceOf(KeysUnavailableError);
    expect(keys.known(named('one'))).toBeDefined();
    answer = setOf(one, two);
    now = 12_000;
    expect(await keys.find(named('two'))).toBeDefined();
  });

  it('gives its only key to tokens that name none, and none for another use or algorithm', async () => {
    expect(keys.known(named())).toBeDefined();
    expect(keys.known(named('one', 'RS256'))).toBeDefined();
    now = 6000;
    answer = setOf(jwkOf('enc', { use: 'enc' }), jwkOf('alg', { alg: 'ES256' }), two, { kty: 'new', kid: 'new' });
    expect(await keys.find(named('enc'))).toBeUndefined();
    expect(keys.known(named('alg'))).toBeDefined();
    expect(keys.known(named('alg', 'ES384'))).toBeUndefined();
    expect(keys.known(named())).toBeUndefined();
    expect(keys.known(named('new'))).toBeUndefined();
  });
});
