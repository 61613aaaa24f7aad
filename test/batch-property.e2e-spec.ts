import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { multipartAnswers, sendJson, sendMultipart, type TestAnswer } from './support/batches.js';
import { TestApp } from './support/test-app.js';

const set = 'decoratedProfileConnections';
const ids = ['a', 'b', 'c'] as const;

/** One request; alone it is sent as it is, in a batch it is a part. */
interface Operation {
  readonly method: string;
  readonly url: string;
  readonly body?: object;
}

/** What a request was answered with, without what differs from one time to the next. */
interface Seen {
  readonly status: number;
  readonly body: unknown;
}

const id = fc.constantFrom(...ids);
// Some values are refused: numbers where text is due.
const text = fc.oneof({ weight: 4, arbitrary: fc.string({ maxLength: 5 }) }, { weight: 1, arbitrary: fc.integer() });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  id.map((key) => ({ method: 'POST', url: set, body: { id: key, relevanceScore: 0.5, profile: { firstName: key } } })),
  fc.tuple(id, text).map(([key, headline]) => ({ method: 'PATCH', url: `${set}/${key}/profile`, body: { headline } })),
  fc.tuple(id, fc.double({ noNaN: true, noDefaultInfinity: true })).map(([key, relevanceScore]) => ({
    method: 'PATCH',
    url: `${set}/${key}`,
    body: { relevanceScore },
  })),
  id.map((key) => ({ method: 'DELETE', url: `${set}/${key}` })),
  id.map((key) => ({ method: 'PUT', url: `${set}/${key}/profile`, body: { lastName: key } })),
);
const read: fc.Arbitrary<Operation> = fc.oneof(
  id.map((key) => ({ method: 'GET', url: `${set}/${key}?$expand=profile` })),
  fc.constant({ method: 'GET', url: `${set}?$orderby=id&$expand=profile` }),
);
/** A request alone, or a group of them. */
const item = fc.oneof(operation, read, fc.array(operation, { minLength: 1, maxLength: 4 }));
const batch = fc.array(item, { minLength: 1, maxLength: 6 });

/** Without the marks of time and chance: versions, ids that the service makes, hosts. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Object)) return value;
  const kept = Object.entries(value).filter(([name]) => !/etag|context|innerError/.test(name));
  return Object.fromEntries(
    kept.map(([name, inner]) => [name, name === 'id' && !ids.includes(inner as never) ? 'made' : plain(inner)]),
  );
}

/** Runs items one request after the other, each on its own: what a batch must amount to. */
class OneByOne {
  constructor(private readonly app: TestApp) {}

  async run(items: readonly (Operation | readonly Operation[])[], goesOn: boolean): Promise<(Seen | Seen[])[]> {
    const seen: (Seen | Seen[])[] = [];
    for (const one of items) {
      const outcome = 'method' in one ? await this.#send(one) : await this.#together(one);
      seen.push(outcome);
      if (!goesOn && !Array.isArray(outcome) && outcome.status >= 400) break;
    }
    return seen;
  }

  async #send({ method, url, body }: Operation): Promise<Seen> {
    const answer = await this.app.request(method, `/${url}`, { body });
    return { status: answer.status, body: plain(answer.body) };
  }

  /** Undoes by hand what a transaction undoes. */
  async #together(operations: readonly Operation[]): Promise<Seen | Seen[]> {
    const before = (await this.app.get(`/${set}?$expand=profile`)).body.value as { id: string; profile: object | null }[];
    const seen: Seen[] = [];
    for (const one of operations) {
      const outcome = await this.#send(one);
      if (outcome.status < 400) {
        seen.push(outcome);
        continue;
      }
      for (const key of ids) await this.app.delete(`/${set}/${key}`);
      for (const { profile, ...entity } of before) {
        await this.app.post(`/${set}`, profile === null ? entity : { ...entity, profile });
      }
      return outcome;
    }
    return seen;
  }

  async state(): Promise<unknown> {
    return plain((await this.app.get(`/${set}?$orderby=id&$expand=profile`)).body.value);
  }

  async clear(): Promise<void> {
    for (const key of ids) await this.app.delete(`/${set}/${key}`);
  }
}

describe('any batch', () => {
  let app: TestApp;
  let other: TestApp;
  beforeAll(async () => {
    [app, other] = await Promise.all([TestApp.start(), TestApp.start()]);
  });
  afterAll(() => Promise.all([app.stop(), other.stop()]));

  /** Compares a batch with its requests one by one: the answers, and what is there in the end. */
  const compare = (
    send: (items: readonly (Operation | readonly Operation[])[], goesOn: boolean) => Promise<(Seen | Seen[])[]>,
    goesOn: fc.Arbitrary<boolean>,
  ) =>
    fc.assert(
      fc.asyncProperty(batch, goesOn, async (items, continues) => {
        const oracle = new OneByOne(other);
        await Promise.all([oracle.clear(), new OneByOne(app).clear()]);
        const expected = await oracle.run(items, continues);
        expect(await send(items, continues)).toEqual(expected);
        expect(await new OneByOne(app).state()).toEqual(await oracle.state());
      }),
      { numRuns: 40 },
    );

  it('[B8.1] [B8.2] in multipart amounts to its requests one by one, groups undone that fail', async () => {
    const seen = ({ status, body }: TestAnswer): Seen => ({ status, body: plain(body) });
    await compare(async (items, continues) => {
      let next = 0;
      const numbered = items.map((one) =>
        'method' in one ? one : one.map((inner) => ({ ...inner, id: String(++next) })),
      );
      const headers = continues ? { prefer: 'continue-on-error' } : {};
      const answers = multipartAnswers(await sendMultipart(app, numbered, { headers }));
      return answers.map((answer) => (Array.isArray(answer) ? answer.map(seen) : seen(answer)));
    }, fc.boolean());
  });

  it('[B8.7] [B8.9] in JSON amounts to its requests one by one, where each waits for the one before', async () => {
    await compare(async (items) => {
      let previous: string | undefined;
      const requests = items.flatMap((one, at) => {
        const after =
          previous === undefined ? {} : { dependsOn: [previous], if: `$${previous}/$succeeded in (true,false)` };
        previous = `i${at}`;
        if ('method' in one) return [{ id: previous, ...after, ...one }];
        return one.map((inner, index) => ({ id: `i${at}-${index}`, atomicityGroup: `i${at}`, ...after, ...inner }));
      });
      const { responses } = (await sendJson(app, requests)).body as {
        responses: { id: string; status: number; body: unknown }[];
      };
      return items.map((one, at) => {
        const found = (name: string): Seen => {
          const { status, body } = responses.find((response) => response.id === name)!;
          return { status, body: plain(body) };
        };
        if ('method' in one) return found(`i${at}`);
        const all = one.map((_, index) => found(`i${at}-${index}`));
        const failed = all.filter(({ status }) => status >= 400);
        if (failed.length === 0) return all;
        expect(failed.filter(({ status }) => status === 424)).toHaveLength(all.length - 1);
        return failed.find(({ status }) => status !== 424)!;
      });
    }, fc.constant(true));
  });
});
