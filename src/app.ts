import compress, { type FastifyCompressOptions } from '@fastify/compress';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { AppModule, type Domain, openStore, profiles } from './app.module.js';
import type { Environment } from './config/environment.js';
import { RouteTable } from './odata/http/route-table.js';
import { createServer } from './odata/http/server.js';
import { ChangeRetention } from './odata/operations/change-retention.js';
import { Lifecycle } from './ops/lifecycle.js';
import { createLogger, NestLogger } from './ops/logging.js';
import type { AggregateStore } from './odata/store/aggregate-store.js';

/**
 * Answers are compressed for clients that ask for it, where it pays. Bodies of requests are inflated elsewhere, where
 * what they become is bounded.
 */
const compression: FastifyCompressOptions = {
  encodings: ['gzip', 'identity'],
  threshold: 1024,
  globalDecompression: false,
};

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
 * @param domain what it serves; the tests serve a second model
 * @throws StoreSetupError where the store cannot be opened
 */
export async function createApp(environment: Environment, domain: Domain = profiles): Promise<App> {
  const logger = createLogger(environment.LOG_LEVEL);
  const store = await openStore(environment, domain, { logger });
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
  const server = createServer(environment, logger);
  const instance = server.getInstance<FastifyInstance>();
  const routes = new RouteTable(instance);
  const nest = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(domain, { environment, store, routes }),
    server,
    { logger: new NestLogger(logger), bodyParser: false },
  );
  await nest.register(compress, compression);
  const sets = [...domain.model.entitySets.keys(), ...domain.model.singletons.keys()];
  const retention = new ChangeRetention({ store, sets, retention: environment.CHANGE_RETENTION }, logger);
  const lifecycle = nest.get(Lifecycle);
  instance.addHook('onSend', (_request, reply, payload, done) => {
    // A client that keeps its connection open would keep the process from stopping.
    if (lifecycle.stopping) reply.header('connection', 'close');
    done(null, payload);
  });
  return {
    nest,
    store,
    logger,
    listen: async () => {
      retention.start();
      await nest.listen(environment.PORT, environment.HOST ?? '0.0.0.0');
      return nest.getUrl();
    },
    close: async () => {
      lifecycle.stopping = true;
      await nest.close();
      await retention.stop();
      await store.close();
    },
  };
}
