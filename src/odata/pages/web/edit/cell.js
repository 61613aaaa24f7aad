import { button, h, sends } from '../dom/h.js';
import { faultsOf } from '../request/faults.js';
import { textOf } from '../request/json.js';
import { Fields } from './fields.js';

/**
 * Cells of a table as fields, in their places.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Property} Property
 * @typedef {import('../request/send.js').Answer} Answer
 * @typedef {{ path: string, property: Property, value: unknown, tag: string | undefined }} Seen what a cell shows: a property of what
 *   is at a path, and the entity tag that it was read with, if it had one
 * @typedef {(value: unknown, seen: Seen) => Promise<Answer | undefined>} Save gives the answer where that is an error to be shown
 * @typedef {{ seen: Seen, form: HTMLElement, input: HTMLElement, show: (cell: HTMLElement) => void }} Opened
 */

/** @param {HTMLElement} control which may be a group of some */
const focusOn = (control) =>
  /** @type {HTMLElement} */ (control.querySelector('input,select,textarea') ?? control).focus();

/** @param {Seen} seen */
const keyOf = ({ path, property }) => `${path}/${property.name}`;

/** Fields that are open, by what they edit: they outlive the table that they were opened in. */
export class OpenCells {
  /** @type {Map<string, Opened>} */
  #opened = new Map();
  /** @type {string | undefined} the one that was saved last, whose cell is to be asked for anew */
  #saved;
  /** @type {HTMLElement | undefined} */
  #savedCell;

  /** @param {HTMLElement} cell @param {Model} model @param {Seen} seen @param {Save} save */
  open(cell, model, seen, save) {
    if (cell.querySelector('form') !== null) return;
    const opened = this.#form(model, seen, save);
    this.#opened.set(keyOf(seen), opened);
    opened.show(cell);
    focusOn(opened.input);
  }

  /**
   * Has what was typed stand in the cell again, where a table is made anew. If the property is still what it was, the
   * version that it is read with now is the one that is changed: another cell of the row was saved. If not, the older
   * one is kept, so that the service tells the two apart (412) and both values are shown.
   * @param {HTMLElement} cell @param {Seen} seen
   */
  renew(cell, seen) {
    const key = keyOf(seen);
    if (key === this.#saved) this.#savedCell = cell;
    const opened = this.#opened.get(key);
    if (opened === undefined) return;
    if (textOf(opened.seen.value ?? null) === textOf(seen.value ?? null)) opened.seen = seen;
    opened.show(cell);
  }

  /**
   * Gives the focus back when the new table is on the page.
   * @param {Element | null} before what had it
   */
  focus(before) {
    const cell = document.activeElement === document.body ? this.#savedCell : undefined;
    if (before?.isConnected && before.closest('form.cell')) /** @type {HTMLElement} */ (before).focus();
    else cell?.focus();
    this.#saved = this.#savedCell = undefined;
  }

  /** Nothing is edited any more: something else is shown. */
  clear() {
    this.#opened.clear();
  }

  /** @param {Model} model @param {Seen} seen @param {Save} save @returns {Opened} */
  #form(model, seen, save) {
    const { property, value } = seen;
    const key = keyOf(seen);
    const fields = new Fields(model);
    const field = fields.property(property, value ?? null);
    const restore = () => {
      this.#opened.delete(key);
      const cell = /** @type {HTMLElement} */ (form.parentElement);
      cell.replaceChildren(...before);
      cell.focus();
    };
    const submit = async () => {
      fields.clear();
      if (!field.isTouched()) return restore();
      const read = field.read();
      if ('fault' in read) return void fields.fault(property.name, read.fault);
      const refused = await save(read.value, opened.seen);
      if (refused === undefined) {
        // What is typed from now on, until the cell is there anew, would go nowhere.
        form.inert = true;
        this.#saved = key;
        return void this.#opened.delete(key);
      }
      for (const { target, message } of faultsOf(refused)) fields.fault(`${property.name}/${target ?? ''}`, message);
      focusOn(field.input);
    };
    const form = h(
      'form',
      { class: 'cell', autocomplete: 'off', novalidate: true },
      field.element,
      h('button', { type: 'submit' }, 'Save'),
      button('Cancel', restore, { class: 'plain' }),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void submit();
    });
    form.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Escape') restore();
      if (sends(event)) form.requestSubmit();
    });
    /** @type {ChildNode[]} */
    let before = [];
    const show = (/** @type {HTMLElement} */ cell) => {
      before = [...cell.childNodes];
      cell.replaceChildren(form);
    };
    /** @type {Opened} */
    const opened = { seen, form, input: field.input, show };
    return opened;
  }
}
