import { existsSync, statSync } from 'node:fs';
import { UsageError } from '../exit.js';
import { backUpFile, isStoreOfMany, Progress } from '../odata/tools.js';
import { runCommand } from './command.js';
import { commandEnvironment } from './with-store.js';

await runCommand(
  {
    name: 'backup',
    takes: ['<file>'],
    about:
      'Copies the SQLite database into a file that is not there yet, as of one moment and tested, while the service goes on.\nnpm run restore puts it back. PostgreSQL has its own ways: docs/operations.md tells them.',
    variables: ['DATABASE_URL'],
  },
  async ({ takes: [target = ''] }) => {
    const { DATABASE_URL: path } = commandEnvironment();
    if (isStoreOfMany(path)) throw new UsageError('PostgreSQL is backed up by its own tools: see docs/operations.md.');
    const progress = new Progress();
    const size = existsSync(path) ? statSync(path).size : 0;
    await backUpFile(path, target, (share) => progress.report(Math.round((size * share) / 1e6), 'MB copied', share));
    progress.end(`${path} is backed up in ${target}: ${statSync(target).size} bytes`);
    return 0;
  },
);
