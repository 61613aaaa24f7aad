import { readFileSync } from 'node:fs';
import type { ConnectionOptions as TlsOptions } from 'node:tls';

/** Where a PostgreSQL database is, and who asks: what its URL says. */
export interface ConnectionTarget {
  /** Tried in this order, the last good one first. A host that begins with `/` is the folder of a Unix socket. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly ssl: TlsOptions | false;
  /** `read-write`: a server that takes no writes, a standby, is passed over. */
  readonly session: 'read-write' | 'any';
  readonly applicationName: string;
}

/** Parameters of the URL, with libpq's names (PostgreSQL documentation, 32.1.2). */
const parameters = {
  sslmode: ['disable', 'require', 'verify-ca', 'verify-full'],
  sslrootcert: undefined,
  sslcert: undefined,
  sslkey: undefined,
  target_session_attrs: ['any', 'read-write', 'primary'],
  application_name: undefined,
  host: undefined,
} as const;

type ParameterName = keyof typeof parameters;

const shape =
  /^postgres(?:ql)?:\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^/?]*)\/(?<database>[^/?]+)(?:\?(?<query>.*))?$/;

function fault(message: string): never {
  throw new Error(message);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return fault('has a % that begins no percent-encoded character');
  }
}

function hostOf(text: string): { host: string; port: number } {
  const parts = /^(?<host>\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(?::(?<port>\d{1,5}))?$/.exec(text)?.groups;
  const port = Number(parts?.port ?? 5432);
  if (parts?.host === undefined || port === 0 || port > 65_535) return fault(`has no host at '${text}'`);
  return { host: decoded(parts.host.replaceAll(/[[\]]/g, '')), port };
}

function fileOf(name: ParameterName, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return fault(`names a file in ${name} that cannot be read: ${(error as Error).message}`);
  }
}

function tlsOf(query: ReadonlyMap<ParameterName, string>): TlsOptions | false {
  const mode = query.get('sslmode') ?? 'disable';
  if (mode === 'disable') return false;
  const options: TlsOptions = {};
  for (const [name, option] of [
    ['sslrootcert', 'ca'],
    ['sslcert', 'cert'],
    ['sslkey', 'key'],
  ] as const) {
    const path = query.get(name);
    if (path !== undefined && path !== 'system') options[option] = fileOf(name, path);
  }
  // As libpq: `require` encrypts, and does not look at who answers; `verify-ca` looks at the certificate, not at its name.
  if (mode === 'require' && options.ca === undefined) options.rejectUnauthorized = false;
  if (mode === 'verify-ca' || (mode === 'require' && options.ca !== undefined)) {
    options.checkServerIdentity = () => undefined;
  }
  return options;
}

function queryOf(text: string): ReadonlyMap<ParameterName, string> {
  const query = new Map<ParameterName, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (!Object.hasOwn(parameters, name)) {
      fault(`has the parameter '${name}', which is none of ${Object.keys(parameters).join(', ')}`);
    }
    const values: readonly string[] | undefined = parameters[name as ParameterName];
    if (values?.includes(value) === false) fault(`has ${name}=${value}; it must be one of ${values.join(', ')}`);
    query.set(name as ParameterName, value);
  }
  return query;
}

/** Whether a URL is one of PostgreSQL; anything else is the path of a file. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(?:ql)?:/.test(url);
}

/**
 * Reads `postgres://user:password@host:port,host:port/database?parameters`.
 * @param password taken where the URL has none
 * @param applicationName taken where the URL has none
 * @throws Error that says what is wrong with it, without a subject (`names no user`), and never says a password
 */
export function readDatabaseUrl(url: string, password?: string, applicationName = 'odata'): ConnectionTarget {
  const parts = shape.exec(url)?.groups;
  if (parts === undefined) return fault('is not of the form postgres://user:password@host:port/database');
  const query = queryOf(parts.query ?? '');
  const hosts = parts.hosts === '' ? (query.get('host') ?? 'localhost') : (parts.hosts ?? '');
  const user = decoded(parts.user ?? '');
  if (user === '') fault('names no user');
  return {
    hosts: hosts.startsWith('/') ? [{ host: hosts, port: 5432 }] : hosts.split(',').map(hostOf),
    user,
    password: parts.password === undefined ? password : decoded(parts.password),
    database: decoded(parts.database ?? ''),
    ssl: tlsOf(query),
    session: query.get('target_session_attrs') === 'any' ? 'any' : 'read-write',
    applicationName: query.get('application_name') ?? applicationName,
  };
}
