import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, TestApp } from '../support/test-app.js';
import { ann, bob } from '../support/tokens.js';

const set = '/decoratedProfileConnections';
const room = 65_536;
const later = { prefer: 'respond-async' };

describe('results of asynchronous requests', () => {
  let app: TestApp;
  afterEach(() => app.stop());

  async function start(variables: NodeJS.ProcessEnv): Promise<void> {
    app = await TestApp.start(variables);
    await app.post(set, { id: 'a', profile: { skills: Array.from({ length: 2000 }, (_, at) => `skill ${at}`) } });
  }

  const ask = (as: object): Promise<Answer> => app.get(`${set}?$expand=profile`, { as, headers: later });

  async function finished({ headers }: Answer, as: object): Promise<Answer> {
    const monitor = headers.get('location')!;
    let answer = await app.get(monitor, { as });
    while (answer.status === 202) {
      await sleep(20);
      answer = await app.get(monitor, { as });
    }
    return answer;
  }

  /** Asks until it is refused. @returns how many results are kept, and the refusal */
  async function askUntilRefused(as: object): Promise<{ readonly kept: number; readonly refusal: Answer }> {
    for (let kept = 0; kept < 20; kept++) {
      const answer = await ask(as);
      if (answer.status !== 202) return { kept, refusal: answer };
      expect(await finished(answer, as)).toMatchObject({ status: 200 });
    }
    throw new Error('Nothing was refused');
  }

  it('fill the room of their caller, and not that of others', async () => {
    await start({ ASYNC_RESULT_BYTES_PER_CALLER: String(room) });
    const { kept, refusal } = await askUntilRefused(ann);
    expect(refusal).toMatchObject({ status: 429, body: { error: { innerError: { code: 'tooManyResults' } } } });
    expect(refusal.headers.get('retry-after')).toBe('60');
    // Each has more than 20 kB.
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(5);
    expect(await ask(bob)).toMatchObject({ status: 202 });
  });

  it('fill the room of all', async () => {
    await start({ ASYNC_RESULT_BYTES: String(room) });
    await askUntilRefused(ann);
    expect(await ask(bob)).toMatchObject({
      status: 507,
      body: { error: { code: 'insufficientStorage', innerError: { code: 'noRoomForResults' } } },
    });
    // Nothing else needs that room.
    expect(await app.get(set, { as: bob })).toMatchObject({ status: 200 });
  });
});
