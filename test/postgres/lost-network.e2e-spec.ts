import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { postgresDatabase, type TestDatabase } from '../support/databases.js';
import { buildService, Process } from '../support/process.js';
import { ann, testKeys, tokenFor } from '../support/tokens.js';

const headers = { authorization: `Bearer ${tokenFor(ann)}`, 'content-type': 'application/json' };

/** The network between the service and its database. */
class Network {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isSilent = false;

  constructor(private readonly target: URL) {
    this.#server = createServer((client) => {
      const server = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (chunk) => this.#isSilent || to.write(chunk));
        from.on('error', () => undefined).on('close', () => to.destroy());
      }
    });
  }

  async open(port = 0): Promise<string> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    const url = new URL(this.target);
    url.port = String((this.#server.address() as { port: number }).port);
    return url.href;
  }

  /** Connections break, and no new ones come through. */
  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    await once(this.#server, 'close');
  }

  /** What is sent is lost, and nobody learns of it; or arrives again, on new connections. */
  lose(isSilent: boolean): void {
    this.#isSilent = isSilent;
    if (isSilent) return;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}

describe('a network that is lost', () => {
  let database: TestDatabase;
  let network: Network;
  let running: Process;
  let set: string;
  let port: number;
  beforeAll(async () => {
    buildService();
    database = await postgresDatabase();
    network = new Network(new URL(database.url));
    const url = await network.open();
    port = Number(new URL(url).port);
    const timeouts = { DATABASE_STATEMENT_TIMEOUT: '1', DATABASE_CONNECT_TIMEOUT: '1' };
    running = Process.start({ ...testKeys, NODE_ENV: 'production', DATABASE_URL: url, ...timeouts }, tmpdir());
    set = `${await running.url()}/v1.0/decoratedProfileConnections`;
  });
  afterAll(async () => {
    running.child.kill('SIGKILL');
    await running.exit;
    await network.close();
    await database.discard();
  });

  async function send(method: 'GET' | 'POST'): Promise<number> {
    const answer = await fetch(set, { method, headers, ...(method === 'POST' ? { body: '{}' } : {}) });
    await answer.arrayBuffer();
    return answer.status;
  }

  async function failures(): Promise<readonly string[]> {
    const before = running.output.length;
    const statuses = await Promise.all(Array.from({ length: 40 }, (_, at) => send(at % 2 === 0 ? 'GET' : 'POST')));
    expect(new Set(statuses)).toEqual(new Set([503]));
    return running.output.slice(before).match(/^\{"level":50.*$/gm) ?? [];
  }

  async function recovers(): Promise<void> {
    // Until it is tried again.
    while ((await send('GET')) === 503) await new Promise((resolve) => setTimeout(resolve, 50));
    expect([await send('GET'), await send('POST')]).toEqual([200, 201]);
  }

  it('is in the log with its cause, once for all requests, and over when it is back', async () => {
    expect(await send('POST')).toBe(201);
    await network.close();
    // Later ones may fail of another cause, and a line may come behind the answers.
    const lines = [...(await failures()), ...(await failures()), ...(await failures())];
    expect(lines.length).toBeGreaterThan(0);
    // That the database cannot be reached, and that requests fail of it: each cause once.
    expect(lines.length).toBeLessThanOrEqual(3);
    expect(lines.join('\n')).toMatch(/ECONN(?:REFUSED|RESET)/);
    network = new Network(new URL(database.url));
    await network.open(port);
    await recovers();
    expect(running.output).toContain('the database answers again');
  });

  it('without a word is noticed by the time that statements have', async () => {
    network.lose(true);
    const lines = await failures();
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(3);
    expect(lines.join('\n')).toMatch(/timeout/i);
    network.lose(false);
    await recovers();
  });
});
