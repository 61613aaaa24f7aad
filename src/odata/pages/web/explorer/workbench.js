import { confirmed } from '../dom/dialog.js';
import { copy } from '../dom/copy.js';
import { button, h } from '../dom/h.js';
import { asked as askedFor, Editing } from '../edit/editing.js';
import { needsForm, openCall } from '../edit/call-form.js';
import { readModel } from '../model/model.js';
import { control, typeOfPath } from '../model/paths.js';
import { callOf } from '../model/samples.js';
import { batchOf } from '../request/batch.js';
import { send, summaryOf } from '../request/send.js';
import { TokenField } from '../request/token-field.js';
import { optionOf } from '../request/query-options.js';
import { partsOf } from '../request/url.js';
import { History } from '../side/history.js';
import { BatchPanel } from './batch-panel.js';
import { showCode } from './code-dialog.js';
import { addressOf, queryOfAddress } from './link.js';
import { Live } from './live.js';
import { RequestPanel } from './request-panel.js';
import { ResultPanel } from './result-panel.js';
import { SidePanel } from './side-panel.js';

/**
 * The page: what is asked, what came of it, and what leads on. The query stands in the address, so that the browser's
 * history is that of the page; the token is in its field, and nowhere else unless somebody keeps it.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../request/send.js').Asked} Asked
 * @typedef {import('../request/send.js').Answer} Answer
 * @typedef {import('../model/samples.js').Sample} Sample
 * @typedef {import('../result/columns.js').Row} Row
 */
export class Workbench {
  /** @type {Model | undefined} */
  #model;
  #latest = 0;
  /** @type {Asked | undefined} what was read last */
  #read;
  #status = h('p', { id: 'status', role: 'status' });
  #tools = h('p', { class: 'tools' });

