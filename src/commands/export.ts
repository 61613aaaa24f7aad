import { exportArchive, Progress } from '../odata/tools.js';
import { runCommand } from './command.js';
import { withStore } from './with-store.js';

await runCommand(
  {
    name: 'export',
    takes: ['<file>'],
    about:
      'Writes every entity of the store to a file, a line of JSON each. A file of an export that was cut off is continued.',
    variables: ['DATABASE_URL', 'DATABASE_PASSWORD'],
  },
  ({ takes: [path = ''] }) =>
    withStore(
      async (context) => {
        const progress = new Progress();
        const count = await exportArchive(context, path, progress);
        progress.end(`${count} exported to ${path}`);
        return 0;
        // A file that is not there is not made.
      },
      { migrate: false },
    ),
);
