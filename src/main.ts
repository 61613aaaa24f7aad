import { createApp, type App } from './app.js';
import { EnvironmentError, readEnvironment } from './config/read-environment.js';
import { localWelcome } from './ops/local-welcome.js';
import { StoreSetupError } from './store/store-setup-error.js';

/** Exit codes of sysexits.h: the configuration is wrong; the database cannot be used. Anything else is 1. */
const exitCodes = { configuration: 78, store: 74 } as const;

/** Stops once, on the first signal; a process that cannot finish in time ends all the same. */
function stopOnSignals(app: App, timeoutSeconds: number): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    app.logger.info({ signal }, 'stopping');
    setTimeout(() => {
      app.logger.error('requests in flight did not end in time');
      process.exit(1);
    }, timeoutSeconds * 1000).unref();
    app.close().then(
      () => {
        app.logger.info('stopped');
      },
      (error: unknown) => {
        app.logger.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function main(): Promise<void> {
  const { environment, hasLocalKey } = readEnvironment(process.env);
  const app = await createApp(environment);
  stopOnSignals(app, environment.STOP_TIMEOUT);
  const url = await app.listen();
  app.logger.info({ url }, 'serving');
  if (hasLocalKey) process.stdout.write(localWelcome(environment, url));
}

main().catch((error: unknown) => {
  const known = error instanceof EnvironmentError || error instanceof StoreSetupError;
  process.stderr.write(`${known ? error.message : String((error as Error).stack ?? error)}\n`);
  process.exit(error instanceof EnvironmentError ? exitCodes.configuration : known ? exitCodes.store : 1);
});
