import { h } from '../dom/h.js';
import { beginning, sizeOf, visible } from '../dom/visible.js';
import { codeOf } from '../request/code.js';
import { summaryOf } from '../request/send.js';

/** Headers that say nothing of the answer. */
const unspoken = new Set(['connection', 'keep-alive', 'content-length', 'date', 'x-content-type-options']);

/**
 * Request and answer as they went, without the token.
 * @param {string} root @param {import('../request/send.js').Asked} asked @param {import('../request/send.js').Answer} answer
 * @returns {HTMLElement}
 */
export function exchangeView(root, asked, answer) {
  const size = typeof asked.body === 'string' ? new TextEncoder().encode(asked.body).length : asked.body.size;
  const headers = answer.headers.filter(([name]) => !unspoken.has(name)).map(([name, value]) => `${name}: ${value}`);
  const part = (/** @type {string} */ id, /** @type {string} */ title, /** @type {string} */ text) => [
    h('h2', {}, title),
    h('pre', { id, tabindex: 0, role: 'region', 'aria-label': title }, visible(beginning(text, 20_000))),
  ];
  return h(
    'details',
    { class: 'panel' },
    h('summary', {}, `Request and answer: ${summaryOf(answer)}`),
    ...part('request', `Request${size > 0 ? `, ${sizeOf(size)}` : ''}`, codeOf('http', root, asked)),
    ...part(
      'headers',
      `Answer, ${sizeOf(answer.size)} in ${answer.ms} ms`,
      [`${answer.status} ${answer.statusText}`, ...headers].join('\n'),
    ),
  );
}
