import { freshId, h } from '../dom/h.js';
import { isNumber } from '../model/literals.js';
import { textOf } from '../request/json.js';
import { readJson, readText, typedText } from './values.js';

/**
 * Single inputs by type.
 * @typedef {import('./values.js').Read} Read
 * @typedef {{ type: string, collection: boolean, nullable: boolean, maxLength?: number | undefined }} Kind
 * @typedef {{ element: HTMLElement, input: HTMLElement, read: () => Read }} Control `input` takes the label and the focus
 */

/** Longer texts are typed into several lines; from the second length on they are not broken, which takes seconds. */
const lengths = { long: 300, unbroken: 50_000 };

/** What a text of these types looks like. @type {Readonly<Record<string, string>>} */
const looks = {
  'Edm.DateTimeOffset': '2026-01-31T09:30:00Z',
  'Edm.TimeOfDay': '09:30:00',
  'Edm.Duration': 'P1DT2H',
  'Edm.Guid': '00000000-0000-0000-0000-000000000000',
  'Edm.Binary': 'base64url',
};

/** @param {boolean} checked */
export const nullness = (checked) => h('input', { type: 'checkbox', checked });

/** One of some names. @param {string[]} names @param {Kind} kind @param {unknown} value @returns {Control} */
export function choiceInput(names, { type, nullable }, value) {
  const now = value === null || value === undefined ? '' : String(value);
  const all = nullable || value === undefined ? ['', ...names] : names;
  const options = all.map((name) => h('option', { value: name, selected: name === now }, name === '' ? 'null' : name));
  const input = h('select', { id: freshId('field') }, ...options);
  /** @returns {Read} */
  const read = () => ({
    value: input.value === '' ? null : type === 'Edm.Boolean' ? input.value === 'true' : input.value,
  });
  return { element: input, input, read };
}

/** The members that a value of flags is made of, as it is written. @param {unknown} value @returns {string[]} */
export const membersIn = (value) => (typeof value === 'string' ? value.split(',').map((name) => name.trim()) : []);

/** Some of the members of an enumeration of flags. @param {string[]} names @param {Kind} kind @param {unknown} value @returns {Control} */
export function flagsInput(names, { nullable }, value) {
  const now = new Set(membersIn(value));
  const boxes = names.map((name) => h('input', { type: 'checkbox', value: name, checked: now.has(name) }));
  const labels = boxes.map((box) => h('label', { class: 'check' }, box, ` ${box.value}`));
  const input = h('fieldset', { id: freshId('field'), class: 'flags' }, ...labels);
  /** @returns {Read} */
  const read = () => {
    const chosen = boxes.filter(({ checked }) => checked).map((box) => box.value);
    // Of no member it is zero, which need not have a name.
    return { value: chosen.length > 0 ? chosen.join(',') : nullable ? null : '0' };
  };
  return { element: input, input, read };
}

/** @param {Kind} kind of a primitive type @param {unknown} value @returns {Control} */
export function typedInput({ type, nullable }, value) {
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
export function textInput({ nullable, maxLength = Infinity }, value) {
  const text = typedText(value);
  const isLong = maxLength > lengths.long || text.length > lengths.long || text.includes('\n');
  const input = isLong
    ? h('textarea', { id: freshId('field'), rows: 3, wrap: text.length > lengths.unbroken ? 'off' : undefined })
    : h('input', { id: freshId('field'), type: 'text' });
  input.value = text;
  input.setAttribute('autocomplete', 'off');
  const isNull = nullness(value === null || value === undefined);
  input.addEventListener('input', () => (isNull.checked = false));
  const element = h('span', { class: 'with-null' }, input, nullable && h('label', { class: 'check' }, isNull, ' null'));
  return { element, input, read: () => (nullable && isNull.checked ? { value: null } : { value: input.value }) };
}

/** What has no input of its own. @param {unknown} value @param {boolean} short whether it has lines @returns {Control} */
export function jsonInput(value, short) {
  const input = h('textarea', { id: freshId('field'), rows: 4, spellcheck: 'false', class: 'code' });
  input.value = short ? JSON.stringify(value, undefined, 2) : textOf(value);
  return { element: input, input, read: () => readJson(input.value) };
}
