import { setTimeout as sleep } from 'node:timers/promises';
import { ann, tokenFor } from './tokens.js';

const set = '/v1.0/decoratedProfileConnections';

/** Text properties of a profile, one for each client of plain updates. */
const properties = ['firstName', 'lastName', 'headline', 'summary', 'industryName'] as const;

/** What became of a write: done, refused by its condition, or nobody knows. */
type Outcome = 'done' | 'refused' | 'unknown';

/** A list that clients append to by compare-and-set, and what they were told. */
interface Appended {
  readonly acknowledged: Set<string>;
  readonly unknown: Set<string>;
}

/**
 * Many clients on few profiles. Some append to a list: they read it with its ETag and write it back under `If-Match`.
 * Others write one property each, again and again, without any condition. What was acknowledged is counted, so that it
 * can be compared with what is stored.
 */
export class CountingLoad {
  readonly #stop = new AbortController();
  readonly #lists = new Map<string, Appended>();
  /** Of each property: the last value that was acknowledged, and the last that was sent. */
  readonly #counters = new Map<string, { acknowledged: number; sent: number }>();
  readonly #clients: Promise<void>[] = [];
  refused = 0;

  /** @param urls of the processes; a client that one does not answer goes to the next */
  constructor(
    private readonly urls: readonly string[],
    private readonly profiles: readonly string[],
  ) {}

  get acknowledged(): number {
    const appended = [...this.#lists.values()].reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
    return [...this.#counters.values()].reduce((sum, { acknowledged }) => sum + acknowledged, appended);
  }

  async start(appenders: number): Promise<void> {
    for (const id of this.profiles) {
      await this.#request(this.urls[0]!, 'POST', '', { body: { id, profile: {} } });
      this.#lists.set(id, { acknowledged: new Set(), unknown: new Set() });
      for (const property of properties) {
        this.#counters.set(`${id}/${property}`, { acknowledged: 0, sent: 0 });
        this.#clients.push(this.#write(id, property));
      }
    }
    for (let client = 0; client < appenders; client++) {
      this.#clients.push(this.#append(this.profiles[client % this.profiles.length]!, client));
    }
  }

  /** Waits until the clients have come so far. */
  async until(reached: (load: this) => boolean): Promise<void> {
    while (!reached(this)) await sleep(20);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#clients);
  }

  /** What was acknowledged of each property until now. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counters].map(([name, { acknowledged }]) => [name, acknowledged]));
  }

  /** What is stored of each property. */
  async stored(url: string): Promise<Readonly<Record<string, number>>> {
    const found: Record<string, number> = {};
    for (const id of this.profiles) {
      const { body } = await this.#request(url, 'GET', `/${id}/profile`);
      for (const property of properties) found[`${id}/${property}`] = Number(body[property] ?? 0);
    }
    return found;
  }

  /** Compares what is stored with what was acknowledged; gives every difference, none where all is well. */
  async differences(url: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (const id of this.profiles) {
      const { body } = await this.#request(url, 'GET', `/${id}/profile`);
      const skills: string[] = body.skills;
      const { acknowledged, unknown } = this.#lists.get(id)!;
      if (new Set(skills).size < skills.length) found.push(`${id}: an item stands twice`);
      for (const item of acknowledged) if (!skills.includes(item)) found.push(`${id}: ${item} is lost`);
      for (const item of skills) {
        if (!acknowledged.has(item) && !unknown.has(item)) found.push(`${id}: ${item} was refused, and is stored`);
      }
      for (const property of properties) {
        const counter = this.#counters.get(`${id}/${property}`)!;
        const stored = Number(body[property] ?? 0);
        if (stored < counter.acknowledged || stored > counter.sent) {
          found.push(`${id}/${property}: stored ${stored}, acknowledged ${counter.acknowledged}, sent ${counter.sent}`);
        }
      }
    }
    return found;
  }

  async #append(id: string, client: number): Promise<void> {
    const { acknowledged, unknown } = this.#lists.get(id)!;
    for (let turn = 0; !this.#stop.signal.aborted; turn++) {
      const url = this.urls[(client + turn) % this.urls.length]!;
      const { status, body, etag } = await this.#request(url, 'GET', `/${id}/profile?$select=skills`);
      if (status !== 200) {
        await sleep(50);
        continue;
      }
      const item = `${client}-${turn}`;
      const outcome = await this.#patch(url, id, { skills: [...body.skills, item] }, { 'if-match': etag! });
      if (outcome === 'done') acknowledged.add(item);
      else if (outcome === 'unknown') unknown.add(item);
      else this.refused += 1;
    }
  }

  async #write(id: string, property: string): Promise<void> {
    const counter = this.#counters.get(`${id}/${property}`)!;
    for (let turn = properties.indexOf(property as never); !this.#stop.signal.aborted; turn++) {
      const url = this.urls[turn % this.urls.length]!;
      const value = ++counter.sent;
      const outcome = await this.#patch(url, id, { [property]: String(value) });
      if (outcome === 'done') counter.acknowledged = value;
      else await sleep(50);
    }
  }

  async #patch(url: string, id: string, body: object, headers: Record<string, string> = {}): Promise<Outcome> {
    const { status } = await this.#request(url, 'PATCH', `/${id}/profile`, { body, headers });
    if (status === 200) return 'done';
    if (status === 412) return 'refused';
    if (status === undefined || status === 503) return 'unknown';
    throw new Error(`PATCH is answered with ${status}`);
  }

  async #request(
    url: string,
    method: string,
    path: string,
    { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
  ): Promise<{ status: number | undefined; body: any; etag: string | null }> {
    try {
      const response = await fetch(url + set + path, {
        method,
        headers: {
          authorization: `Bearer ${tokenFor(ann)}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        body: text === '' ? undefined : JSON.parse(text),
        etag: response.headers.get('etag'),
      };
    } catch {
      return { status: undefined, body: undefined, etag: null };
    }
  }
}
