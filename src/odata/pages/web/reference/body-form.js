import { freshId, h, labelled } from '../dom/h.js';
import { faultsList } from './faults-list.js';

/**
 * The body of an operation, in one of the media types that it takes: text, or a file.
 * @typedef {import('./openapi.js').Content} Content
 */

/** @param {string} type */
const isText = (type) => /^text\/|[/+]json\b|^multipart\//.test(type);

export class BodyForm {
  #text = h('textarea', { id: freshId('body'), rows: 8, spellcheck: 'false', class: 'code' });
  #file = h('input', { id: freshId('file'), type: 'file' });
  #faults = h('ul', { class: 'faults', id: freshId('faults') });

  /** @param {Content[]} contents none where it takes no body @param {() => void} changed is called when another type is chosen */
  constructor(contents, changed) {
    this.contents = contents;
    const options = contents.map(({ type }) => h('option', {}, type));
    this.choice = h('select', { id: freshId('media') }, ...options);
    this.#text.setAttribute('aria-describedby', this.#faults.id);
    const label = h('label', { for: this.#text.id });
    this.text = h('p', { class: 'field' }, label, this.#text);
    this.file = labelled('File', this.#file);
    const show = () => {
      const { type = '', example } = this.content ?? {};
      label.textContent = /[/+]json\b/.test(type) ? 'Body (JSON)' : 'Body';
      this.#text.value =
        example === undefined ? '' : typeof example === 'string' && !/json/.test(type) ? example : json(example);
      this.text.hidden = !isText(type);
      this.file.hidden = /[/+]json\b|^multipart\//.test(type);
      this.show([]);
    };
    this.choice.addEventListener('change', () => (show(), changed()));
    show();
    const chosen = contents.length > 1 && labelled('Media type', this.choice);
    this.element = contents.length === 0 ? undefined : h('div', {}, chosen, this.text, this.file);
    this.faults = this.#faults;
  }

  /** What the chosen media type is described with. */
  get content() {
    return this.contents.find(({ type }) => type === this.choice.value);
  }

  /** @returns {string | Blob} */
  get value() {
    const file = this.file.hidden ? undefined : this.#file.files?.[0];
    return file ?? (this.text.hidden ? '' : this.#text.value);
  }

  /** The media type of the body as it is sent. @returns {string} */
  get type() {
    const { value } = this;
    const chosen = this.choice.value;
    if (typeof value !== 'string') return value.type || (chosen.includes('*') ? 'application/octet-stream' : chosen);
    const boundary = /^\s*--(\S+)/.exec(value)?.[1];
    return chosen.startsWith('multipart/') && boundary !== undefined ? `${chosen};boundary=${boundary}` : chosen;
  }

  /** Says what an answer finds wrong, at its lines. @param {import('../request/faults.js').Fault[]} faults */
  show(faults) {
    this.#faults.replaceChildren(...faultsList(this.#text, faults));
  }
}

/** @param {unknown} value */
const json = (value) => JSON.stringify(value, undefined, 2);
