import { OpenCells } from '../edit/cell.js';
import { tagOf } from '../edit/editing.js';
import { button, h } from '../dom/h.js';
import { beginning, sizeOf, visible } from '../dom/visible.js';
import { control, typeOfPath } from '../model/paths.js';
import { optionOf, withCondition, withNextOrder } from '../request/query-options.js';
import { headerOf } from '../request/send.js';
import { partsOf, queryOf } from '../request/url.js';
import { chartOf } from '../result/chart.js';
import { columnsOf, memberOf, rowsOf } from '../result/columns.js';
import { focusSpot, spotOf } from '../result/grid-keys.js';
import { JsonView } from '../result/json-view.js';
import { TableView } from '../result/table.js';
import { exchangeView } from './exchange.js';
import { askForCondition } from './filter-dialog.js';
import { link } from './link.js';
import { deedsOf, linksOf, locationOf, pagerOf, rootOf } from './result-head.js';

/**
 * One answer: as a table, as JSON or as a chart, with what can be done about it.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../request/send.js').Asked} Asked
 * @typedef {import('../request/send.js').Answer} Answer
 * @typedef {import('../result/columns.js').Row} Row
 * @typedef {import('../result/columns.js').Column} Column
 * @typedef {import('../edit/editing.js').Editing} Editing
 * @typedef {'table' | 'json' | 'chart'} View
 * @typedef {{ asked: Asked, answer: Answer, touched: Map<string, string> }} Shown
 * @typedef {{
 *   root: string, editing: Editing, model: () => Model | undefined, ask: (query: string) => void,
 *   call: (call: import('../edit/call-form.js').Call) => void, create: (place: string, type: string) => void,
 *   download: (path: string) => void, upload: (method: string, path: string) => void, removeAll: (marked: ReadonlyMap<string, Row>) => void,
 *   readAll: (marked: ReadonlyMap<string, Row>) => void,
 * }} Around
 */
export class ResultPanel {
  /** @type {View} */
  view = 'table';
  /** @type {Shown | undefined} */
  #shown;
  #content = h('div', { id: 'answer' });
  #open = new OpenCells();
  /** @type {TableView | undefined} */
  #table;

  /** @param {Around} around */
  constructor(around) {
    this.around = around;
    this.element = h('section', { 'aria-label': 'Answer', tabindex: -1 });
  }

  /**
   * @param {Asked} asked @param {Answer} answer
   * @param {Map<string, string>} [touched] what happened to members of the collection, by their paths
   */
  show(asked, answer, touched = new Map()) {
    // The same answer anew, after a change or while changes are followed: what somebody is at in it is kept.
    const before = this.#shown?.asked;
    if (before?.query !== asked.query || before.method !== asked.method) {
      this.#open.clear();
      this.#table = undefined;
    }
    this.#shown = { asked, answer, touched };
    const focused = document.activeElement;
    const wasInside = this.element.contains(focused);
    const spot = this.#table === undefined ? undefined : spotOf(focused);
    const { path } = partsOf(asked.query);
    const isFine = answer.status < 400;
    const top = isFine
      ? [
          locationOf(this.around.root, answer),
          this.#views(answer),
          linksOf(this.around.model(), path),
          this.#isGrouped() ? h('span') : deedsOf(this.around, path, answer),
          pagerOf(this.around.root, asked.query, answer),
        ]
      : [];
    this.element.replaceChildren(...top, this.#content, exchangeView(this.around.root, asked, answer));
    this.#write();
    this.#open.focus(focused);
    if (!wasInside || document.activeElement !== document.body) return;
    // Who goes by keyboard stays where they were, or where the answer to what they did begins.
    const table = this.#content.querySelector('table');
    if (spot !== undefined && table !== null) focusSpot(table, spot);
    if (document.activeElement === document.body) this.element.focus();
  }

  /** @param {Answer} answer */
  #views(answer) {
    const rows = rowsOf(answer.json);
    const names = /** @type {[View, string][]} */ (
      rows === undefined
        ? []
        : [
            ['table', 'Table'],
            ['json', 'JSON'],
            ['chart', 'Chart'],
          ]
    );
    const options = names.map(([view, text]) => {
      const input = h('input', { type: 'radio', name: 'view', value: view, checked: view === this.view });
      input.addEventListener('change', () => {
        this.view = view;
        this.#write();
      });
      return h('label', { class: 'check' }, input, ` ${text}`);
    });
    return names.length === 0
      ? h('span')
      : h('fieldset', { class: 'views' }, h('legend', { class: 'unseen' }, 'Show as'), ...options);
  }

  #isGrouped() {
    return optionOf(this.#shown?.asked.query ?? '', '$apply') !== undefined;
  }

