import { button, h } from '../dom/h.js';
import { visible } from '../dom/visible.js';
import { memberPath } from '../model/paths.js';
import { partsOf, queryOf } from '../request/url.js';
import { withChanges } from '../result/delta.js';
import { Follower } from '../result/follower.js';

/**
 * Follows the collection that is shown, and says what becomes of it.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../request/send.js').Asked} Asked
 * @typedef {import('../request/send.js').Answer} Answer
 * @typedef {import('../result/columns.js').Row} Row
 * @typedef {{ root: string, model: () => Model | undefined, send: (asked: Asked) => Promise<Answer>, show: (asked: Asked, answer: Answer, touched: Map<string, string>) => void }} Around
 */

/** Milliseconds between two looks, and lines of the log that are kept. */
const limits = { interval: 1000, lines: 100 };

export class Live {
  /** @type {Follower | undefined} */
  #follower;
  #log = h('ol', { class: 'log', 'aria-live': 'polite', hidden: true });
  #button = button('Follow changes', () => this.#toggle(), { class: 'plain', 'aria-pressed': 'false' });

  /** @param {Around} around @param {() => Asked} asked what is shown */
  constructor(around, asked) {
    this.around = around;
    this.asked = asked;
    this.element = h('span', {}, this.#button);
    this.log = this.#log;
  }

  stop() {
    this.#follower?.stop();
    this.#follower = undefined;
    this.#button.setAttribute('aria-pressed', 'false');
    this.#button.textContent = 'Follow changes';
  }

  #toggle() {
    if (this.#follower !== undefined) return this.stop();
    const asked = this.asked();
    const { path } = partsOf(asked.query);
    this.#log.replaceChildren();
    this.#log.hidden = false;
    this.#say('Following …');
    /** @type {Row[]} */
    let rows = [];
    /** @type {Answer | undefined} */
    let last;
    const idOf = (/** @type {Row} */ row) => {
      const model = this.around.model();
      return model && memberPath(model, path, row, (url) => queryOf(this.around.root, url));
    };
    const follower = new Follower(
      {
        queryOf: (url) => queryOf(this.around.root, url),
        read: async (query, first) => (last = await this.around.send(readOf(asked, query, first))),
        changed: (items, first) => {
          const made = withChanges(first ? [] : rows, items, idOf, (url) => queryOf(this.around.root, url));
          rows = made.rows;
          if (!first) for (const { kind, id } of made.changes) this.#say(`${kind}: ${id}`);
          const touched = new Map(first ? [] : made.changes.map(({ kind, id }) => [id, kind]));
          const answer = /** @type {Answer} */ (last);
          this.around.show(asked, { ...answer, json: { value: rows } }, touched);
        },
        ended: (reason) => {
          this.#say(reason);
          if (this.#follower === follower) this.stop();
        },
      },
      limits.interval,
    );
    this.#follower = follower;
    this.#button.setAttribute('aria-pressed', 'true');
    this.#button.textContent = 'Stop following';
    follower.start(asked.query);
  }

  /** @param {string} text */
  #say(text) {
    const time = new Date().toLocaleTimeString();
    this.#log.prepend(h('li', {}, `${time} ${visible(text)}`));
    while (this.#log.childElementCount > limits.lines) this.#log.lastElementChild?.remove();
  }
}

/** @param {Asked} asked @param {string} query @param {boolean} first @returns {Asked} */
function readOf(asked, query, first) {
  const others = asked.headers.filter(([name]) => name !== 'prefer');
  const prefer = asked.headers.find(([name]) => name === 'prefer')?.[1] ?? '';
  // What a link leads to says the rest itself.
  const tracked = [prefer, 'track-changes'].filter((one) => one !== '').join(', ');
  return { method: 'GET', query, body: '', headers: first ? [...others, ['prefer', tracked]] : others };
}
