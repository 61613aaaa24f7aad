import { expect } from '@jest/globals';
import type { Answer, TestApp } from './test-app.js';

/** What a client of 4.01 says with every request. */
export const v401 = { 'odata-version': '4.01', 'odata-maxversion': '4.01', 'content-type': 'application/json' };

type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>;

/**
 * Requests of a client of 4.01, which no failure of the service goes unnoticed of.
 * @param app the one that is asked, once it has started
 * @returns `ask`, and `does`, of which the request has to succeed
 */
export function asking(app: () => TestApp): { readonly ask: Ask; readonly does: Ask } {
  const ask: Ask = async (method, path, body, headers = v401) => {
    const answer = await app().request(method, path, { ...(body === undefined ? {} : { body }), headers });
    if (answer.status >= 500) throw new Error(answer.text);
    return answer;
  };
  const does: Ask = async (...request) => {
    const answer = await ask(...request);
    expect([answer.status < 300, answer.text]).toEqual([true, answer.text]);
    return answer;
  };
  return { ask, does };
}