  #write() {
    const { asked, answer } = /** @type {Shown} */ (this.#shown);
    const rows = rowsOf(answer.json);
    if (answer.bytes !== undefined) {
      const type = headerOf(answer, 'content-type') ?? '';
      this.#content.replaceChildren(
        h('p', {}, `${sizeOf(answer.size)} of ${type}. `),
        ...(type.startsWith('image/') ? [h('p', {}, pictureOf(answer.bytes))] : []),
        saveLink(answer.bytes),
      );
    } else if (answer.json === undefined) {
      this.#content.replaceChildren(
        answer.text === ''
          ? 'No body.'
          : h('pre', { tabindex: 0, role: 'region', 'aria-label': 'Text' }, visible(beginning(answer.text, 200_000))),
      );
    } else if (rows === undefined || answer.status >= 400 || this.view === 'json') {
      this.#content.replaceChildren(this.#json(asked, answer));
    } else if (this.view === 'chart') {
      this.#content.replaceChildren(chartOf(rows.rows));
    } else {
      this.#content.replaceChildren(...this.#rows(asked, answer, rows));
    }
  }

  /** @param {Asked} asked @param {Answer} answer */
  #json({ query }, { json, text }) {
    const where = { model: this.around.model(), path: partsOf(query).path, linkTo: link, queryOf: this.#queryOf };
    return h('div', {}, new JsonView(where).write(json), saveLink(new Blob([text], { type: 'application/json' })));
  }

  #queryOf = (/** @type {string} */ url) => queryOf(this.around.root, url);

  /** @param {Asked} asked @param {Answer} answer @param {import('../result/columns.js').Rows} rows @returns {Node[]} */
  #rows({ query }, answer, rows) {
    const model = this.around.model();
    const { path } = partsOf(query);
    const grouped = this.#isGrouped();
    const type = model && typeOfPath(model, path);
    const ofRows = model && type && model.types.has(type.type) && !grouped ? model : undefined;
    const columns = columnsOf(model, type, query, rows.rows);
    if (columns.length === 0)
      return [h('p', { class: 'hint' }, rows.rows.length === 0 ? 'There is nothing in it.' : 'It has no properties.')];
    const marked = new Set(this.#table?.marked.keys());
    const actions = this.#actions(query, answer);
    const view = (this.#table = new TableView({ model: ofRows, type, path, query, actions, marked }, columns));
    const marks = h('p', { class: 'deeds', role: 'status' });
    const table = view.write(rows, () => this.#showMarked(marks, view));
    this.#showMarked(marks, view);
    const touched = this.#shown?.touched ?? new Map();
    for (const row of table.querySelectorAll('tr[data-path]')) {
      const kind = touched.get(/** @type {HTMLElement} */ (row).dataset.path ?? '');
      if (kind !== undefined) row.classList.add(kind);
    }
    return [marks, table];
  }

  /** @param {HTMLElement} marks @param {TableView} view */
  #showMarked(marks, view) {
    const { size } = view.marked;
    if (size === 0) return marks.replaceChildren();
    marks.replaceChildren(
      `${size} marked: `,
      button('Delete them', () => this.around.removeAll(view.marked), { class: 'plain' }),
      button('Read them in a batch', () => this.around.readAll(view.marked), { class: 'plain' }),
    );
  }

  /** @param {string} query @param {Answer} answer @returns {import('../result/table.js').TableActions} */
  #actions(query, answer) {
    const { ask, editing, download, upload } = this.around;
    const model = this.around.model();
    const { path: place } = partsOf(query);
    const root = model && rootOf(model, place);
    /** @param {Row} row @param {string} path */
    const tag = (row, path) => control(row, 'etag') ?? (path === place ? tagOf(answer) : undefined);
    /** @param {string} path @param {Row} row @param {Column} [column] @param {HTMLElement} [cell] */
    const edit = (path, row, column, cell) => {
      const type = model && typeOfPath(model, path);
      const property = column?.property;
      if (model === undefined || !type) return;
      if (property === undefined || cell === undefined) return void editing.edit(model, path, type.type, column?.name);
      const seen = { path, property, value: memberOf(row, property.name), tag: tag(row, path) };
      this.#open.open(cell, model, seen, (value, now) =>
        editing.save(path, now.tag, { [property.name]: value }, { [property.name]: now.value }),
      );
    };
    /** @type {import('../result/table.js').TableActions['renew']} */
    const renew = (path, row, { name, property }, cell) =>
      property && this.#open.renew(cell, { path, property, value: memberOf(row, name), tag: tag(row, path) });
    return {
      link,
      queryOf: this.#queryOf,
      download,
      ...(root?.updatable ? { upload: (/** @type {string} */ at) => upload('PUT', at) } : {}),
      sort: (path) => ask(withNextOrder(query, path)),
      filter: (column) => void this.#filter(query, column),
      renew,
      ...(root?.updatable ? { edit } : {}),
      ...(root?.deletable || root?.updatable
        ? { remove: (path, row) => void editing.remove(path, tag(row, path)) }
        : {}),
    };
  }

  /** @param {string} query @param {Column} column */
  async #filter(query, { property }) {
    const model = this.around.model();
    if (model === undefined || property === undefined) return;
    const condition = await askForCondition(model, property);
    if (condition !== undefined) this.around.ask(withCondition(query, condition));
  }
}

/** A picture runs no scripts, whatever is in it. @param {Blob} bytes */
function pictureOf(bytes) {
  const url = URL.createObjectURL(bytes);
  const forget = () => URL.revokeObjectURL(url);
  const picture = h('img', { class: 'picture', alt: 'The answer, a picture', src: url });
  picture.addEventListener('load', forget);
  picture.addEventListener('error', forget);
  return picture;
}

/** @param {Blob} bytes */
function saveLink(bytes) {
  const anchor = h('a', { download: 'answer', href: URL.createObjectURL(bytes) }, 'Save as a file');
  return anchor;
}
