import { control } from '../model/paths.js';
import { isObject } from '../request/json.js';

/**
 * Follows what becomes of a collection, by delta links (OData 4.01 Protocol 11.3).
 * @typedef {import('./columns.js').Row} Row
 * @typedef {import('../request/send.js').Answer} Answer
 * @typedef {{
 *   read: (query: string, first: boolean) => Promise<Answer>,
 *   queryOf: (url: string) => string,
 *   changed: (items: Row[], first: boolean) => void,
 *   ended: (reason: string) => void,
 * }} Followed
 */

export class Follower {
  #stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Followed} followed @param {number} interval milliseconds between two looks */
  constructor(followed, interval) {
    this.followed = followed;
    this.interval = interval;
  }

  /** @param {string} query whose result is followed */
  start(query) {
    void this.#look(query, true);
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** @param {string} query @param {boolean} first */
  async #look(query, first) {
    /** @type {Row[]} */
    const items = [];
    let next = /** @type {string | undefined} */ (query);
    let delta = /** @type {string | undefined} */ (undefined);
    while (next !== undefined) {
      const answer = await this.followed.read(next, first);
      if (this.#stopped) return;
      if (answer.status >= 400 || !isObject(answer.json)) {
        this.stop();
        return this.followed.ended(
          answer.status === 410
            ? 'The changes are too old to be followed; ask again.'
            : `The service answered with ${answer.status}.`,
        );
      }
      const { value } = answer.json;
      if (Array.isArray(value)) items.push(...value.filter(isObject));
      const link = control(answer.json, 'nextLink');
      next = link && this.followed.queryOf(link);
      delta = control(answer.json, 'deltaLink');
    }
    if (delta === undefined) {
      this.stop();
      return this.followed.ended('The service gives no delta link for this query.');
    }
    if (first || items.length > 0) this.followed.changed(items, first);
    const again = this.followed.queryOf(delta);
    this.#timer = setTimeout(() => void this.#look(again, false), this.interval);
  }
}
