import { CompletionList } from '../complete/completion-list.js';
import { complete } from '../complete/complete.js';
import { h, sends } from '../dom/h.js';
import { visible } from '../dom/visible.js';
import { faultsOf } from '../request/faults.js';
import { headersOf } from '../request/headers.js';
import { hasBody } from '../request/send.js';
import { placeOf } from '../request/url.js';
import { BodyField } from './body-field.js';
import { SwitchPanel } from './switches.js';

/**
 * What is asked: method, query, headers, body; and where it is at fault.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../request/send.js').Asked} Asked
 * @typedef {import('../request/send.js').Answer} Answer
 */
export class RequestPanel {
  #method = h(
    'select',
    { id: 'method' },
    ...['GET', 'POST', 'PATCH', 'PUT', 'DELETE'].map((name) => h('option', {}, name)),
  );
  #query = h('input', {
    id: 'query',
    type: 'text',
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-expanded': 'false',
    'aria-controls': 'suggestions',
    'aria-describedby': 'query-fault',
    autocapitalize: 'off',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
  });
  #fault = h('div', { id: 'query-fault', role: 'alert' });
  #body = new BodyField();
  #switches = new SwitchPanel();
  /** @type {Model | undefined} */
  model;

  /** @param {string} root of the service @param {() => void} submit */
  constructor(root, submit) {
    const suggestions = h('ul', { id: 'suggestions', role: 'listbox', 'aria-label': 'Suggestions', hidden: true });
    this.list = new CompletionList(this.#query, suggestions, (text, cursor) =>
      this.model === undefined ? { from: cursor, suggestions: [] } : complete(this.model, text, cursor),
    );
    const query = h(
      'div',
      { class: 'field grow' },
      h('label', { for: 'query' }, `Query, behind ${new URL(root).pathname}`),
      h('div', { class: 'combobox' }, this.#query, suggestions),
    );
    this.element = h(
      'form',
      { id: 'form', autocomplete: 'off', novalidate: true, 'aria-label': 'Request' },
      h(
        'div',
        { class: 'line' },
        h('p', { class: 'field' }, h('label', { for: 'method' }, 'Method'), this.#method),
        query,
        h('button', { type: 'submit' }, 'Send'),
      ),
      this.#fault,
      this.#body.element,
      this.#switches.element,
    );
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      this.list.close();
      submit();
    });
    this.element.addEventListener('keydown', (event) => {
      if (sends(event)) this.element.requestSubmit();
    });
    this.#method.addEventListener('change', () => this.#showBody());
  }

  /** @returns {Asked} */
  get asked() {
    const body = /^(?:POST|PATCH|PUT)$/.test(this.#method.value) ? this.#body.value : '';
    const asked = { method: this.#method.value, query: this.#query.value, body };
    const headers = headersOf(this.#switches.value, hasBody(asked));
    // A file says itself what it is.
    if (body instanceof Blob)
      return {
        ...asked,
        headers: [
          ...headers.filter(([name]) => name !== 'content-type'),
          ['content-type', body.type || 'application/octet-stream'],
        ],
      };
    return { ...asked, headers };
  }

  /** @param {{ method: string, query: string, body?: string }} request */
  show({ method, query, body }) {
    this.#method.value = method;
    this.#query.value = query;
    if (body !== undefined) this.#body.value = body;
    this.#fault.replaceChildren();
    this.list.close();
    this.#showBody();
  }

  /** Asks for the file that is to be sent. @param {string} method @param {string} query */
  showUpload(method, query) {
    this.show({ method, query, body: '' });
    this.#body.focusFile();
  }

  /** @param {string} query @returns {boolean} whether there was none yet */
  propose(query) {
    if (this.#query.value !== '') return false;
    this.#query.value = query;
    return true;
  }

  #showBody() {
    this.#body.element.hidden = !/^(?:POST|PATCH|PUT)$/.test(this.#method.value);
  }

  /** Says what an answer finds wrong, where it is. @param {Answer} answer @param {string} query that was asked */
  showFaults(answer, query) {
    this.#fault.replaceChildren();
    const faults = faultsOf(answer);
    const elsewhere = this.#body.show(faults);
    this.#query.removeAttribute('aria-invalid');
    for (const { message, target, position } of elsewhere) {
      if (position !== undefined) this.#mark(query, placeOf(query, target, position));
      this.#fault.append(h('p', {}, visible(message)));
    }
    if (elsewhere.length === 0 && faults.length > 0)
      this.#fault.append(h('p', {}, 'The body is at fault; see its lines.'));
  }

  /** @param {string} query @param {number} at */
  #mark(query, at) {
    const marked = h('mark', {}, visible(query.slice(at, at + 1)) || '␣');
    this.#fault.append(h('pre', {}, visible(query.slice(0, at)), marked, visible(query.slice(at + 1))));
    this.#query.setAttribute('aria-invalid', 'true');
    if (this.#query.value === query) this.#query.setSelectionRange(at, at + 1);
  }
}
