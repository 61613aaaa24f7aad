import { runCommand } from './run-command.js';

// Opening the store does it.
await runCommand(
  () => {
    process.stderr.write("The database has this release's schema.\n");
    return Promise.resolve(0);
  },
  { migrate: true },
);
