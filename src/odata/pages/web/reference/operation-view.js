import { headline, prose } from '../dom/prose.js';
import { copy } from '../dom/copy.js';
import { freshId, h } from '../dom/h.js';
import { beginning, visible } from '../dom/visible.js';
import { codeOf, languages } from '../request/code.js';
import { faultsOf } from '../request/faults.js';
import { hasBody, send, summaryOf } from '../request/send.js';
import { JsonView } from '../result/json-view.js';
import { queryOf, typeName } from './openapi.js';
import { BodyForm } from './body-form.js';
import { schemaView } from './schema-view.js';

/**
 * One operation: what it does, what it takes, and a form that sends it.
 * @typedef {import('./openapi.js').Operation} OperationDescription
 * @typedef {import('./openapi.js').Parameter} Parameter
 * @typedef {import('../request/send.js').Asked} Asked
 * @typedef {{ root: string, document: import('./openapi.js').Json, token: () => string, filled: () => Promise<void>, explorer: boolean }} Around
 */

export class OperationView {
  /** @type {{ parameter: Parameter, input: HTMLInputElement }[]} */
  #fields = [];
  #body;
  #schema = h('div');
  /** @type {Map<string, string>} keys that are proposed, for when it is opened */
  #proposed = new Map();
  #answer = h('div', { class: 'answer' });
  #status = h('p', { role: 'status' });

