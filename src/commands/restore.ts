import { existsSync, statSync } from 'node:fs';
import { UsageError } from '../exit.js';
import { isStoreOfMany, Progress, restoreFile } from '../odata/tools.js';
import { runCommand } from './command.js';
import { commandEnvironment } from './with-store.js';

await runCommand(
  {
    name: 'restore',
    takes: ['<file>'],
    about:
      'Puts a backup in the place of the SQLite database, which is kept beside it under another name. The service must be\nstopped. Links to changes that were given before answer 410, so that whoever follows them begins again.',
    variables: ['DATABASE_URL'],
  },
  async ({ takes: [source = ''] }) => {
    const { DATABASE_URL: path } = commandEnvironment();
    if (isStoreOfMany(path)) throw new UsageError('PostgreSQL is restored by its own tools: see docs/operations.md.');
    const progress = new Progress();
    const size = existsSync(source) ? statSync(source).size : 0;
    const aside = `${path}.before-${new Date().toISOString().replaceAll(':', '')}`;
    await restoreFile(source, path, aside, (share) =>
      progress.report(Math.round((size * share) / 1e6), 'MB copied', share),
    );
    progress.end(`${source} is restored to ${path}${existsSync(aside) ? `; what was there is in ${aside}` : ''}`);
    return 0;
  },
);
