import { button, h } from '../dom/h.js';
import { counted, visible } from '../dom/visible.js';
import { operatorsFor } from '../model/literals.js';
import { isKey, nameOf } from '../model/model.js';
import { memberPath } from '../model/paths.js';
import { isRawNumber } from '../request/json.js';
import { orderOf } from '../request/query-options.js';
import { GridKeys } from './grid-keys.js';
import { controlCell, foldedCell, scalarCell, streamCell } from './cell-value.js';
import { isRemoved, memberOf } from './columns.js';

/**
 * An answer as a table: rows of a collection, or the properties of one entity below each other.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Typed} Typed
 * @typedef {import('./columns.js').Column} Column
 * @typedef {import('./columns.js').Row} Row
 * @typedef {import('./columns.js').Rows} Rows
 * @typedef {{
 *   link: (text: string, query: string) => HTMLElement,
 *   queryOf: (url: string) => string,
 *   sort: (path: string) => void,
 *   filter: (column: Column) => void,
 *   edit?: ((path: string, row: Row, column?: Column, cell?: HTMLElement) => void) | undefined,
 *   renew: (path: string, row: Row, column: Column, cell: HTMLElement) => void,
 *   remove?: ((path: string, row: Row) => void) | undefined,
 *   download: (path: string) => void,
 *   upload?: ((path: string) => void) | undefined,
 * }} TableActions
 * @typedef {{
 *   model: Model | undefined, type: Typed | undefined, path: string, query: string, actions: TableActions,
 *   marked: ReadonlySet<string>,
 * }} TableOf `marked` has the paths of rows that were marked before
 */

/** Rows that are made at once. */
const limits = { rows: 200 };

export class TableView {
  /** @type {Map<string, Row>} */
  #marked = new Map();

  /** @param {TableOf} of @param {Column[]} columns */
  constructor(of, columns) {
    this.of = of;
    this.columns = columns;
  }

  /** Rows that are marked, by their paths. @returns {ReadonlyMap<string, Row>} */
  get marked() {
    return this.#marked;
  }

  /** @param {Rows} rows @param {() => void} marked is called when other rows are marked @returns {HTMLElement} */
  write({ rows, single, items }, marked) {
    const [row] = rows;
    const { path } = this.of;
    const table = h('table', { role: 'grid', 'aria-label': 'Result' });
    if (single && row !== undefined) this.#record(table, row, path);
    else this.#members(table, rows, { items, marked });
    new GridKeys(table);
    return h('div', { class: 'scroll' }, table);
  }

