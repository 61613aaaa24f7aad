import rateLimit from '@fastify/rate-limit';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule, type Domain, profiles, servicePath } from './app.module.js';
import { counters } from './auth/rate-limits.js';
import type { Environment } from './config/environment.js';
import { storeOptions } from './config/store-options.js';
import { listenAt } from './exit.js';
import { type AggregateStore, isStoreOfMany, ODataServer, openStore } from './odata/index.js';
import { about } from './ops/about.js';
import { Lifecycle } from './ops/lifecycle.js';
import { createLogger, NestLogger } from './ops/logging.js';
import type { Metrics } from './ops/metrics.js';
import { MetricsServer } from './ops/metrics-server.js';
import { type Observer, observers } from './ops/observers.js';
import { loggedTrace, type Tracing } from './ops/tracing.js';
import { watchApp } from './ops/watch-app.js';

/** A running application. */
export interface App {
  readonly nest: NestFastifyApplication;
  readonly store: AggregateStore;
  readonly logger: Logger;
  /** Serves on the configured host and port; gives the URL. @throws AddressError where it cannot */
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
 * @param tracing is told of requests and statements beside the metrics
 * @throws StoreSetupError where the store cannot be opened
 */
export async function createApp(environment: Environment, domain: Domain = profiles, tracing?: Tracing): Promise<App> {
  const logger = createLogger(environment.LOG_LEVEL, tracing === undefined ? undefined : loggedTrace);
  const metrics = environment.METRICS_PORT === undefined ? undefined : await createMetrics(environment);
  const store = await openStore(domain.model, { ...storeOptions(environment), logger });
  const observer = observers(metrics, tracing);
  store.observer = observer;
  try {
    return await assemble(environment, domain, { logger, store, metrics, observer });
  } catch (error) {
    // What was opened would keep the process.
    await store.close();
    throw error;
  }
}

/** What measures is loaded where somebody asks for it. */
async function createMetrics({ DATABASE_URL }: Environment): Promise<Metrics> {
  const { Metrics: Loaded } = await import('./ops/metrics.js');
  const { version, commit = '' } = about;
  return new Loaded({
    version,
    commit,
    node: process.version,
    store: isStoreOfMany(DATABASE_URL) ? 'postgresql' : 'sqlite',
  });
}

/** What the application is made with. */
interface Opened extends Pick<App, 'logger' | 'store'> {
  readonly metrics: Metrics | undefined;
  readonly observer: Observer | undefined;
}

function hostOf({ HOST: host = '0.0.0.0' }: Environment): string {
  return host;
}

/** @throws AddressError where the metrics cannot be told at their port */
async function tellMetrics(server: MetricsServer, environment: Environment, logger: Logger): Promise<void> {
  const at = { host: hostOf(environment), port: environment.METRICS_PORT ?? 0, portVariable: 'METRICS_PORT' };
  logger.info({ url: await listenAt(at, (...address) => server.listen(...address)) }, 'telling metrics');
}

async function assemble(
  environment: Environment,
  domain: Domain,
  { logger, store, metrics, observer }: Opened,
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
    logsPaths: environment.LOG_PATHS,
    observer,
  });
  const module = AppModule.with(domain, environment, store);
  // What cannot be served is for the caller to say.
  const options = { logger: new NestLogger(logger), abortOnError: false };
  const nest = await NestFactory.create<NestFastifyApplication>(module, server, options);
  await nest.register(rateLimit, counters);
  const lifecycle = nest.get(Lifecycle);
  let metricsServer: MetricsServer | undefined;
  return {
    nest,
    store,
    logger,
    listen: async () => {
      if (metrics !== undefined) {
        watchApp(metrics, { nest, store, server, model: domain.model });
        metricsServer = new MetricsServer(metrics, logger);
        await tellMetrics(metricsServer, environment, logger);
      }
      const at = { host: hostOf(environment), port: environment.PORT, portVariable: 'PORT' };
      await listenAt(at, (...address) => nest.listen(...address));
      return nest.getUrl();
    },
    close: async (silence = 0) => {
      lifecycle.stopping = true;
      server.silence = silence;
      await nest.close();
      await store.close();
      await metricsServer?.close();
    },
  };
}
