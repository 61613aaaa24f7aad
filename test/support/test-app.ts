import type { Domain } from '../../src/app.module.js';
import { type App, createApp } from '../../src/app.js';
import type { AggregateStore } from '../../src/odata/store/aggregate-store.js';
import { readEnvironment } from '../../src/config/read-environment.js';
import { type TestDatabase, testDatabase } from './databases.js';
import { ann, testKeys, tokenFor } from './tokens.js';

/** An answer, its body parsed where there is one. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: any;
}

/** What a request says beside method and path. */
export interface RequestOptions {
  /** Claims of the token; null sends none. */
  readonly as?: object | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string or bytes as they are. */
  readonly body?: unknown;
  /** Lets the client leave. */
  readonly signal?: AbortSignal | undefined;
}

/** What every application of the tests is told, beside its database. */
export const testVariables = {
  ...testKeys,
  NODE_ENV: 'test',
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_LEVEL: 'silent',
} as const;

/** The real application on a real port, with a database of its own. */
export class TestApp {
  private constructor(
    private readonly app: App,
    private readonly database: TestDatabase,
    readonly url: string,
  ) {}

  static async start(variables: NodeJS.ProcessEnv = {}, domain?: Domain): Promise<TestApp> {
    const database = await testDatabase();
    const { environment } = readEnvironment({
      ...testVariables,
      DATABASE_URL: database.url,
      ...variables,
    });
    const app = await createApp(environment, domain);
    return new TestApp(app, database, await app.listen());
  }

  get store(): AggregateStore {
    return this.app.store;
  }

  /** Something that the application injects. */
  provided<T>(token: abstract new (...parameters: never[]) => T): T {
    return this.app.nest.get(token, { strict: false });
  }

  get root(): string {
    return `${this.url}/v1.0`;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.discard();
  }

  /**
   * Sends a request; the answer is not read yet.
   * @param path behind the service root; one that begins with `http` is used as it is
   */
  fetch(
    method: string,
    path: string,
    { as = ann, headers = {}, body, signal }: RequestOptions = {},
  ): Promise<Response> {
    const raw = typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream;
    return fetch(path.startsWith('http') ? path : `${this.root}${path}`, {
      method,
      ...(signal === undefined ? {} : { signal }),
      headers: {
        // What is compressed, and how, is a test's own to ask.
        'accept-encoding': 'identity',
        ...(as === null ? {} : { authorization: `Bearer ${tokenFor(as)}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
      ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
    });
  }

  /** The same, and reads the answer as text. */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const response = await this.fetch(method, path, options);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text !== '' && isJson ? JSON.parse(text) : undefined,
    };
  }

  get(path: string, options?: RequestOptions): Promise<Answer> {
    return this.request('GET', path, options);
  }

  post(path: string, body: unknown, options?: RequestOptions): Promise<Answer> {
    return this.request('POST', path, { ...options, body });
  }

  patch(path: string, body: unknown, options?: RequestOptions): Promise<Answer> {
    return this.request('PATCH', path, { ...options, body });
  }

  delete(path: string, options?: RequestOptions): Promise<Answer> {
    return this.request('DELETE', path, options);
  }

  /** Creates a connection of Ann's, with the given profile; gives the path of the profile. */
  async profile(properties: object = {}): Promise<string> {
    const { body } = await this.post('/decoratedProfileConnections', { profile: properties });
    return `/decoratedProfileConnections/${body.id as string}/profile`;
  }
}
