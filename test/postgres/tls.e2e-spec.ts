import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readDatabaseUrl } from '../../src/odata/store/postgres/connection-target.js';
import { PostgresConnections } from '../../src/odata/store/postgres/postgres-connections.js';
import { testLimits } from '../support/open-store.js';
import { PostgresServer } from '../support/postgres-server.js';

const file = (name: string): string => join(process.cwd(), 'test', 'fixtures', 'tls', name);

describe('a database that wants TLS and a password', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    const guarded = { certificate: file('server.pem'), key: file('server.key'), password: "it's: a /word/" };
    server = await PostgresServer.start(['fsync=off'], guarded);
  });
  afterAll(() => server.discard());

  /** Whether the session is encrypted, or why there is none. */
  const encrypted = async (host: string, parameters: string, password = "it's: a /word/"): Promise<unknown> => {
    const url = `postgres://postgres@${host}:${server.port}/postgres?${parameters}`;
    const connections = new PostgresConnections(readDatabaseUrl(url, password), testLimits);
    const text = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    try {
      const [row] = await connections.run({ text, parameters: {} }, 'read');
      return row?.ssl;
    } catch (error) {
      return ((error as Error).cause as Error).message;
    } finally {
      await connections.close();
    }
  };

  it.each<[host: string, parameters: string, expected: unknown]>([
    ['localhost', 'sslmode=verify-full&sslrootcert=CA', 't'],
    ['127.0.0.1', 'sslmode=verify-ca&sslrootcert=CA', 't'],
    ['127.0.0.1', 'sslmode=require', 't'],
    ['127.0.0.1', 'sslmode=verify-full&sslrootcert=CA', expect.stringMatching(/IP: 127.0.0.1 is not in the cert/)],
    ['localhost', 'sslmode=verify-full', expect.stringMatching(/unable to verify|self-signed/)],
    ['localhost', 'sslmode=disable', expect.stringMatching(/no pg_hba.conf entry .* no encryption/)],
  ])('%s with %s', async (host, parameters, expected) => {
    expect(await encrypted(host, parameters.replace('CA', file('ca.pem')))).toEqual(expected);
  });

  it('a wrong password is refused', async () => {
    expect(await encrypted('localhost', 'sslmode=require', 'wrong')).toMatch(/password authentication failed/);
  });
});