  /** @param {HTMLTableElement} table @param {Row} row @param {string} path */
  #record(table, row, path) {
    const head = h(
      'tr',
      {},
      ...['Property', 'Value'].map((text) => h('th', { scope: 'col', 'data-unit': true }, text)),
    );
    const rows = this.columns.map((column) => {
      const { name, property } = column;
      const title = property && `${nameOf(property)} ${property.description}`;
      return h(
        'tr',
        {},
        h('th', { scope: 'row', title, 'data-unit': true }, visible(name)),
        this.#cell(row, column, path),
      );
    });
    table.append(h('thead', {}, head), h('tbody', {}, ...rows));
  }

  /** @param {HTMLTableElement} table @param {Row[]} rows @param {{ items: boolean, marked: () => void }} how */
  #members(table, rows, { items, marked }) {
    const { model, path } = this.of;
    const paths = rows.map((row) =>
      model === undefined || items || isRemoved(row)
        ? undefined
        : memberPath(model, path, row, this.of.actions.queryOf),
    );
    const hasPaths = paths.some((one) => one !== undefined);
    const order = orderOf(this.of.query);
    const heads = this.columns.map((column) =>
      items ? h('th', { scope: 'col', 'data-unit': true }, column.name) : this.#head(column, order),
    );
    const rowHead = hasPaths ? [h('th', { scope: 'col', 'data-unit': true }, 'Row')] : [];
    const body = h('tbody');
    table.append(h('thead', {}, h('tr', {}, ...rowHead, ...heads)), body);
    const from = (/** @type {number} */ start) => {
      const end = Math.min(start + limits.rows, rows.length);
      for (let at = start; at < end; at++)
        body.append(this.#row(rows[at] ?? {}, paths[at], { hasPaths, marked, number: at + 1 }));
      if (end === rows.length) return;
      const text = `Show more of ${counted(rows.length - end)} rows`;
      const more = h(
        'tr',
        {},
        h(
          'td',
          { colspan: heads.length + rowHead.length },
          button(text, () => (more.remove(), from(end)), { 'data-unit': true, class: 'plain' }),
        ),
      );
      body.append(more);
    };
    from(0);
  }

  /** @param {Column} column @param {import('../request/query-options.js').OrderItem[]} order */
  #head(column, order) {
    const { name, property } = column;
    const { actions, model } = this.of;
    const at = order.find((item) => item.path === name);
    const sortable =
      property === undefined
        ? !name.includes('@')
        : !property.collection && !property.navigation && !model?.types.has(property.type);
    const title = property && `${nameOf(property)} ${property.description}`;
    const arrow = at === undefined ? '' : at.descending ? ' ↓' : ' ↑';
    const sort = sortable
      ? button(`${visible(name)}${arrow}`, () => actions.sort(name), { 'data-unit': true, class: 'head', title })
      : h('span', { title, tabindex: -1, 'data-unit': true }, visible(name));
    const canFilter = property !== undefined && model !== undefined && operatorsFor(model, property).length > 0;
    const filter = button('…', () => actions.filter(column), {
      'data-unit': true,
      class: 'head',
      'aria-label': `Filter by ${visible(name)}`,
    });
    const direction = at === undefined ? undefined : at.descending ? 'descending' : 'ascending';
    return h('th', { scope: 'col', 'aria-sort': direction, 'data-column': name }, sort, canFilter && filter);
  }

  /** @param {Row} row @param {string | undefined} path @param {{ hasPaths: boolean, marked: () => void, number: number }} how */
  #row(row, path, { hasPaths, marked, number }) {
    const cells = this.columns.map((column) => this.#cell(row, column, path));
    const own = path === undefined ? [] : this.#actions(row, path, { marked, number });
    return h('tr', { 'data-path': path }, hasPaths && h('td', { class: 'own' }, ...own), ...cells);
  }

  /** @param {Row} row @param {string} path @param {{ marked: () => void, number: number }} how @returns {HTMLElement[]} */
  #actions(row, path, { marked, number }) {
    const { edit, remove, link } = this.of.actions;
    const mark = h('input', { type: 'checkbox', 'data-unit': true, 'aria-label': `Mark row ${number}` });
    if (this.of.marked.has(path)) {
      mark.checked = true;
      this.#marked.set(path, row);
    }
    mark.addEventListener('change', () => {
      if (mark.checked) this.#marked.set(path, row);
      else this.#marked.delete(path);
      marked();
    });
    const open = link('Open', path);
    open.dataset.unit = '';
    open.setAttribute('aria-label', `Open row ${number}`);
    return [
      mark,
      open,
      ...(edit
        ? [
            button('Edit', () => edit(path, row), {
              'data-unit': true,
              class: 'plain',
              'aria-label': `Edit row ${number}`,
            }),
          ]
        : []),
      ...(remove
        ? [
            button('Delete', () => remove(path, row), {
              'data-unit': true,
              class: 'plain',
              'aria-label': `Delete row ${number}`,
            }),
          ]
        : []),
    ];
  }

  /** @param {Row} row @param {Column} column @param {string | undefined} path of the row @returns {HTMLElement} */
  #cell(row, column, path) {
    const { model, type, actions } = this.of;
    const { name, property } = column;
    const value = memberOf(row, name);
    const here = path === undefined ? undefined : `${path}/${name}`;
    const editable = actions.edit !== undefined && path !== undefined && canEdit(model, type, property);
    const cell = h('td', { 'data-name': name });
    if (name.includes('@')) {
      cell.append(...controlCell(value, actions));
      if (typeof value !== 'string') cell.dataset.unit = '';
    } else if (property?.type === 'Edm.Stream' && here !== undefined) {
      cell.append(...streamCell(here, actions));
    } else if (typeof value === 'object' && value !== null && !isRawNumber(value)) {
      cell.append(
        ...foldedCell(value, {
          where: { model, path: here ?? '', linkTo: actions.link, queryOf: actions.queryOf },
          edit: editable ? () => actions.edit?.(/** @type {string} */ (path), row, column) : undefined,
        }),
      );
    } else {
      cell.append(scalarCell(value));
      cell.dataset.unit = '';
      cell.setAttribute('aria-readonly', String(!editable));
      if (editable && path !== undefined) {
        const begin = () => actions.edit?.(path, row, column, cell);
        cell.addEventListener('dblclick', begin);
        cell.addEventListener('edit', begin);
        actions.renew(path, row, column, cell);
      }
    }
    return cell;
  }
}

/** @param {Model | undefined} model @param {Typed | undefined} type @param {Column['property']} property */
function canEdit(model, type, property) {
  if (property === undefined || property.navigation || property.computed || property.immutable) return false;
  return model === undefined || !isKey(model, type?.type ?? '', property.name);
}
