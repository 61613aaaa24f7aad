import { setTimeout as sleep } from 'node:timers/promises';
import { createApp, type App } from './app.js';
import { differingVariables } from './config/effective.js';
import { readEnvironment } from './config/read-environment.js';
import { explain } from './exit.js';
import { about } from './ops/about.js';
import { changeLevel } from './ops/logging.js';
import { localWelcome } from './ops/local-welcome.js';
import { isTraced, type Tracing } from './ops/tracing.js';
import { endIn, endNow } from './ops/stopping.js';

/** How long a connection must have been silent to be closed without an answer: who uses it sends the next request sooner. */
const silence = 1000;

/** Stops once, on the first signal; a process that cannot finish in time ends all the same. */
function stopOnSignals(app: App, timeoutSeconds: number): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    app.logger.info({ signal }, 'stopping');
    const timeout = timeoutSeconds * 1000;
    setTimeout(() => {
      app.logger.error('requests in flight did not end in time');
      endNow();
    }, timeout).unref();
    endIn(timeout + 800);
    app.close(Math.min(silence, timeout / 2)).then(
      () => {
        app.logger.info('stopped');
      },
      (error: unknown) => {
        app.logger.error({ err: error }, 'could not stop cleanly');
        process.exitCode = 1;
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** SIGUSR2 has everything logged, and the next one what is configured. */
function changeLevelOnSignal({ logger }: App, configured: string): void {
  process.on('SIGUSR2', () => {
    changeLevel(logger, logger.level === configured ? 'debug' : configured);
  });
}

/** What traces is loaded where somebody asks for traces. */
async function loadTracing(): Promise<Tracing> {
  const { startTracing } = await import('./ops/start-tracing.js');
  return startTracing(process.env);
}

/** How long a stop waits for the last spans to be sent, in milliseconds: a collector that is away is tried for longer. */
const lastTraces = 1000;

/** Spans that were not sent yet are sent when the application has closed; a collector that is away keeps nobody. */
function closingTraces(app: App, { sending }: Tracing): App['close'] {
  return async (silence) => {
    await app.close(silence);
    const late = sleep(lastTraces, undefined, { ref: false }).then(() => Promise.reject(new Error('it took too long')));
    try {
      await Promise.race([sending.stop(), late]);
    } catch (error) {
      app.logger.warn({ reason: (error as Error).message }, 'the last traces could not be sent');
      // What still tries to send them would keep the process.
      setImmediate(() => process.exit());
    }
  };
}

async function main(): Promise<void> {
  const { environment, hasLocalKey, warnings } = readEnvironment(process.env);
  const tracing = isTraced(process.env) ? await loadTracing() : undefined;
  const app = await createApp(environment, undefined, tracing);
  for (const warning of warnings) app.logger.warn(warning);
  tracing?.sending.logTo(app.logger);
  stopOnSignals(tracing === undefined ? app : { ...app, close: closingTraces(app, tracing) }, environment.STOP_TIMEOUT);
  changeLevelOnSignal(app, environment.LOG_LEVEL);
  const url = await app.listen();
  const { store, logger } = app;
  const schema = store.schemaVersion;
  const configuration = differingVariables(environment);
  logger.info({ ...about, node: process.version, schema, configuration, url }, 'serving');
  if (hasLocalKey) process.stdout.write(localWelcome(environment, url));
}

main().catch((error: unknown) => {
  const { code, text } = explain(error);
  process.stderr.write(`${text}\n`);
  process.exit(code);
});