  /** @param {OperationDescription} operation @param {Around} around */
  constructor(operation, around) {
    this.operation = operation;
    this.around = around;
    this.#body = new BodyForm(operation.contents, () => this.#showSchema());
    const { method, path, summary, id } = operation;
    this.element = h(
      'details',
      { class: 'operation panel', id: `operation-${id}` },
      h(
        'summary',
        {},
        h('span', { class: `method ${method.toLowerCase()}` }, method),
        ' ',
        h('code', {}, path),
        h('span', { class: 'hint' }, ` ${visible(summary)}`),
      ),
    );
    // Made when it is opened: a page of many operations is short until then.
    this.element.addEventListener('toggle', () => this.#fill());
  }

  open() {
    this.element.open = true;
    this.#fill();
  }

  /** Fills a parameter in that nobody has filled in yet. @param {string} name @param {string} value */
  propose(name, value) {
    this.#proposed.set(name, value);
    const field = this.#fields.find(({ parameter }) => parameter.in === 'path' && parameter.name === name);
    if (field !== undefined && (field.input.value === '' || field.input.dataset.proposed !== undefined)) {
      field.input.value = value;
      field.input.dataset.proposed = '';
    }
  }

  /** Says what to do before it is sent. @param {string} text */
  advise(text) {
    this.#status.textContent = text;
  }

  #fill() {
    if (this.element.childElementCount > 1) return;
    const { parameters, contents, scopes, responses, description } = this.operation;
    const required = parameters.filter((one) => one.required);
    const others = parameters.filter((one) => !one.required);
    const form = h(
      'form',
      { autocomplete: 'off', novalidate: true },
      ...required.map((one) => this.#field(one)),
      this.#body.element,
      others.length > 0 &&
        h('details', {}, h('summary', {}, 'Options and headers'), ...others.map((one) => this.#field(one))),
      h('p', {}, h('button', { type: 'submit' }, 'Send'), ' ', this.#codeChoice()),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.element.append(
      ...prose(description),
      ...(scopes.length === 0 ? [] : [h('p', { class: 'hint' }, `Needs one of ${scopes.join(', ')}.`)]),
      form,
      this.#body.faults,
      this.#status,
      this.#answer,
      h('h3', {}, 'Answers'),
      ...responses.map((one) => this.#response(one)),
    );
    if (contents.length > 0) this.element.append(h('h3', {}, 'Body'), this.#schema);
    this.#showSchema();
    for (const [name, value] of this.#proposed) this.propose(name, value);
  }

  /** @param {Parameter} parameter */
  #field(parameter) {
    const input = h('input', {
      id: freshId('parameter'),
      type: 'text',
      spellcheck: 'false',
      required: parameter.required,
    });
    const hint = h(
      'span',
      { class: 'hint', id: freshId('hint') },
      `${typeName(this.around.document, parameter.schema)}. `,
      ...headline(parameter.description),
    );
    input.setAttribute('aria-describedby', hint.id);
    input.addEventListener('input', () => delete input.dataset.proposed);
    this.#fields.push({ parameter, input });
    const place = parameter.in === 'path' ? '' : ` (${parameter.in})`;
    return h('p', { class: 'field' }, h('label', { for: input.id }, `${parameter.name}${place}`), input, hint);
  }

  #showSchema() {
    const { content } = this.#body;
    this.#schema.replaceChildren(...(content === undefined ? [] : [schemaView(this.around.document, content.schema)]));
  }

  #codeChoice() {
    const select = h(
      'select',
      { 'aria-label': 'Copy as code' },
      h('option', { value: '' }, 'Copy as …'),
      ...Object.entries(languages).map(([name, text]) => h('option', { value: name }, text)),
    );
    select.addEventListener('change', () => {
      if (select.value === '') return;
      const language = /** @type {import('../request/code.js').Language} */ (select.value);
      const code = codeOf(language, this.around.root, this.#asked());
      this.#answer.replaceChildren(h('pre', { tabindex: 0, role: 'region', 'aria-label': 'Code' }, code));
      void copy(code, this.#status);
      select.value = '';
    });
    return select;
  }

  /** @param {import('./openapi.js').Response} response */
  #response({ status, description, schema, example }) {
    const { document, root } = this.around;
    const details = h(
      'details',
      {},
      h('summary', {}, `${status} `, h('span', { class: 'hint' }, ...headline(description))),
    );
    const where = { model: undefined, path: '', linkTo: undefined, queryOf: () => root };
    details.addEventListener('toggle', () => {
      if (details.childElementCount > 1) return;
      details.append(
        ...prose(description).slice(1),
        schema === undefined ? h('p', { class: 'hint' }, 'It has no body.') : schemaView(document, schema),
        ...(example === undefined ? [] : [h('h4', {}, 'Example'), new JsonView(where).write(example)]),
      );
    });
    return details;
  }

  /** @returns {Asked} */
  #asked() {
    const values = this.#fields.map(({ parameter, input }) => ({ parameter, value: input.value.trim() }));
    const { method, path } = this.operation;
    const asked = { method, query: queryOf(path, values), body: this.#body.value };
    const headers = values.filter(({ parameter, value }) => parameter.in === 'header' && value !== '');
    return {
      ...asked,
      headers: [
        ['accept', /\/\$(?:count|metadata)$/.test(path) ? '*/*' : 'application/json'],
        ...headers.map(({ parameter, value }) => /** @type {[string, string]} */ ([parameter.name, value])),
        .../** @type {[string, string][]} */ (hasBody(asked) ? [['content-type', this.#body.type]] : []),
      ],
    };
  }

  async #send() {
    await this.around.filled();
    const empty = this.#fields.find(({ parameter, input }) => parameter.required && input.value.trim() === '');
    if (empty !== undefined) {
      empty.input.setAttribute('aria-invalid', 'true');
      this.#status.textContent = `${empty.parameter.name} needs a value.`;
      return empty.input.focus();
    }
    for (const { input } of this.#fields) input.removeAttribute('aria-invalid');
    this.#status.textContent = 'Asking …';
    try {
      const answer = await send(this.around.root, this.#asked(), this.around.token());
      const advice = answer.status === 401 && this.around.token() === '' ? '. Paste a token above.' : '';
      this.#status.textContent = summaryOf(answer) + advice;
      this.#body.show(faultsOf(answer));
      this.#showAnswer(answer);
    } catch (error) {
      this.#status.textContent = `The service did not answer: ${error instanceof Error ? error.message : error}`;
    }
  }

  /** @param {import('../request/send.js').Answer} answer */
  #showAnswer({ json, text, headers, bytes }) {
    const where = { model: undefined, path: '', linkTo: undefined, queryOf: String };
    const lines = headers.map(([name, value]) => `${name}: ${value}`).join('\n');
    const written =
      json !== undefined
        ? new JsonView(where).write(json)
        : bytes
          ? h('p', {}, 'Not text.')
          : h(
              'pre',
              { tabindex: 0, role: 'region', 'aria-label': 'Answer' },
              visible(beginning(text, 50_000)) || 'No body.',
            );
    this.#answer.replaceChildren(
      written,
      h(
        'details',
        {},
        h('summary', {}, 'Headers'),
        h('pre', { tabindex: 0, role: 'region', 'aria-label': 'Headers' }, visible(lines)),
      ),
      this.#explorerLink(),
    );
  }

  #explorerLink() {
    const { method, query } = this.#asked();
    if (method !== 'GET' || !this.around.explorer) return '';
    return h('a', { href: `explorer#${encodeURIComponent(query)}` }, 'Open in the explorer');
  }
}
