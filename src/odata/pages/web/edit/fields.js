import { button, freshId, h, labelled } from '../dom/h.js';
import { kindsOf, nameOf } from '../model/model.js';
import { control as annotationOf } from '../model/paths.js';
import { isObject } from '../request/json.js';
import { choiceInput, flagsInput, jsonInput, membersIn, nullness, textInput, typedInput } from './inputs.js';

/**
 * Fields by type. Each knows its path inside what is edited, so that a fault finds it.
 * @typedef {import('../model/model.js').Model} Model
 * @typedef {import('../model/model.js').Property} Property
 * @typedef {import('./values.js').Read} Read
 * @typedef {import('./inputs.js').Kind} Kind
 * @typedef {import('./inputs.js').Control} Control
 * @typedef {() => string} Path items of a collection move up where one before them is removed
 */

/** Items of a collection that have a field each; more are edited as JSON. */
const mostItems = 50;

/** Makes the fields of one form. */
export class Fields {
  /** @type {{ path: Path, input: HTMLElement, fault: HTMLElement }[]} */
  #places = [];

  /** @param {Model} model */
  constructor(model) {
    this.model = model;
  }

  /**
   * A field of a property, with its label.
   * @param {Property} property @param {unknown} value undefined where there is none yet @param {Path} [path]
   * @returns {Control & { isTouched: () => boolean }}
   */
  property(property, value, path = () => property.name) {
    const control = this.#control(property, path, value);
    const fault = this.#place(path, control.input);
    const text = `${nameOf(property)}${property.description && ` · ${property.description}`}`;
    const hint = h('span', { class: 'hint' }, text);
    const isGroup = control.input.tagName === 'FIELDSET';
    const label = isGroup ? '' : h('label', { for: control.input.id }, property.name);
    if (isGroup) control.input.prepend(h('legend', {}, property.name));
    const element = h('div', { class: 'field' }, label, control.element, fault, hint);
    let touched = false;
    const touch = () => (touched = true);
    for (const event of ['input', 'change', 'touched']) element.addEventListener(event, touch);
    return { ...control, element, isTouched: () => touched };
  }

