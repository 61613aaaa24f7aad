import { h } from '../dom/h.js';
import { hintOf, keepToken, keptToken, tokenIn } from './token.js';

/** The field of the token, which takes what people paste. It is kept in the page, and for the tab's session if asked. */
export class TokenField {
  #input = h('input', {
    id: 'token',
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': 'token-hint',
  });
  #keep = h('input', { id: 'keep-token', type: 'checkbox' });
  #before = '';
  #hint = h('span', { id: 'token-hint', class: 'hint' });

  /** @param {string} root of the service @param {() => void} [changed] */
  constructor(root, changed = () => {}) {
    this.root = root;
    const before = keptToken(root);
    this.#input.value = before ?? '';
    this.#keep.checked = before !== undefined;
    this.#input.addEventListener('input', () => {
      const { length } = this.#before;
      this.#read();
      // Pasted: it is whole. What is typed is so when the field is left.
      if (Math.abs(this.value.length - length) > 1) changed();
      this.#before = this.value;
    });
    this.#input.addEventListener('change', changed);
    this.#keep.addEventListener('change', () => this.#store());
    this.element = h(
      'div',
      { class: 'token' },
      h('p', { class: 'field grow' }, h('label', { for: 'token' }, 'Bearer token'), this.#input, this.#hint),
      h('p', { class: 'field' }, h('label', { class: 'check' }, this.#keep, ' Keep it while this tab is open')),
    );
    this.#say();
  }

  /** The token, without what was pasted around it. */
  get value() {
    return tokenIn(this.#input.value);
  }

  #read() {
    const token = tokenIn(this.#input.value);
    if (token !== this.#input.value) this.#input.value = token;
    this.#store();
    this.#say();
  }

  #store() {
    keepToken(this.root, this.#keep.checked && this.value !== '' ? this.value : undefined);
  }

  #say() {
    this.#hint.textContent =
      hintOf(this.value, new Date()) || 'With or without “Bearer”, or the whole line that the service printed.';
  }
}
