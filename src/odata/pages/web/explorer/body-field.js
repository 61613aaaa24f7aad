import { button, h } from '../dom/h.js';
import { visible } from '../dom/visible.js';
import { placeInJson, placeInMessage } from '../request/json-place.js';

/**
 * The body of a request: JSON, whose faults stand at their lines, or a file.
 * @typedef {import('../request/faults.js').Fault} Fault
 */
export class BodyField {
  #text = h('textarea', { id: 'body', rows: 8, spellcheck: 'false', class: 'code', 'aria-describedby': 'body-faults' });
  #file = h('input', { id: 'body-file', type: 'file' });
  #faults = h('ul', { id: 'body-faults', class: 'faults' });

  constructor() {
    const tidy = button('Tidy', () => this.#tidy(), { class: 'plain' });
    this.element = h(
      'div',
      { hidden: true },
      h('p', { class: 'field' }, h('label', { for: 'body' }, 'Body (JSON)'), this.#text, tidy),
      this.#faults,
      h('p', { class: 'field' }, h('label', { for: 'body-file' }, 'Or a file, for a stream'), this.#file),
    );
  }

  /** @returns {string | Blob} */
  get value() {
    return this.#file.files?.[0] ?? this.#text.value;
  }

  set value(text) {
    this.#text.value = String(text);
    this.#file.value = '';
    this.show([]);
  }

  focusFile() {
    this.#file.focus();
  }

  #tidy() {
    try {
      this.#text.value = JSON.stringify(JSON.parse(this.#text.value), undefined, 2);
      this.show([]);
    } catch (error) {
      this.show([
        { message: error instanceof Error ? error.message : String(error), target: undefined, position: undefined },
      ]);
    }
  }

  /**
   * Shows faults at their lines.
   * @param {Fault[]} faults @returns {Fault[]} those that are of nothing in this text
   */
  show(faults) {
    const text = this.#text.value;
    const placed = faults.map((fault) => ({
      fault,
      place:
        placeInMessage(text, fault.message) ??
        (fault.target === undefined ? undefined : placeInJson(text, fault.target)),
    }));
    const found = placed.filter(({ place }) => place !== undefined);
    this.#text.toggleAttribute('aria-invalid', found.length > 0);
    const items = found.map(({ fault, place }) => {
      const { start, end, line } = /** @type {import('../request/json-place.js').Place} */ (place);
      const select = () => {
        this.#text.focus();
        this.#text.setSelectionRange(start, end);
      };
      const from = text.lastIndexOf('\n', start - 1) + 1;
      const to = text.indexOf('\n', end) < 0 ? text.length : text.indexOf('\n', end);
      const around = [
        text.slice(Math.max(from, start - 60), start),
        text.slice(start, end),
        text.slice(end, Math.min(to, end + 60)),
      ];
      const shown = h(
        'code',
        {},
        visible(around[0] ?? '').trimStart(),
        h('mark', {}, visible(around[1] || '␣')),
        visible(around[2] ?? ''),
      );
      return h(
        'li',
        {},
        button(`Line ${line}`, select, { class: 'plain' }),
        ' ',
        shown,
        h('span', {}, ` ${visible(fault.message)}`),
      );
    });
    this.#faults.replaceChildren(...items);
    return placed.filter(({ place }) => place === undefined).map(({ fault }) => fault);
  }
}
