import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildService, Process } from '../support/process.js';

/** A command, what it is given, what it ends with, and what it says of it. */
type Row = readonly [command: string, given: string, code: number, said: RegExp];

describe('a command ends with', () => {
  const folder = mkdtempSync(join(tmpdir(), 'exit-codes-'));
  async function run(command: string, words: readonly string[], database = 'profiles.sqlite') {
    const one = Process.run([`commands/${command}.js`, ...words], { DATABASE_URL: database }, folder);
    return { code: await one.exit, errors: one.errors };
  }
  beforeAll(async () => {
    buildService();
    await run('import', [resolve('examples/sample.ndjson')]);
    await run('export', ['good.ndjson']);
    await run('backup', ['good.backup']);
    const at = (name: string): string => join(folder, name);
    mkdirSync(at('folder'));
    writeFileSync(at('text'), 'hello, world\n'.repeat(100));
    writeFileSync(at('empty'), '');
    new DatabaseSync(at('foreign.sqlite')).exec('CREATE TABLE t (a)');
    writeFileSync(at('damaged.backup'), readFileSync(at('good.backup')));
    truncateSync(at('damaged.backup'), 4096);
    appendFileSync(at('damaged.backup'), 'no pages '.repeat(10_000));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs all at one time: most of it is starting. */
  async function expectCodes(rows: readonly Row[], database?: string): Promise<void> {
    const ended = await Promise.all(
      rows.map(([command, given]) => run(command, given === '' ? [] : [given], database)),
    );
    for (const [index, { code, errors }] of ended.entries()) {
      const [command, given, expected, said] = rows[index]!;
      expect([command, given, code, errors]).toEqual([command, given, expected, expect.stringMatching(said)]);
      expect(errors).not.toContain('    at ');
    }
  }

  // What root cannot read, or write, either: memory of others, and a device that is always full.
  it.each<[string, readonly Row[]]>([
    [
      'restore',
      [
        ['restore', 'nobody', 66, /^nobody is not there\.\n$/],
        ['restore', 'folder', 66, /^folder is a folder\.\n$/],
        ['restore', '/proc/1/mem', 66, /^\/proc\/1\/mem cannot be read: .*\n$/],
        ['restore', 'text', 65, /^text is no database: .*\n$/],
        ['restore', 'foreign.sqlite', 65, /^foreign\.sqlite is no database of this service\.\n$/],
        ['restore', 'empty', 65, /^empty is no database of this service\.\n$/],
        ['restore', 'damaged.backup', 65, /^damaged\.backup is (?:damaged|no database): .*\n$/],
      ],
    ],
    [
      'import',
      [
        ['import', 'nobody', 66, /^ENOENT: .*'nobody'\n$/],
        ['import', 'folder', 66, /^folder: EISDIR: .*\n$/],
        ['import', '/proc/self/mem', 66, /^\/proc\/self\/mem: EIO: .*\n$/],
        ['import', 'text', 65, /^line 1 is refused: .*\n/],
        ['import', 'foreign.sqlite', 65, /^line 1 is refused: .*\n/],
        ['import', 'empty', 0, /^0 restored, 0 there already, 0 refused\n$/],
        ['import', 'good.ndjson', 0, /^0 restored, 20 there already, 0 refused\n$/],
      ],
    ],
    [
      'export',
      [
        ['export', 'nowhere/file', 66, /^ENOENT: .*'nowhere\/file'\n$/],
        ['export', 'folder', 66, /^EISDIR: .*'folder'\n$/],
        ['export', '/dev/full', 66, /^\/dev\/full: ENOSPC: .*\n$/],
        ['export', 'text', 65, /^The file is there, and is no archive: .*\n$/],
        ['export', 'foreign.sqlite', 65, /^The file is there, and is no archive: .*\n$/],
        ['export', 'good.ndjson', 0, /^0 exported to good\.ndjson\n$/],
      ],
    ],
    [
      'backup',
      [
        ['backup', 'nowhere/file', 66, /^ENOENT: .*'nowhere\/file\.part'\n$/],
        ['backup', 'text/file', 66, /^ENOTDIR: .*'text\/file\.part'\n$/],
        ['backup', 'folder', 66, /^folder is there already\.\n$/],
        ['backup', 'good.backup', 66, /^good\.backup is there already\.\n$/],
        ['backup', 'text', 66, /^text is there already\.\n$/],
      ],
    ],
  ])('what the table says of the file that it is given: %s', async (_, rows) => {
    await expectCodes(rows);
  });

  const looking: readonly [string, string][] = [
    ['history', ''],
    ['export', 'made.ndjson'],
    ['backup', 'made.backup'],
  ];
  const making: readonly [string, string][] = [
    ['migrate', ''],
    ['import', 'good.ndjson'],
    ['restore', 'good.backup'],
  ];

  it.each([
    ['folder', [...looking, ...making], /^folder cannot be (?:made|opened as a database): .*\n$/],
    ['text', [...looking, ...making], /^text cannot be opened as a database: file is not a database.*\n$/],
    [
      'text/file',
      [...looking, ...making],
      /^text\/file (?:cannot be (?:made|opened as a database): .*|is not there\.)\n$/,
    ],
    [
      'foreign.sqlite',
      [...looking, ...making],
      /^foreign\.sqlite is (?:no .* of this service|a .* of another program)\.\n$/,
    ],
    // What makes one makes it there.
    ['nobody', looking, /^nobody (?:cannot be opened as a database: .*|is not there\.)\n$/],
  ])('74 where the database is %s, which stays as it is', async (database, commands, said) => {
    const isFile = statSync(join(folder, database), { throwIfNoEntry: false })?.isFile() === true;
    const content = () => (isFile ? readFileSync(join(folder, database)) : undefined);
    const before = content();
    await expectCodes(
      commands.map(([command, given]): Row => [command, given, 74, said]),
      database,
    );
    expect(content()).toEqual(before);
    expect(readdirSync(folder).filter((name) => /^made|before|\.part$/.test(name))).toEqual([]);
  });
});
