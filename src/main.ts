import { createApp, type App } from './app.js';
import { readEnvironment } from './config/read-environment.js';
import { explain } from './exit.js';
import { localWelcome } from './ops/local-welcome.js';

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
  const { code, text } = explain(error);
  process.stderr.write(`${text}\n`);
  process.exit(code);
});
