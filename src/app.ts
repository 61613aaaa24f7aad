import rateLimit from '@fastify/rate-limit';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule, type Domain, profiles, servicePath } from './app.module.js';
import { counters } from './auth/rate-limits.js';
import type { Environment } from './config/environment.js';
import { storeOptions } from './config/store-options.js';
import { type AggregateStore, ODataServer, openStore } from './odata/index.js';
import { Lifecycle } from './ops/lifecycle.js';
import { createLogger, NestLogger } from './ops/logging.js';

/** A running application. */
export interface App {
  readonly nest: NestFastifyApplication;
  readonly store: AggregateStore;
  readonly logger: Logger;
  /** Serves on the configured host and port; gives the URL. */
  listen(): Promise<string>;
  /**
   * Takes no new connections, finishes what is in flight, then closes the store.
   * @param silence how long a connection must have been silent to be closed without an answer, in milliseconds
   */
  close(silence?: number): Promise<void>;
}

/**
 * Builds the application: the one way for the process, the tests and the benchmarks.
 * @param domain what it serves; the tests serve other models
 * @throws StoreSetupError where the store cannot be opened
 */
export async function createApp(environment: Environment, domain: Domain = profiles): Promise<App> {
  const logger = createLogger(environment.LOG_LEVEL);
  const store = await openStore(domain.model, { ...storeOptions(environment), logger });
  try {
    return await assemble(environment, domain, { logger, store });
  } catch (error) {
    // What was opened would keep the process.
    await store.close();
    throw error;
  }
}

async function assemble(
  environment: Environment,
  domain: Domain,
  { logger, store }: Pick<App, 'logger' | 'store'>,
): Promise<App> {
  const server = new ODataServer({
    path: servicePath,
    bodyLimit: environment.BODY_LIMIT,
    bodyValues: environment.BODY_VALUES,
    bodyMemory: environment.BODY_MEMORY,
    answerMemory: environment.ANSWER_MEMORY,
    connections: environment.CONNECTIONS,
    perAddress: environment.CONNECTIONS_PER_ADDRESS,
    headersTimeout: environment.HEADERS_TIMEOUT,
    requestTimeout: environment.REQUEST_TIMEOUT,
    stallTimeout: environment.STALL_TIMEOUT,
    leastRate: environment.LEAST_RATE,
    trustProxy: environment.TRUST_PROXY,
    corsOrigins: environment.CORS_ORIGINS ?? [],
    logger,
    quiet: '/health/',
  });
  const module = AppModule.with(domain, environment, store);
  // What cannot be served is for the caller to say.
  const options = { logger: new NestLogger(logger), abortOnError: false };
  const nest = await NestFactory.create<NestFastifyApplication>(module, server, options);
  await nest.register(rateLimit, counters);
  const lifecycle = nest.get(Lifecycle);
  return {
    nest,
    store,
    logger,
    listen: async () => {
      await nest.listen(environment.PORT, environment.HOST ?? '0.0.0.0');
      return nest.getUrl();
    },
    close: async (silence = 0) => {
      lifecycle.stopping = true;
      server.silence = silence;
      await nest.close();
      await store.close();
    },
  };
}
