import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { profilesModel } from '../src/profiles/profiles.model.js';
import { aggregateSet } from '../src/store/aggregate-set.js';
import { answersIn, multipart, multipartAnswers, sendMultipart, statuses } from './support/batches.js';
import { TestApp } from './support/test-app.js';
import { ann, tokenFor } from './support/tokens.js';

const set = 'decoratedProfileConnections';
const connections = aggregateSet(profilesModel.entitySets.get(set)!);

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ BATCH_MEMORY: '8192' });
});
afterAll(() => app.stop());
const exists = async (id: string): Promise<boolean> => (await app.get(`/${set}/${id}`)).status === 200;

/** A multipart batch whose body is written bit by bit. */
function open(): ClientRequest {
  const headers = {
    authorization: `Bearer ${tokenFor(ann)}`,
    'content-type': 'multipart/mixed; boundary=batch_1',
    prefer: 'continue-on-error',
  };
  return request(`${app.root}/$batch`, { method: 'POST', headers });
}

const filled = (id: string) => ({ method: 'POST', url: set, body: { id, profile: { summary: 'x'.repeat(900) } } });
const unfinished = (ids: readonly string[]): string => multipart(ids.map(filled)).replace(/--batch_1--\r\n$/, '');

it('a batch that is larger than what is held is answered while it arrives; a fault in it is the last answer', async () => {
  const sending = open();
  const ids = Array.from({ length: 12 }, (_, at) => `large-${at}`);
  sending.write(unfinished(ids));
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  while (!text.includes('201 Created')) await once(answer, 'data');
  expect(sending.writableEnded).toBe(false);
  sending.end('--batch_1\r\n\r\nnothing\r\n--batch_1--');
  await once(answer, 'end');
  const found = statuses(answersIn(text, answer.headers['content-type']!));
  expect(found).toEqual([...ids.map(() => 201), 400]);
  expect(await exists('large-11')).toBe(true);
});

describe('while another transaction holds what a batch needs', () => {
  /** Holds an id in a transaction that is undone in the end; gives what lets go of it. */
  const hold = async (id: string): Promise<() => Promise<void>> => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<undefined>();
    const { promise: ended, resolve: end } = Promise.withResolvers<undefined>();
    const unit = app.store.atomically(async () => {
      await app.store.insert({ set: connections, tenant: 'contoso', owner: 'ann', id, document: {} });
      begin(undefined);
      await ended;
      throw new Error('undone');
    });
    unit.catch(() => undefined);
    await begun;
    return async () => {
      end(undefined);
      await unit.catch(() => undefined);
    };
  };

  it('others do not see what a change set did before it ends, and are not kept from reading', async () => {
    const release = await hold('held-1');
    const sent = sendMultipart(app, [
      [
        { id: '1', method: 'POST', url: set, body: { id: 'isolated' } },
        { id: '2', ...filled('held-1') },
      ],
    ]);
    expect([await exists('isolated'), await exists('held-1')]).toEqual([false, false]);
    await release();
    expect(statuses(multipartAnswers(await sent))).toEqual([[201, 201]]);
    expect([await exists('isolated'), await exists('held-1')]).toEqual([true, true]);
  });

  it('a client that goes away stops its work between requests, and undoes a change set that is under way', async () => {
    for (const [name, items] of [
      ['single', [filled('single-1'), filled('single-2')]],
      [
        'group',
        [
          [
            { id: '1', ...filled('group-1') },
            { id: '2', ...filled('group-2') },
          ],
        ],
      ],
    ] as const) {
      const release = await hold(`${name}-1`);
      const sending = open();
      sending.on('error', () => undefined);
      sending.end(multipart(items));
      // Long enough for the service to have it, and then to see that nobody is there any more.
      await sleep(300);
      sending.destroy();
      await sleep(300);
      await release();
      // Whatever was under way has ended when a write that came behind it is answered.
      expect((await app.post(`/${set}`, {})).status).toBe(201);
      expect([name, await exists(`${name}-2`)]).toEqual([name, false]);
      if (name === 'group') expect(await exists('group-1')).toBe(false);
    }
  });
});
