import { button, h } from '../dom/h.js';
import { beginning, counted, visible } from '../dom/visible.js';
import { isKey } from '../model/model.js';
import { memberPath, typeOfPath } from '../model/paths.js';
import { isObject, isRawNumber } from '../request/json.js';

/**
 * JSON that folds, as elements whose links lead on inside the explorer. What is folded is not made before it is opened, and
 * long texts and long collections are made in parts: an answer of any size can be looked at.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../dom/h.js').Child} Child
 * @typedef {{ model: Model | undefined, path: string, linkTo: ((text: string, query: string) => HTMLElement) | undefined, queryOf: (url: string) => string }} Where
 */

/** Units of a text that are shown at once, members of a collection, and lines that are open from the start. */
const limits = { text: 2000, members: 100, lines: 400 };

const urls =
  /^(?:@odata\.|@)(?:nextLink|deltaLink|id|editLink|readLink)$|@(?:odata\.)?(?:navigationLink|associationLink|mediaReadLink)$/;

/** @param {string} className @param {string} text */
const span = (className, text) => h('span', { class: className }, text);

/** Writes one answer. */
export class JsonView {
  #lines = 0;

  /** @param {Where} where what the answer is of; without `linkTo` it has no links */
  constructor(where) {
    this.where = where;
  }

  /** @param {unknown} json @returns {HTMLElement} */
  write(json) {
    this.#lines = 0;
    return h('div', { class: 'json' }, this.#member([], json, { place: this.where.path, comma: false }));
  }

  /**
   * @param {Child[]} name what stands before the value
   * @param {unknown} value
   * @param {{ place: string | undefined, comma: boolean }} at
   * @returns {HTMLElement}
   */
  #member(name, value, { place, comma }) {
    this.#lines++;
    const end = comma ? ',' : '';
    if (Array.isArray(value) && value.length > 0) return this.#foldable(name, value, ['[', `]${end}`], place);
    if (isObject(value) && Object.keys(value).length > 0) return this.#foldable(name, value, ['{', `}${end}`], place);
    return h('div', { class: 'entry' }, ...name, ...this.#scalar(value), end);
  }

  /** @param {unknown} value @returns {Child[]} */
  #scalar(value) {
    if (typeof value !== 'string') {
      const text = Array.isArray(value) ? '[]' : isRawNumber(value) ? value.rawJSON : JSON.stringify(value);
      return [span('literal', text)];
    }
    if (value.length <= limits.text) return [span('string', visible(JSON.stringify(value)))];
    return [cutText(value, limits.text)];
  }

  /** @param {Child[]} name @param {object} value @param {[string, string]} brackets @param {string | undefined} place */
  #foldable(name, value, [open, close], place) {
    const members = Array.isArray(value) ? value.length : Object.keys(value).length;
    const what = `${counted(members)} ${Array.isArray(value) ? 'items' : 'members'}`;
    const inside = h('div', { class: 'inside' });
    const folded = h('span', { class: 'quiet' }, ` ${what} ${close}`);
    const toggle = button('▸', () => show(Boolean(inside.hidden)), { class: 'fold', 'aria-label': `Fold ${what}` });
    const last = h('div', { class: 'entry' }, close);
    const show = (/** @type {boolean} */ isOpen) => {
      if (isOpen && inside.childElementCount === 0) this.#fill(inside, value, place);
      inside.hidden = last.hidden = !isOpen;
      folded.hidden = isOpen;
      toggle.textContent = isOpen ? '▾' : '▸';
      toggle.setAttribute('aria-expanded', String(isOpen));
    };
    show(this.#lines < limits.lines);
    return h('div', {}, h('div', { class: 'entry' }, toggle, ...name, open, folded), inside, last);
  }

  /** @param {HTMLElement} inside @param {object} value @param {string | undefined} place */
  #fill(inside, value, place) {
    const entries = Array.isArray(value) ? value : Object.entries(value);
    const write = Array.isArray(value)
      ? (/** @type {unknown} */ item, /** @type {boolean} */ comma) => this.#item(item, place, comma)
      : (/** @type {[string, unknown]} */ entry, /** @type {boolean} */ comma) =>
          this.#property(entry, value, { place, comma });
    const from = (/** @type {number} */ start) => {
      const end = Math.min(start + limits.members, entries.length);
      for (let at = start; at < end; at++) inside.append(write(entries[at], at < entries.length - 1));
      if (end === entries.length) return;
      const left = counted(entries.length - end);
      const more = button(`Show more of ${left}`, () => (more.remove(), from(end)), { class: 'plain' });
      inside.append(more);
    };
    from(0);
  }

  /** @param {unknown} item @param {string | undefined} place @param {boolean} comma */
  #item(item, place, comma) {
    const { model } = this.where;
    const own =
      model && place !== undefined && isObject(item) ? memberPath(model, place, item, this.where.queryOf) : undefined;
    return this.#member([], item, { place: own, comma });
  }

  /** @param {[string, unknown]} entry @param {object} _owner @param {{ place: string | undefined, comma: boolean }} at */
  #property([name, value], _owner, { place, comma }) {
    const { linkTo } = this.where;
    const label = this.#name(name, place);
    if (linkTo && typeof value === 'string' && urls.test(name)) {
      const anchor = linkTo(visible(JSON.stringify(value)), this.where.queryOf(value));
      return h('div', { class: 'entry' }, ...label, anchor, comma ? ',' : '');
    }
    if (linkTo && place !== undefined && place !== this.where.path && this.#isKey(name, place)) {
      return h('div', { class: 'entry' }, ...label, linkTo(visible(JSON.stringify(value)), place), comma ? ',' : '');
    }
    // `value` holds what the path leads to; everything else is one step further.
    const here = name === 'value' ? place : place && `${place}/${name}`;
    return this.#member(label, value, { place: name.includes('@') ? undefined : here, comma });
  }

  /** @param {string} name @param {string | undefined} place @returns {Child[]} */
  #name(name, place) {
    const text = visible(JSON.stringify(beginning(name, limits.text)));
    const { model, linkTo } = this.where;
    if (name.includes('@')) return [span('control', text), ': '];
    const owner = model && place !== undefined ? typeOfPath(model, place) : undefined;
    const known = owner !== undefined && !owner.collection && model?.types.get(owner.type)?.properties.has(name);
    return [known && linkTo ? linkTo(text, `${place}/${name}`) : text, ': '];
  }

  /** @param {string} name @param {string} place */
  #isKey(name, place) {
    const { model } = this.where;
    const type = model && typeOfPath(model, place);
    return type !== undefined && !type.collection && isKey(/** @type {Model} */ (model), type.type, name);
  }
}

/**
 * The beginning of a long text, and a button for more of it.
 * @param {string} text @param {number} limit @returns {HTMLElement}
 */
export function cutText(text, limit) {
  const shown = span('string', `"${visible(JSON.stringify(beginning(text, limit)).slice(1, -1))}`);
  let until = limit;
  const more = button(
    '',
    () => {
      const part = text.slice(until, until + 50_000);
      shown.append(visible(JSON.stringify(part).slice(1, -1)));
      until += part.length;
      say();
    },
    { class: 'plain' },
  );
  const say = () => {
    more.hidden = until >= text.length;
    more.textContent = `Show more of ${counted(text.length - until)} characters`;
    if (more.hidden) shown.append('"');
  };
  say();
  return h('span', {}, shown, more);
}