  /** Where faults of a path are said. @param {Path} path @param {HTMLElement} input */
  #place(path, input) {
    const fault = h('span', { class: 'fault', id: freshId('fault') });
    input.setAttribute('aria-describedby', fault.id);
    this.#places.push({ path, input, fault });
    return fault;
  }

  /** Says a fault beside the field that it is of, or the one around that. @param {string} path @param {string} text @returns {boolean} whether there is one */
  fault(path, text) {
    const shown = this.#places.filter(({ input }) => input.isConnected);
    for (let at = path; at !== ''; at = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : '') {
      const place = shown.find((one) => one.path() === at);
      if (place === undefined) continue;
      place.fault.append(`${place.fault.textContent === '' ? '' : ' '}${text}`);
      place.input.setAttribute('aria-invalid', 'true');
      return true;
    }
    return false;
  }

  /** Forgets the faults that were said. */
  clear() {
    for (const { input, fault } of this.#places) {
      fault.textContent = '';
      input.removeAttribute('aria-invalid');
    }
  }

  /** @param {Kind} kind @param {Path} path @param {unknown} value @returns {Control} */
  #control(kind, path, value) {
    const { enums, flags, types } = this.model;
    const { type } = kind;
    if (kind.collection) {
      const items = Array.isArray(value) ? value : [];
      const isList = items.length <= mostItems && this.#isKnown(type, items);
      return isList ? this.#list(kind, path, items) : jsonInput(value ?? [], items.length <= mostItems);
    }
    const names = [...(enums.get(type)?.keys() ?? [])];
    if (flags.has(type) && membersIn(value).every((name) => names.includes(name)))
      return flagsInput(names, kind, value);
    if (enums.has(type) && !flags.has(type)) return choiceInput(names, kind, value);
    if (type === 'Edm.Boolean') return choiceInput(['true', 'false'], kind, value);
    if (types.get(type)?.entity) return jsonInput(value ?? null, true);
    if (types.has(type) && this.#isKnown(type, [value])) return this.#object(kind, path, value);
    if (type === 'Edm.String') return textInput(kind, value);
    const isJson = types.has(type) || /^Edm\.(?:Untyped|PrimitiveType|Geo|Stream)/.test(type);
    return isJson ? jsonInput(value ?? null, true) : typedInput(kind, value);
  }

  /** The type of a value, by what it says itself. @param {string} type declared @param {unknown} value */
  #typeOf(type, value) {
    return annotationOf(value, 'type')?.replace(/^.*#/, '') ?? type;
  }

  /** Whether the model has fields for values. @param {string} type @param {unknown[]} values */
  #isKnown(type, values) {
    if (!this.model.types.has(type)) return type !== 'Edm.ComplexType';
    const kinds = kindsOf(this.model, type);
    return kinds.length > 0 && values.every((one) => !isObject(one) || kinds.includes(this.#typeOf(type, one)));
  }

  /** @param {Kind} kind @param {Path} path @param {unknown} value @returns {Control} */
  #object({ type, nullable }, path, value) {
    const kinds = kindsOf(this.model, type);
    const own = this.#typeOf(type, value);
    const options = kinds.map((name) => h('option', { value: name, selected: name === own }, name));
    const choice = h('select', { id: freshId('type') }, ...options);
    const place = h('div');
    // Made when there is a value: a type may be inside itself.
    let shown = /** @type {ReturnType<Fields['members']> | undefined} */ (undefined);
    const show = (/** @type {Record<string, unknown>} */ before) => {
      shown = this.members([...(this.model.types.get(choice.value)?.properties.values() ?? [])], before, path);
      place.replaceChildren(...shown.elements);
    };
    const isTyped = kinds.length > 1;
    const fresh = () => show(isTyped ? { '@type': `#${choice.value}` } : {});
    choice.addEventListener('change', fresh);
    const isNull = nullness(!isObject(value));
    const inner = h('div', { class: 'inner' }, isTyped && labelled('Type', choice), place);
    const settle = () => {
      inner.hidden = nullable && isNull.checked;
      if (!inner.hidden && shown === undefined) isObject(value) ? show(value) : fresh();
    };
    isNull.addEventListener('change', settle);
    settle();
    const nullLabel = nullable && h('label', { class: 'check' }, isNull, ' null');
    const element = h('fieldset', { id: freshId('field') }, nullLabel, inner);
    return {
      element,
      input: element,
      read: () => (inner.hidden ? { value: null } : (shown?.read() ?? { value: null })),
    };
  }

  /**
   * The fields of an object.
   * @param {Property[]} properties @param {Record<string, unknown>} before @param {Path} path of the object
   */
  members(properties, before, path) {
    const fields = properties
      .filter(({ navigation }) => !navigation)
      .map((one) => ({ name: one.name, field: this.property(one, before[one.name], () => `${path()}/${one.name}`) }));
    /** @returns {Read} */
    const read = () => {
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
    return { elements: fields.map(({ field }) => field.element), read };
  }

  /** @param {Kind} kind @param {Path} path @param {unknown[]} items @returns {Control} */
  #list({ type }, path, items) {
    /** @type {{ control: Control, row: HTMLElement }[]} */
    const rows = [];
    const list = h('ol', { class: 'items' });
    const changed = () => list.dispatchEvent(new Event('touched', { bubbles: true }));
    const add = (/** @type {unknown} */ value) => {
      const own = () => `${path()}/${rows.indexOf(entry)}`;
      const control = this.#control({ type, collection: false, nullable: false }, own, value);
      control.input.setAttribute('aria-label', `Item ${rows.length + 1}`);
      const fault = this.#place(own, control.input);
      const row = h('li', {}, control.element, fault, button('Remove', remove, { class: 'plain' }));
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
}
