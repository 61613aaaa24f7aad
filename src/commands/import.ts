import { exitCodes, UsageError } from '../exit.js';
import { importArchive, Progress } from '../odata/tools.js';
import { runCommand } from './command.js';
import { type CommandContext, withStore } from './with-store.js';

/** @throws UsageError */
function readSkip(text = '0'): number {
  const skip = Number(text);
  if (Number.isSafeInteger(skip) && skip >= 0) return skip;
  throw new UsageError('--skip takes a number of lines.');
}

/** How long more of a signal means the same one, in milliseconds: npm hands on what a terminal has sent to both. */
const sameSignal = 1000;

/** Is aborted by SIGINT and SIGTERM; who sends another one does not want to wait, and ends the process. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const stop = (): void => {
    controller.abort();
    setTimeout(() => {
      for (const signal of signals) process.off(signal, stop);
    }, sameSignal).unref();
  };
  for (const signal of signals) process.on(signal, stop);
  return controller.signal;
}

async function importFile(context: CommandContext, path: string, skip: number): Promise<number> {
  const progress = new Progress();
  const signal = stopSignal();
  const { restored, present, refused, lines } = await importArchive(context, path, {
    skip,
    progress,
    signal,
    onRefused: (line, reason) => {
      progress.end(`line ${line} is refused: ${reason}`);
    },
  });
  progress.end(`${restored} restored, ${present} there already, ${refused} refused`);
  if (signal.aborted) progress.end(`Stopped behind line ${lines}. To go on there: --skip ${lines}`);
  return refused > 0 ? exitCodes.data : 0;
}

await runCommand(
  {
    name: 'import',
    takes: ['<file>'],
    about:
      'Takes the entities of an archive, which npm run export wrote, into the store. What is there in the same version is\npassed over; a line that is refused is told, and the others are taken.',
    options: { skip: { value: '<lines>', about: 'lines at the beginning that an earlier import has done' } },
    variables: ['DATABASE_URL', 'DATABASE_PASSWORD', 'DATABASE_MIGRATE', 'CHANGE_LOG'],
  },
  ({ takes: [path = ''], options }) => {
    const skip = readSkip(options.skip);
    return withStore((context) => importFile(context, path, skip));
  },
);
