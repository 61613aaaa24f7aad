import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApp, type App } from '../../src/app.js';
import { readEnvironment } from '../../src/config/read-environment.js';
import { PostgresServer } from '../support/postgres-server.js';
import { ann, testKeys, tokenFor } from '../support/tokens.js';

const headers = { authorization: `Bearer ${tokenFor(ann)}`, 'content-type': 'application/json' };

/** The service on a database, for as long as something is done with it. */
async function onDatabase<T>(url: string, work: (root: string) => Promise<T>): Promise<T> {
  const variables = {
    ...testKeys,
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: url,
  };
  const app: App = await createApp(readEnvironment({ ...variables, PUBLIC_URL: 'http://public.example' }).environment);
  try {
    return await work(`${await app.listen()}/v1.0/decoratedProfileConnections`);
  } finally {
    await app.close();
  }
}
const make = async (root: string, ...ids: readonly string[]): Promise<void> => {
  for (const id of ids)
    expect((await fetch(root, { method: 'POST', headers, body: JSON.stringify({ id }) })).status).toBe(201);
};
const idsOf = async (root: string): Promise<string[]> =>
  ((await (await fetch(root, { headers })).json()) as any).value.map(({ id }: { id: string }) => id).sort();
/** Where changes are told from now on. */
async function follow(root: string): Promise<string> {
  const answer: any = await (await fetch(`${root}/delta?$deltatoken=latest`, { headers })).json();
  return answer['@odata.deltaLink'].split('?')[1];
}
const changesAt = (root: string, link: string) => fetch(`${root}/delta?${link}`, { headers });

describe('a PostgreSQL database that was restored', () => {
  const archive = mkdtempSync(join(tmpdir(), 'archive-'));
  // The server of the tests is another user's.
  chmodSync(archive, 0o777);
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start([
      'fsync=off',
      'wal_level=replica',
      'archive_mode=on',
      `archive_command=cp %p ${archive}/%f`,
    ]);
  });
  afterAll(async () => {
    await server.discard();
    rmSync(archive, { recursive: true });
  });

  it('to a point in time has what there was then, and refuses links that were given before', async () => {
    const link = await onDatabase(server.url, async (root) => {
      await make(root, 'before');
      return follow(root);
    });
    const base = await server.backUp();
    await onDatabase(server.url, async (root) => {
      await make(root, 'meanwhile');
      await server.ask("SELECT pg_create_restore_point('noon')");
      await make(root, 'later');
      await server.ask('SELECT pg_switch_wal()');
      const changes: any = await (await changesAt(root, link)).json();
      expect(changes.value.map(({ id }: { id: string }) => id)).toEqual(['meanwhile', 'later']);
    });
    const backup = await base.start('recovery', [
      'recovery_target_name=noon',
      'recovery_target_action=promote',
      'archive_mode=off',
      `restore_command=cp ${archive}/%f %p`,
    ]);
    try {
      await onDatabase(backup.url, async (root) => {
        expect(await idsOf(root)).toEqual(['before', 'meanwhile']);
        expect((await changesAt(root, link)).status).toBe(410);
        const own = await follow(root);
        await make(root, 'anew');
        expect(((await (await changesAt(root, own)).json()) as any).value).toMatchObject([{ id: 'anew' }]);
      });
      // The one that it came from goes on.
      await onDatabase(server.url, async (root) => expect((await changesAt(root, link)).status).toBe(200));
    } finally {
      await backup.discard();
    }
  });

  it('as another database of the server refuses them too', async () => {
    const link = await onDatabase(server.url, follow);
    await server.ask('CREATE DATABASE other TEMPLATE postgres');
    await onDatabase(server.url.replace(/postgres$/, 'other'), async (root) => {
      expect((await changesAt(root, link)).status).toBe(410);
      expect(await idsOf(root)).toContain('before');
    });
  });
});
