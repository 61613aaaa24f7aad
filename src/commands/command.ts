import { parseArgs } from 'node:util';
import { explain, UsageError } from '../exit.js';

/** An option that takes a value. */
interface CommandOption {
  /** What the value is called, `<file>`. */
  readonly value: string;
  readonly about: string;
}

/** What a command says of itself; what it takes is read by it. */
export interface CommandDescription {
  /** As it is started: `npm run <name> -- …`. */
  readonly name: string;
  /** Its arguments in their order, each required. */
  readonly takes?: readonly string[];
  /** What it does, in a few lines. */
  readonly about: string;
  readonly options?: Readonly<Record<string, CommandOption>>;
  /** Variables of the environment that matter to it. */
  readonly variables?: readonly string[];
}

/** What a command was given. */
export interface Given {
  readonly options: Readonly<Record<string, string | undefined>>;
  /** As many as it takes. */
  readonly takes: readonly string[];
}

function usageOf({ name, takes = [], options = {} }: CommandDescription): string {
  const optional = Object.entries(options).map(([option, { value }]) => `[--${option} ${value}]`);
  return ['Usage: npm run', name, '--', ...optional, ...takes].join(' ').replace(/ --$/, '');
}

function helpOf(description: CommandDescription): string {
  const { about, options = {}, variables = [] } = description;
  const rows = Object.entries(options).map(([name, option]) => [`--${name} ${option.value}`, option.about] as const);
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
  const told = variables.length === 0 ? [] : [`Variables: ${variables.join(', ')}; docs/configuration.md tells them.`];
  return [about, '', usageOf(description), ...lines, ...told, ''].join('\n');
}

/** @throws UsageError that says what was not understood, and what would be */
function readArguments(description: CommandDescription, words: readonly string[]): Given {
  const { takes = [], options = {} } = description;
  const said = Object.fromEntries(Object.keys(options).map((name) => [name, { type: 'string' } as const]));
  const wrong = (what: string): UsageError => new UsageError(`${what}\n${usageOf(description)}`);
  try {
    const { values, positionals } = parseArgs({ args: [...words], options: said, allowPositionals: true });
    if (positionals.length !== takes.length)
      throw wrong(`${takes.length === 0 ? 'No argument' : takes.join(' ')} is expected.`);
    return { options: values, takes: positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw wrong((error as Error).message.split('. ', 1)[0] ?? '');
  }
}

/**
 * Runs a command, and sets the code that the process ends with; `--help` says what it does and does nothing.
 * @param work gives the exit code
 */
export async function runCommand(
  description: CommandDescription,
  work: (given: Given) => number | Promise<number>,
): Promise<void> {
  const words = process.argv.slice(2);
  if (words.includes('--help') || words.includes('-h')) {
    process.stdout.write(helpOf(description));
    return;
  }
  try {
    process.exitCode = await work(readArguments(description, words));
  } catch (error) {
    const { code, text } = explain(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = code;
  }
}
