import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { buildService, copyService, Process } from '../support/process.js';
import { testKeys } from '../support/tokens.js';

describe('a process that is told to stop', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signals-'));
  beforeAll(() => {
    buildService();
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('by %s stops cleanly: exit code 0, and one file is left', async (signal) => {
    const file = join(folder, `${signal}.sqlite`);
    const running = Process.start({ ...testKeys, NODE_ENV: 'production', DATABASE_URL: file }, folder);
    await running.url();
    running.child.kill(signal);
    expect(await running.exit).toBe(0);
    expect(running.output).toContain(`"signal":"${signal}","msg":"stopping"`);
    expect(running.output).toContain('"msg":"stopped"');
    expect([existsSync(file), existsSync(`${file}-wal`)]).toEqual([true, false]);
  });

  describe('by npm', () => {
    const project = join(folder, 'project');
    beforeAll(() => {
      const sources = ['scripts', 'src', 'nest-cli.json', 'package.json', 'package-lock.json'];
      for (const name of [...sources, 'tsconfig.json', 'tsconfig.build.json'])
        cpSync(name, join(project, name), { recursive: true });
      symlinkSync(resolve('node_modules'), join(project, 'node_modules'));
      copyService(join(project, 'dist'));
      // As a build leaves it.
      writeFileSync(join(project, 'dist', '.built'), '');
    });

    let npm: Process | undefined;
    afterEach(() => {
      npm?.killGroup('SIGKILL');
      npm = undefined;
    });

    it.each(['SIGINT', 'SIGTERM'] as const)('that alone is told ends with it: %s', async (signal) => {
      npm = Process.npm(['start'], { ...testKeys, PORT: '0', HOST: '127.0.0.1' }, project);
      const url = await npm.url();
      npm.child.kill(signal);
      // Its output is closed by the last process that has it.
      await npm.exit;
      await expect(fetch(url)).rejects.toThrow();
      expect(npm.output).toContain(`"signal":"${signal}","msg":"stopping"`);
      expect(npm.output).toContain('"msg":"stopped"');
    });

    it('says behind which line an import has stopped, as a terminal stops it', async () => {
      const lines = join(folder, 'lines');
      execFileSync('mkfifo', [lines]);
      npm = Process.npm(['run', 'import', '--', lines], { DATABASE_URL: join(folder, 'i.sqlite') }, project);
      // Opens once the other side does, which waits for signals by then.
      const writer = await open(lines, 'w');
      // To npm and to the import, which is told once more by npm.
      npm.killGroup('SIGINT');
      await sleep(200);
      npm.child.kill('SIGINT');
      await sleep(200);
      await writer.write('no line\n'.repeat(400));
      await writer.close();
      await npm.exit;
      expect(npm.errors).toContain('Stopped behind line 200. To go on there: --skip 200\n');
    });
  });
});
