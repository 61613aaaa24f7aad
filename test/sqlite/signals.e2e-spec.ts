import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildService, Process } from '../support/process.js';
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
});
