import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase } from '../support/databases.js';
import { buildService, Process } from '../support/process.js';
import { RawClient } from '../support/raw-client.js';
import { ann, bob, testKeys, tokenFor } from '../support/tokens.js';

const set = '/v1.0/decoratedProfileConnections';
const mebibyte = 2 ** 20;

/** What `docs/deploy.md` says that the process has at most, above what it has when it begins to work, in MiB. */
const bounds = { BODY_MEMORY: 48, ANSWER_MEMORY: 16, CONNECTIONS: 400, PAGE_BYTES: 1, ENTITY_BYTES: 1 };
const statements = globalThis.testStore === 'postgres' ? 10 : 9;
const most =
  bounds.BODY_MEMORY +
  bounds.ANSWER_MEMORY +
  bounds.CONNECTIONS / 4 +
  statements * 2 * (bounds.PAGE_BYTES + 2 * bounds.ENTITY_BYTES);
/** What is in the process whatever its clients do, its garbage above all. */
const own = 512;

describe('the memory of the process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'memory-'));
  const clients: RawClient[] = [];
  let database: TestDatabase;
  let running: Process;
  let url: string;
  /** Callers, each with entities that are expensive to answer with: half a megabyte that becomes twenty. */
  const callers = Array.from({ length: 8 }, (_, index) => tokenFor({ ...ann, oid: `hostile ${index}` }));
  const headersOf = (token: string) => ({ authorization: `Bearer ${token}`, 'content-type': 'application/json' });

  beforeAll(async () => {
    buildService();
    database = await testDatabase();
    const inBytes = ['BODY_MEMORY', 'ANSWER_MEMORY', 'PAGE_BYTES', 'ENTITY_BYTES'] as const;
    running = Process.start(
      {
        ...testKeys,
        ...{
          NODE_ENV: 'production',
          DATABASE_URL: database.url,
          STALL_TIMEOUT: '120',
          CONNECTIONS: `${bounds.CONNECTIONS}`,
        },
        ...Object.fromEntries(inBytes.map((name) => [name, `${bounds[name] * mebibyte}`])),
      },
      folder,
    );
    url = await running.url();
    const profile = { recentPositions: Array.from({ length: 40_000 }, () => ({ name: 'x' })) };
    for (const token of callers) {
      const made = await fetch(url + set, {
        method: 'POST',
        headers: headersOf(token),
        body: JSON.stringify({ profile }),
      });
      expect(made.status).toBe(201);
      await made.arrayBuffer();
    }
  });
  afterAll(async () => {
    for (const client of clients) client.leave();
    running.child.kill('SIGKILL');
    await running.exit;
    await database.discard();
    rmSync(folder, { recursive: true });
  });

  async function connect(): Promise<RawClient> {
    const client = await RawClient.connect(url);
    clients.push(client);
    return client;
  }

  it('is bounded, however many do not read, and do not send, what is large; who asks for little is served', async () => {
    for (let round = 0; round < 30; round++) {
      for (const token of callers) {
        const reading = await connect();
        reading.socket.pause();
        reading.send(`GET ${set}?$expand=profile`, { authorization: `Bearer ${token}` });
        if (round > 10) continue;
        const sending = await connect();
        const about = { ...headersOf(token), 'content-length': 1_000_000 };
        sending.send(`POST ${set}`, about, ' '.repeat(900_000));
      }
      const { status } = await fetch(url + set, { headers: headersOf(tokenFor(bob)) });
      expect(status).toBe(200);
    }
    // The rest has been refused, and said so, or has taken more than there is.
    const refused = (): number => running.output.match(/"status":(?:429|503)/g)?.length ?? 0;
    while (refused() < 220 && running.memory().most < own + most) {
      expect((await fetch(url + set, { headers: headersOf(tokenFor(bob)) })).status).toBe(200);
      await sleep(50);
    }
    expect(running.memory().most).toBeLessThan(own + most);
  });
});
