import { Client } from 'pg';
import { StoreUnavailableError } from '../aggregate-store.js';
import type { StoreLogger } from '../store-logger.js';
import { StoreSetupError } from '../store-setup-error.js';
import type { ConnectionTarget } from './connection-target.js';
import type { ConnectionLimits } from './connection-limits.js';

/**
 * What the text of statements means by, whatever a database or a role was set to: a backslash in a text is itself, a double
 * is written with the digits that tell it from every other, `= NULL` is no test for null.
 */
const settingsOfMeaning: Readonly<Record<string, readonly [best: string, ...others: readonly string[]]>> = {
  standard_conforming_strings: ['on'],
  extra_float_digits: ['1', '2', '3'],
  transform_null_equals: ['off'],
};

/** The servers of a database: which of them is asked, and what a session on it is set to. */
export class Hosts {
  #preferred = 0;
  #isWarned = false;

  constructor(
    private readonly target: ConnectionTarget,
    private readonly limits: ConnectionLimits,
    private readonly logger?: StoreLogger,
  ) {}

  /** What is done with the first host where it can be, the last good one first; the first error where it can with none. */
  async toAny<T>(connect: (index: number) => Promise<T>): Promise<T> {
    const { hosts } = this.target;
    let failure: unknown;
    for (let offset = 0; offset < hosts.length; offset++) {
      const index = (this.#preferred + offset) % hosts.length;
      try {
        const connected = await connect(index);
        this.#preferred = index;
        return connected;
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  }

  /**
   * Does work in a session of its own, without bounds of time.
   * @throws StoreUnavailableError where no server could be reached
   */
  async withSession<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.toAny((index) => this.connect(index)).catch((cause: unknown) => {
      throw new StoreUnavailableError(cause as Error);
    });
    // The loss of the connection shows in the statement that waits.
    client.on('error', () => undefined);
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** A connected client of a server that will do. @throws Error where it does not answer, or takes no writes and must */
  async connect(index: number, options: object = {}): Promise<Client> {
    const client = this.#client(index, options);
    const ignore = (): void => undefined;
    client.on('error', ignore);
    try {
      await client.connect();
      if (this.target.session === 'read-write') await this.#checkTakesWrites(client);
    } catch (error) {
      void client.end();
      throw error;
    }
    client.off('error', ignore);
    return client;
  }

  async #checkTakesWrites(client: Client): Promise<void> {
    const { rows } = await client.query<{ read_only: string }>(
      "SELECT current_setting('transaction_read_only') AS read_only",
    );
    if (rows[0]?.read_only !== 'on') return;
    throw new Error(`${client.host}:${client.port} takes no writes: it is a standby, or read-only`);
  }

  #client(index: number, options: object): Client {
    const { hosts, user, password, database, ssl, applicationName } = this.target;
    return new Client({
      ...hosts[index],
      user,
      // Without one pg would look into a file of the home directory.
      password: password ?? '',
      database,
      ssl,
      application_name: applicationName,
      connectionTimeoutMillis: this.limits.connectTimeout,
      keepAlive: true,
      ...options,
    });
  }

  /** Bounds what a session may take; one that is shared must not be set, and is looked at. Old servers lack a setting or two. */
  async boundSession(client: Client): Promise<void> {
    if (this.limits.prepare === false) return this.#checkSession(client);
    const { statementTimeout, transactionTimeout } = this.limits;
    const settings = {
      ...Object.fromEntries(Object.entries(settingsOfMeaning).map(([name, [value]]) => [name, value])),
      statement_timeout: statementTimeout,
      transaction_timeout: transactionTimeout,
      idle_in_transaction_session_timeout: transactionTimeout,
    };
    await client.query(
      `SELECT set_config(known.name, wanted.value, false)
        FROM unnest($1::text[], $2::text[]) AS wanted(name, value) JOIN pg_settings AS known ON known.name = wanted.name`,
      [`{${Object.keys(settings).join(',')}}`, `{${Object.values(settings).join(',')}}`],
    );
  }

  /** @throws StoreSetupError where statements would mean something else than they say */
  async #checkSession(client: Client): Promise<void> {
    const { rows } = await client.query<{ name: string; setting: string }>(
      `SELECT name, setting FROM pg_settings WHERE name = ANY ($1::text[])`,
      [`{${Object.keys(settingsOfMeaning).join(',')},statement_timeout,idle_in_transaction_session_timeout}`],
    );
    const found = new Map(rows.map(({ name, setting }) => [name, setting]));
    const { user } = this.target;
    for (const [name, [best, ...others]] of Object.entries(settingsOfMeaning)) {
      const value = found.get(name);
      if (value === undefined || value === best || others.includes(value)) continue;
      throw new StoreSetupError(
        `With DATABASE_PREPARE=false sessions are taken as they are, and they have ${name}=${value}. Set it on the database user: ALTER ROLE "${user}" SET ${name} = ${best}.`,
      );
    }
    const boundless = [...found].filter(([, value]) => value === '0').map(([name]) => name);
    if (boundless.length === 0 || this.#isWarned) return;
    this.#isWarned = true;
    this.logger?.error(
      { settings: boundless, user },
      'statements have no bound of time in the database: sessions are shared, so set it on the database user with ALTER ROLE',
    );
  }
}