  /** @param {string} root of the service @param {{ main: HTMLElement, side: HTMLElement }} places */
  constructor(root, { main, side }) {
    this.root = root;
    this.token = new TokenField(root);
    this.request = new RequestPanel(root, () => this.#submit());
    const desk = {
      send: (/** @type {Asked} */ asked) => this.#send(asked),
      say: (/** @type {string} */ text) => this.#say(text),
      refresh: () => this.#refresh(),
    };
    this.editing = new Editing(desk);
    this.batch = new BatchPanel(desk.send);
    this.history = new History(root, localStorage);
    this.result = new ResultPanel({
      root,
      editing: this.editing,
      model: () => this.#model,
      ask: (query) => this.#go(query),
      call: (call) => this.#call(call),
      create: (place, type) => this.#create(place, type),
      download: (path) => void this.#ask(askedFor('GET', path, '')),
      upload: (method, path) => this.request.showUpload(method, path),
      removeAll: (marked) => void this.#removeAll(marked),
      readAll: (marked) => this.#collectAll(marked),
    });
    this.live = new Live(
      {
        root,
        model: () => this.#model,
        send: desk.send,
        show: (asked, answer, touched) => this.result.show(asked, answer, touched),
      },
      () => /** @type {Asked} */ (this.#read),
    );
    this.side = new SidePanel(this.history, {
      open: (sample) => this.#open(sample),
      call: (call) => this.#call(call),
      create: ({ name, type }) => this.#create(name, type),
      collect: (method, query) => this.#collect(askedFor(method, query, '')),
    });
    this.#tools.append(
      button(
        'Copy link',
        () => void copy(new URL(addressOf(this.request.asked.query), location.href).href, this.#status),
        { class: 'plain' },
      ),
      button('Copy as code …', () => void this.#showCode(), { class: 'plain' }),
      button('Add to batch', () => this.#collect(this.request.asked), { class: 'plain' }),
      this.live.element,
    );
    this.live.element.hidden = true;
    main.append(
      this.token.element,
      this.request.element,
      this.#tools,
      this.#status,
      this.live.log,
      this.result.element,
      this.batch.element,
    );
    side.append(this.side.element);
    addEventListener('hashchange', () => this.#follow());
  }

  /** Reads the model, then asks for what the address says. */
  async start() {
    try {
      const answer = await send(this.root, askedFor('GET', '$metadata?$format=application/json', ''), '');
      if (answer.status >= 400) throw new Error(summaryOf(answer));
      this.#model = readModel(/** @type {Record<string, any>} */ (answer.json));
      this.request.model = this.#model;
      this.side.showModel(this.#model);
      this.request.propose(this.#model.roots[0]?.name ?? '');
    } catch (error) {
      this.side.showFailure(`The model could not be read: ${error instanceof Error ? error.message : error}`);
    }
    document.documentElement.dataset.ready = '';
    this.#follow();
  }

  /** @param {Asked} asked @returns {Promise<Answer>} */
  #send(asked) {
    return send(this.root, asked, this.token.value);
  }

  /** @param {string} text */
  #say(text) {
    this.#status.textContent = text;
  }

  /** Asks for what the address says: at the start, by a link, by the history of the browser. */
  #follow() {
    const query = queryOfAddress(location.hash);
    if (query === '') return;
    this.request.show({ method: 'GET', query });
    void this.#ask(this.request.asked);
  }

  /** @param {string} query */
  #go(query) {
    const address = addressOf(query);
    // Not by setting the hash: the browser tells of that later, and then what is typed meanwhile would be overwritten.
    if (location.hash !== address) history.pushState(null, '', address);
    this.#follow();
  }

  #submit() {
    const { asked } = this.request;
    if (asked.query === '') return;
    if (asked.method === 'GET') this.#go(asked.query);
    else void this.#ask(asked);
  }

  #refresh() {
    if (this.#read !== undefined) void this.#ask(this.#read, true);
  }

  /** @param {Sample} sample a read is asked for at once, what changes something is filled in only */
  #open({ method, query, body, title }) {
    if (/chart$/.test(title)) this.result.view = 'chart';
    if (method === 'GET') return this.#go(query);
    this.request.show({ method, query, body });
  }

  /** Calls what needs nothing to be said as it is, else by a form. @param {import('../edit/call-form.js').Call} call */
  #call(call) {
    if (!needsForm(call)) return this.#open(callOf(call.operation, call.place));
    if (this.#model === undefined) return;
    const show = (/** @type {Asked} */ asked, /** @type {Answer} */ answer) => {
      if (asked.method === 'GET') return this.#go(asked.query);
      this.request.show({ method: asked.method, query: asked.query, body: String(asked.body) });
      this.#show(asked, answer);
      this.#say(summaryOf(answer));
    };
    void openCall(this.#model, call, { send: (asked) => this.#send(asked), show });
  }

  /** Something new: by a form, or what is a stream by its file. @param {string} place @param {string} type */
  #create(place, type) {
    if (this.#model?.types.get(type)?.stream) this.request.showUpload('POST', place);
    else if (this.#model) void this.editing.create(this.#model, place, type);
  }

  /** @param {Asked} asked @param {boolean} [quietly] whether what was said before stays */
  async #ask(asked, quietly = false) {
    const turn = ++this.#latest;
    this.live.stop();
    if (!quietly) this.#say('Asking …');
    try {
      const answer = await this.#send(asked);
      // Another one was sent meanwhile.
      if (turn !== this.#latest) return;
      this.#show(asked, answer);
      if (!quietly) this.#say(summaryOf(answer) + this.#advice(answer));
    } catch (error) {
      if (turn === this.#latest)
        this.#say(`The service did not answer: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** @param {Asked} asked @param {Answer} answer */
  #show(asked, answer) {
    const { path } = partsOf(asked.query);
    this.#read = asked.method === 'GET' ? asked : this.#read;
    this.history.add(asked, this.token.value);
    this.side.showHistory();
    this.result.show(asked, answer);
    this.request.showFaults(answer, asked.query);
    const type = this.#model && typeOfPath(this.#model, path);
    const isEntities = type?.collection === true && this.#model?.types.get(type.type)?.entity === true;
    const follows =
      answer.status < 400 && asked.method === 'GET' && isEntities && optionOf(asked.query, '$apply') === undefined;
    this.live.element.hidden = !follows;
    this.live.log.hidden = true;
  }

  /** @param {Answer} answer */
  #advice({ status }) {
    if (status !== 401) return '';
    return this.token.value === ''
      ? '. Paste a token above.'
      : '. The token is not accepted: see what is said below it.';
  }

  #showCode() {
    try {
      return showCode(this.root, this.request.asked, this.token.value);
    } catch (error) {
      return this.#say(error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {Asked} asked */
  #collect(asked) {
    this.batch.add(asked);
    this.#say('Added to the batch below.');
  }

  /** @param {ReadonlyMap<string, Row>} marked */
  #collectAll(marked) {
    for (const path of marked.keys()) this.batch.add(askedFor('GET', path, ''));
    this.batch.element.open = true;
    this.#say('Added to the batch below.');
  }

  /** @param {ReadonlyMap<string, Row>} marked */
  async #removeAll(marked) {
    const text = `Each of them is deleted with everything that it contains, if nobody changed it meanwhile. There is no way back.`;
    if (!(await confirmed(`Delete ${marked.size} entities?`, text, 'Delete'))) return;
    const requests = [...marked].map(([path, row]) => askedFor('DELETE', path, '', control(row, 'etag') ?? '*'));
    const answer = await this.#send(await batchOf(requests, true));
    const failed = answer.status >= 400 || /"status":(?:4|5)\d\d/.test(answer.text);
    this.#say(
      failed ? `None was deleted: ${answer.text.slice(0, 500)}` : `Deleted ${marked.size}: ${summaryOf(answer)}`,
    );
    this.#refresh();
  }
}
