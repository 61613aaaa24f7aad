import { button, freshId, h } from '../dom/h.js';
import { isObject, textOf } from '../request/json.js';
import { isNumber } from '../model/literals.js';
import { nameOf } from '../model/model.js';
import { readJson, readText, typedText } from './values.js';

/**
 * Fields by type. Each knows its path inside what is edited, so that a fault finds it.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Property} Property
 * @typedef {import('./values.js').Read} Read
 * @typedef {{ type: string, collection: boolean, nullable: boolean, maxLength?: number | undefined }} Kind
 * @typedef {{ element: HTMLElement, input: HTMLElement, read: () => Read }} Control
 */

/** Items of a collection that have a field each; more are edited as JSON. */
const mostItems = 50;

/** Longer texts are typed into several lines. */
const longText = 300;

/** What a text of these types looks like. @type {Readonly<Record<string, string>>} */
const looks = {
  'Edm.DateTimeOffset': '2026-01-31T09:30:00Z',
  'Edm.TimeOfDay': '09:30:00',
  'Edm.Duration': 'P1DT2H',
  'Edm.Guid': '00000000-0000-0000-0000-000000000000',
  'Edm.Binary': 'base64url',
};

/** Makes the fields of one form. */
export class Fields {
  /** @type {Map<string, { input: HTMLElement, fault: HTMLElement }>} by path */
  #places = new Map();

  /** @param {Model} model */
  constructor(model) {
    this.model = model;
  }

  /**
   * A field of a property, with its label.
   * @param {Property} property @param {string} path @param {unknown} value undefined where there is none yet
   * @returns {Control & { isTouched: () => boolean }}
   */
  property(property, path, value) {
    const fault = h('span', { class: 'fault', id: freshId('fault') });
    const control = this.#control(property, path, value);
    const hint = h(
      'span',
      { class: 'hint' },
      `${nameOf(property)}${property.description && ` · ${property.description}`}`,
    );
    const isGroup = control.input.tagName === 'FIELDSET';
    const label = isGroup ? '' : h('label', { for: control.input.id }, property.name);
    if (isGroup) control.input.prepend(h('legend', {}, property.name));
    control.input.setAttribute('aria-describedby', fault.id);
    this.#places.set(path, { input: control.input, fault });
    const element = h('div', { class: 'field' }, label, control.element, fault, hint);
    let touched = false;
    const touch = () => (touched = true);
    for (const event of ['input', 'change', 'touched']) element.addEventListener(event, touch);
    return { ...control, element, isTouched: () => touched };
  }

  /** Says a fault beside the field that it is of, or the one around that. @param {string} path @param {string} text @returns {boolean} whether there is one */
  fault(path, text) {
    for (let at = path; at !== ''; at = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : '') {
      const place = this.#places.get(at);
      if (place === undefined) continue;
      place.fault.append(`${place.fault.textContent === '' ? '' : ' '}${text}`);
      place.input.setAttribute('aria-invalid', 'true');
      return true;
    }
    return false;
  }

  /** Forgets the faults that were said. */
  clear() {
    for (const { input, fault } of this.#places.values()) {
      fault.textContent = '';
      input.removeAttribute('aria-invalid');
    }
  }

