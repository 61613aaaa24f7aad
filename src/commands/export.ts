import { UsageError } from '../exit.js';
import { runCommand } from './run-command.js';
import { exportArchive, Progress } from '../odata/index.js';

await runCommand(
  async (context) => {
    const [path, ...others] = process.argv.slice(2);
    if (path === undefined || others.length > 0) throw new UsageError('Usage: npm run export -- <file>');
    const progress = new Progress();
    const count = await exportArchive(context, path, progress);
    progress.end(`${count} exported to ${path}`);
    return 0;
    // A file that is not there is not made.
  },
  { migrate: false },
);
