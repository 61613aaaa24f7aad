import { parseArgs } from 'node:util';
import { exitCodes, UsageError } from '../exit.js';
import { runCommand } from './run-command.js';
import { importArchive, Progress } from '../odata/index.js';

const usage = 'Usage: npm run import -- [--skip <lines>] <file>';

function readArguments(): { readonly path: string; readonly skip: number } {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { skip: { type: 'string' } } });
    const [path, ...others] = positionals;
    const skip = Number(values.skip ?? 0);
    if (path !== undefined && others.length === 0 && Number.isSafeInteger(skip) && skip >= 0) return { path, skip };
  } catch {
    // An option that there is not.
  }
  throw new UsageError(usage);
}

await runCommand(async (context) => {
  const { path, skip } = readArguments();
  const progress = new Progress();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      stop.abort();
    });
  }
  const { restored, present, refused, lines } = await importArchive(context, path, {
    skip,
    progress,
    signal: stop.signal,
    onRefused: (line, reason) => {
      progress.end(`line ${line} is refused: ${reason}`);
    },
  });
  progress.end(`${restored} restored, ${present} there already, ${refused} refused`);
  if (stop.signal.aborted) progress.end(`Stopped behind line ${lines}. To go on there: --skip ${lines}`);
  return refused > 0 ? exitCodes.data : 0;
});
