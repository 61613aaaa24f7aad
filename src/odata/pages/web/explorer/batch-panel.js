import { button, h } from '../dom/h.js';
import { visible } from '../dom/visible.js';
import { batchOf, partsOfBatch } from '../request/batch.js';
import { summaryOf } from '../request/send.js';
import { JsonView } from '../result/json-view.js';

/**
 * Requests that are sent together.
 * @typedef {import('../request/send.js').Asked} Asked
 * @typedef {import('../request/send.js').Answer} Answer
 */
export class BatchPanel {
  /** @type {{ asked: Asked, mark: HTMLInputElement, row: HTMLElement }[]} */
  #collected = [];
  #list = h('ol');
  #together = h('input', { type: 'checkbox' });
  #answers = h('div', { 'aria-live': 'polite' });
  #title = h('summary');

  /** @param {(asked: Asked) => Promise<Answer>} send */
  constructor(send) {
    this.send = send;
    this.element = h(
      'details',
      { class: 'panel', id: 'batch' },
      this.#title,
      this.#list,
      h('p', { class: 'field' }, h('label', { class: 'check' }, this.#together, ' All changes or none')),
      button('Send the marked', () => void this.#send()),
      this.#answers,
    );
    this.#show();
  }

  /** @param {Asked} asked */
  add(asked) {
    const mark = h('input', { type: 'checkbox', checked: true });
    const remove = button(
      'Remove',
      () => {
        this.#collected = this.#collected.filter((one) => one !== entry);
        row.remove();
        this.#show();
      },
      { class: 'plain', 'aria-label': `Remove ${asked.method} ${visible(asked.query)}` },
    );
    const row = h(
      'li',
      {},
      h('label', { class: 'check' }, mark, ' ', h('code', {}, `${asked.method} ${visible(asked.query)}`)),
      ' ',
      remove,
    );
    const entry = { asked, mark, row };
    this.#collected.push(entry);
    this.#list.append(row);
    this.#show();
  }

  #show() {
    const { length } = this.#collected;
    this.#title.textContent =
      length === 0 ? 'Batch: nothing in it' : `Batch: ${length} ${length === 1 ? 'request' : 'requests'}`;
  }

  async #send() {
    const marked = this.#collected.filter(({ mark }) => mark.checked).map(({ asked }) => asked);
    if (marked.length === 0) return this.#answers.replaceChildren('Nothing is marked.');
    const answer = await this.send(await batchOf(marked, this.#together.checked));
    const parts = partsOfBatch(answer.json).sort((one, other) => Number(one.id) - Number(other.id));
    const rows = parts.map(({ id, status, body }) => {
      const asked = marked[Number(id) - 1];
      const where = { model: undefined, path: '', linkTo: undefined, queryOf: String };
      const details = h(
        'details',
        {},
        h('summary', {}, `${status} ${asked?.method ?? ''} ${visible(asked?.query ?? '')}`),
      );
      details.addEventListener(
        'toggle',
        () => details.childElementCount === 1 && details.append(new JsonView(where).write(body ?? null)),
      );
      return details;
    });
    this.#answers.replaceChildren(
      h('p', {}, summaryOf(answer)),
      ...(rows.length > 0 ? rows : [h('pre', { tabindex: 0 }, answer.text)]),
    );
  }
}
