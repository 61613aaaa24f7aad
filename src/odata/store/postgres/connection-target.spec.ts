import { describe, expect, it } from '@jest/globals';
import { isPostgresUrl, readDatabaseUrl } from './connection-target.js';

describe('a database URL', () => {
  it('says where the database is and who asks', () => {
    expect(readDatabaseUrl('postgres://ann@db/profiles', 'from a file')).toEqual({
      hosts: [{ host: 'db', port: 5432 }],
      user: 'ann',
      password: 'from a file',
      database: 'profiles',
      ssl: false,
      session: 'read-write',
      applicationName: 'odata',
    });
  });

  it('may name several hosts, and percent-encode what would not be understood', () => {
    const target = readDatabaseUrl(
      'postgresql://a%40b:p%3Aw%2F@one:5433,[::1],three:6/d%20b?target_session_attrs=any&application_name=x',
    );
    expect(target).toMatchObject({
      hosts: [
        { host: 'one', port: 5433 },
        { host: '::1', port: 5432 },
        { host: 'three', port: 6 },
      ],
      user: 'a@b',
      password: 'p:w/',
      database: 'd b',
      session: 'any',
      applicationName: 'x',
    });
  });

  it('may name the folder of a socket', () => {
    expect(readDatabaseUrl('postgres://ann@/profiles?host=/run/postgresql').hosts).toEqual([
      { host: '/run/postgresql', port: 5432 },
    ]);
  });

  it.each([
    ['disable', false],
    ['require', { rejectUnauthorized: false }],
    ['verify-full', {}],
  ])('sslmode=%s is what libpq means by it', (mode, ssl) => {
    expect(readDatabaseUrl(`postgres://u@h/d?sslmode=${mode}`).ssl).toEqual(ssl);
  });

  it('verify-full tests the name in the certificate, verify-ca does not', () => {
    const ca = `sslrootcert=${import.meta.filename}`;
    const full = readDatabaseUrl(`postgres://u@h/d?sslmode=verify-full&${ca}`).ssl as object;
    const only = readDatabaseUrl(`postgres://u@h/d?sslmode=verify-ca&${ca}`).ssl as object;
    expect(Object.keys(full)).toEqual(['ca']);
    expect(Object.keys(only)).toEqual(['ca', 'checkServerIdentity']);
  });

  it.each<[string, string, RegExp]>([
    ['without a database', 'postgres://u@h', /is not of the form/],
    ['without a user', 'postgres://h/d', /names no user/],
    [
      'with a parameter that there is not',
      'postgres://u:secret@h/d?ssl=1',
      /has the parameter 'ssl', which is none of/,
    ],
    ['with a wrong value', 'postgres://u:secret@h/d?sslmode=maybe', /has sslmode=maybe; it must be one of disable/],
    ['with a wrong port', 'postgres://u:secret@h:99999/d', /has no host at 'h:99999'/],
    ['with half a percent', 'postgres://u:secret@h/%zz', /has a % that begins no/],
    [
      'with a file that is not there',
      'postgres://u@h/d?sslmode=verify-full&sslrootcert=/no/ca',
      /sslrootcert .* ENOENT/,
    ],
  ])('is refused %s, the password unsaid', (_, url, message) => {
    expect(() => readDatabaseUrl(url)).toThrow(message);
    expect(() => readDatabaseUrl(url)).not.toThrow(/secret/);
  });

  it.each([
    ['postgres://u@h/d', true],
    ['postgresql://u@h/d', true],
    ['data/profiles.sqlite', false],
    ['/postgres/file', false],
  ])('%s is one: %s', (url, expected) => {
    expect(isPostgresUrl(url)).toBe(expected);
  });
});
