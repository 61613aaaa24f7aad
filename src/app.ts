import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule, type Domain, profiles, servicePath, storeOptions } from './app.module.js';
import type { Environment } from './config/environment.js';
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
  /** Takes no new connections, finishes what is in flight, then closes the store. */
  close(): Promise<void>;
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
    trustProxy: environment.TRUST_PROXY,
    corsOrigins: environment.CORS_ORIGINS ?? [],
    logger,
    quiet: '/health/',
  });
  const module = AppModule.with(domain, environment, store);
  // What cannot be served is for the caller to say.
  const options = { logger: new NestLogger(logger), abortOnError: false };
  const nest = await NestFactory.create<NestFastifyApplication>(module, server, options);
  const lifecycle = nest.get(Lifecycle);
  return {
    nest,
    store,
    logger,
    listen: async () => {
      await nest.listen(environment.PORT, environment.HOST ?? '0.0.0.0');
      return nest.getUrl();
    },
    close: async () => {
      lifecycle.stopping = true;
      server.stopping = true;
      await nest.close();
      await store.close();
    },
  };
}