  /** @param {Kind} kind @param {string} path @param {unknown} value @returns {Control} */
  #control(kind, path, value) {
    const { model } = this;
    if (kind.collection) {
      const items = Array.isArray(value) ? value : [];
      return items.length > mostItems || this.#isOpen(kind.type)
        ? this.#json(value ?? [])
        : this.#list(kind, path, items);
    }
    if (model.enums.has(kind.type) && !model.flags.has(kind.type))
      return this.#choice([...(model.enums.get(kind.type)?.keys() ?? [])], kind, value);
    if (kind.type === 'Edm.Boolean') return this.#choice(['true', 'false'], kind, value);
    if (model.types.has(kind.type))
      return this.#isOpen(kind.type) ? this.#json(value ?? null) : this.#object(kind, path, value);
    if (kind.type === 'Edm.String') return this.#text(kind, value);
    return /^Edm\.(?:Untyped|PrimitiveType|Geo|Stream)/.test(kind.type)
      ? this.#json(value ?? null)
      : this.#typed(kind, value);
  }

  /** Whether values of a type may have members that it does not say. @param {string} type */
  #isOpen(type) {
    const { types } = this.model;
    return types.get(type)?.abstract === true || [...types.values()].some(({ base }) => base === type);
  }

  /** @param {string[]} names @param {Kind} kind @param {unknown} value @returns {Control} */
  #choice(names, { type, nullable }, value) {
    const now = value === null || value === undefined ? '' : String(value);
    const all = nullable || value === undefined ? ['', ...names] : names;
    const options = all.map((name) =>
      h('option', { value: name, selected: name === now }, name === '' ? 'null' : name),
    );
    const input = h('select', { id: freshId('field') }, ...options);
    /** @returns {Read} */
    const read = () => ({
      value: input.value === '' ? null : type === 'Edm.Boolean' ? input.value === 'true' : input.value,
    });
    return { element: input, input, read };
  }

  /** @param {Kind} kind @param {unknown} value @returns {Control} */
  #typed({ type, nullable }, value) {
    const input = h('input', {
      id: freshId('field'),
      type: type === 'Edm.Date' ? 'date' : 'text',
      inputmode: isNumber(type) ? 'decimal' : undefined,
      placeholder: looks[type],
      autocomplete: 'off',
      spellcheck: 'false',
      value: typedText(value),
    });
    /** @returns {Read} */
    const read = () => {
      if (input.value.trim() !== '') return readText(type, input.value);
      return nullable ? { value: null } : { fault: 'This needs a value.' };
    };
    return { element: input, input, read };
  }

  /** @param {Kind} kind @param {unknown} value @returns {Control} */
  #text({ nullable, maxLength = Infinity }, value) {
    const text = typedText(value);
    const isLong = maxLength > longText || text.length > longText || text.includes('\n');
    const input = isLong
      ? h('textarea', { id: freshId('field'), rows: 3 })
      : h('input', { id: freshId('field'), type: 'text' });
    input.value = text;
    input.setAttribute('autocomplete', 'off');
    const isNull = this.#nullness(value === null || value === undefined);
    input.addEventListener('input', () => (isNull.checked = false));
    const element = h(
      'span',
      { class: 'with-null' },
      input,
      nullable && h('label', { class: 'check' }, isNull, ' null'),
    );
    return { element, input, read: () => (nullable && isNull.checked ? { value: null } : { value: input.value }) };
  }

  /** @param {boolean} checked */
  #nullness(checked) {
    return h('input', { type: 'checkbox', checked });
  }

  /** @param {Kind} kind @param {string} path @param {unknown} value @returns {Control} */
  #object({ type, nullable }, path, value) {
    const before = isObject(value) ? value : {};
    const properties = [...(this.model.types.get(type)?.properties.values() ?? [])].filter(
      ({ navigation }) => !navigation,
    );
    const fields = properties.map((one) => ({
      name: one.name,
      field: this.property(one, `${path}/${one.name}`, before[one.name]),
    }));
    const isNull = this.#nullness(!isObject(value));
    const inner = h('div', { class: 'inner' }, ...fields.map(({ field }) => field.element));
    inner.hidden = nullable && isNull.checked;
    isNull.addEventListener('change', () => (inner.hidden = isNull.checked));
    const element = h(
      'fieldset',
      { id: freshId('field') },
      nullable && h('label', { class: 'check' }, isNull, ' null'),
      inner,
    );
    /** @returns {Read} */
    const read = () => {
      if (nullable && isNull.checked) return { value: null };
      /** @type {Record<string, unknown>} */
      const whole = { ...before };
      for (const { name, field } of fields) {
        if (!field.isTouched()) continue;
        const found = field.read();
        if ('fault' in found) return { fault: `${name}: ${found.fault}` };
        whole[name] = found.value;
      }
      return { value: whole };
    };
    return { element, input: element, read };
  }

  /** @param {Kind} kind @param {string} path @param {unknown[]} items @returns {Control} */
  #list({ type }, path, items) {
    /** @type {{ control: Control, row: HTMLElement }[]} */
    const rows = [];
    const list = h('ol', { class: 'items' });
    const changed = () => list.dispatchEvent(new Event('touched', { bubbles: true }));
    const add = (/** @type {unknown} */ value) => {
      const kind = { type, collection: false, nullable: false };
      const control = this.#control(kind, `${path}/${rows.length}`, value);
      control.input.setAttribute('aria-label', `Item ${rows.length + 1}`);
      const row = h('li', {}, control.element, button('Remove', remove, { class: 'plain' }));
      const entry = { control, row };
      rows.push(entry);
      list.append(row);
      function remove() {
        rows.splice(rows.indexOf(entry), 1);
        row.remove();
        changed();
      }
      return control;
    };
    for (const item of items) add(item);
    const more = button(
      'Add an item',
      () => {
        add(undefined).input.focus();
        changed();
      },
      { class: 'plain' },
    );
    const element = h('fieldset', { id: freshId('field') }, list, more);
    /** @returns {Read} */
    const read = () => {
      const values = rows.map(({ control }) => control.read());
      const fault = values.find((one) => 'fault' in one);
      return fault ?? { value: values.map((one) => ('value' in one ? one.value : undefined)) };
    };
    return { element, input: element, read };
  }

  /** @param {unknown} value @returns {Control} */
  #json(value) {
    const input = h('textarea', { id: freshId('field'), rows: 4, spellcheck: 'false', class: 'code' });
    input.value =
      Array.isArray(value) && value.length > mostItems ? textOf(value) : JSON.stringify(value, undefined, 2);
    return { element: input, input, read: () => readJson(input.value) };
  }
}
