import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { buildService, Process } from '../support/process.js';
import { ann, testKeys, tokenFor } from '../support/tokens.js';

const headers = { authorization: `Bearer ${tokenFor(ann)}`, 'content-type': 'application/json' };
const mebibyte = 2 ** 20;

/** A disk of its own, where this user may mount one; else a process that may write no files larger than that. */
class SmallDisk {
  readonly folder = mkdtempSync(join(tmpdir(), 'disk-'));
  readonly #isMounted: boolean;

  constructor() {
    this.#isMounted = process.getuid?.() === 0 && this.#mount('size=3m');
  }

  #mount(options: string): boolean {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', this.folder], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }

  /** Has no more room than this for a process, in MiB. */
  bound(size: number, pid: number): void {
    if (this.#isMounted) this.#mount(`remount,size=${size}m`);
    else execFileSync('prlimit', ['--pid', `${pid}`, `--fsize=${size * mebibyte}:`]);
  }

  makeReadOnly(isReadOnly: boolean): void {
    if (this.#isMounted) this.#mount(isReadOnly ? 'remount,ro' : 'remount,rw');
    else execFileSync('chmod', ['-R', isReadOnly ? 'a-w' : 'u+w', this.folder]);
  }

  discard(): void {
    if (this.#isMounted) execFileSync('umount', ['-l', this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('a disk that fails', () => {
  let disk: SmallDisk;
  let running: Process;
  beforeAll(buildService);
  beforeEach(() => {
    disk = new SmallDisk();
    mkdirSync(join(disk.folder, 'data'));
  });
  afterEach(async () => {
    running.child.kill('SIGKILL');
    await running.exit;
    disk.discard();
  });

  function start(): Promise<string> {
    const variables = { NODE_ENV: 'production', DATABASE_URL: join(disk.folder, 'data', 'p.sqlite') };
    running = Process.start({ ...testKeys, ...variables }, tmpdir());
    return running.url().then((url) => `${url}/v1.0/decoratedProfileConnections`);
  }

  const summary = 'x'.repeat(1500);
  async function post(set: string): Promise<number> {
    const profile = { summary, recentPositions: Array.from({ length: 20 }, () => ({ description: summary })) };
    const answer = await fetch(set, { method: 'POST', headers, body: JSON.stringify({ profile }) });
    await answer.arrayBuffer();
    return answer.status;
  }

  const logged = (): readonly string[] => running.output.match(/^\{"level":50.*$/gm) ?? [];

  it('because it is full is in the log once, and goes on when there is room again', async () => {
    const set = await start();
    disk.bound(3, running.child.pid ?? 0);
    let status = 201;
    while (status === 201) status = await post(set);
    expect(status).toBe(503);
    const refused = await Promise.all(Array.from({ length: 30 }, () => post(set)));
    expect(new Set(refused)).toEqual(new Set([503]));
    // A group in a batch fails of the same.
    const request = { id: '1', atomicityGroup: 'g', method: 'POST', url: '/decoratedProfileConnections' };
    const body = JSON.stringify({ requests: [{ ...request, body: { profile: { summary } } }] });
    for (let sent = 0; sent < 20; sent++)
      expect((await fetch(set.replace(/\w+$/, '$batch'), { method: 'POST', headers, body })).status).toBe(200);
    expect((await fetch(set, { headers })).status).toBe(200);
    expect(logged()).toEqual([
      expect.stringMatching(/SQLite: (?:database or disk is full \(13\)|disk I\/O error \(10\))/),
    ]);
    disk.bound(64, running.child.pid ?? 0);
    expect(await post(set)).toBe(201);
  });

  it('because it is read-only is told at the start, with its cause', async () => {
    await start();
    running.child.kill('SIGTERM');
    await running.exit;
    disk.makeReadOnly(true);
    await expect(start()).rejects.toThrow(/p\.sqlite/);
    expect(await running.exit).toBe(74);
    expect(running.errors).toMatch(/read-?only|EROFS|permission|EACCES/i);
    expect(running.errors.trim().split('\n')).toHaveLength(1);
    disk.makeReadOnly(false);
    expect(await post(await start())).toBe(201);
  });
});
