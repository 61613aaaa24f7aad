import { runCommand } from './command.js';
import { withStore } from './with-store.js';

await runCommand(
  {
    name: 'migrate',
    about: 'Brings the database to the schema of this release, or makes it; one that has it already is left as it is.',
    variables: ['DATABASE_URL', 'DATABASE_PASSWORD', 'CHANGE_LOG'],
  },
  () =>
    withStore(
      // Opening the store does it.
      () => {
        process.stderr.write("The database has this release's schema.\n");
        return Promise.resolve(0);
      },
      { migrate: true },
    ),
);
