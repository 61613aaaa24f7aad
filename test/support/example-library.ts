import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import jwt from 'jsonwebtoken';
import { LibraryModule, path } from '../../examples/library/library.module.js';
import { ODataServer } from '../../src/odata/index.js';
import type { Answer, RequestOptions } from './test-app.js';

const secret = 'the secret of the library in tests';

/** The scope of a token; null sends none, and a whole header is sent as it is. */
export interface LibraryRequest extends Pick<RequestOptions, 'headers' | 'body'> {
  readonly scope?: string | null;
  readonly authorization?: string;
}

/** The example on a real port, as its `main.ts` starts it. */
export class ExampleLibrary {
  private constructor(
    private readonly nest: NestFastifyApplication,
    readonly root: string,
  ) {}

  /** @param url of the database */
  static async start(url: string): Promise<ExampleLibrary> {
    const options = { logger: false, abortOnError: false } as const;
    const module = LibraryModule.with({ url, secret });
    const nest = await NestFactory.create<NestFastifyApplication>(module, new ODataServer({ path }), options);
    await nest.listen(0, '127.0.0.1');
    return new ExampleLibrary(nest, `${await nest.getUrl()}${path}`);
  }

  /** A token of its guard. */
  token(scope = 'Library.Write'): string {
    return jwt.sign({ sub: 'ann', scope }, secret);
  }

  stop(): Promise<void> {
    return this.nest.close();
  }

  async request(
    method: string,
    path: string,
    { scope = 'Library.Write', authorization, headers = {}, body }: LibraryRequest = {},
  ): Promise<Answer> {
    const token = scope === null ? undefined : `Bearer ${this.token(scope)}`;
    const credentials = authorization ?? token;
    const response = await fetch(`${this.root}${path}`, {
      method,
      headers: {
        ...(credentials === undefined ? {} : { authorization: credentials }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
    const parsed: unknown = text !== '' && isJson ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, body: parsed };
  }
}
